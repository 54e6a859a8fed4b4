// How late the event loop is, and how busy. One monitor for all that ask: it costs a timer.
import { type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks'

export interface EventLoop {
  read(): EventLoopReading
}

export interface EventLoopReading {
  /** Milliseconds that 99 of 100 timers were late by at most, over the last seconds. */
  readonly delay: number
  /** Share of the time that it was working, over the last seconds. */
  readonly utilization: number
}

const RESOLUTION = 20
/** Milliseconds: older lateness is past. */
const WINDOW = 5_000

let shared: EventLoop | undefined

export function watchEventLoop(): EventLoop {
  return (shared ??= create())
}

function create(): EventLoop {
  const histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION })
  histogram.enable()
  let begun = performance.now()
  let before = performance.eventLoopUtilization()
  return {
    read() {
      // What is recorded is the time between two timers, of which the resolution is as it should be.
      const late = histogram.count === 0 ? 0 : histogram.percentile(99) / 1e6 - RESOLUTION
      const { utilization } = performance.eventLoopUtilization(before)
      const now = performance.now()
      if (now - begun > WINDOW) {
        histogram.reset()
        begun = now
        before = performance.eventLoopUtilization()
      }
      return { delay: Math.max(0, Math.round(late * 10) / 10), utilization: Math.round(utilization * 1000) / 1000 }
    },
  }
}
