// How late the event loop is now, and how busy it was in the last second. One timer for all that ask, and the process may
// end with it running. `event-loop.ts` is for health: it looks at the worst of five seconds, which is too late to shed by.
import { type EventLoopUtilization, performance } from 'node:perf_hooks'

export interface LoopPace {
  /** Milliseconds that a timer is late, the mean of the last few; a single pause of a collection does not make much. */
  readonly late: number
  /** Share of the time that the loop was working, about the last second. */
  readonly utilization: number
}

/** Milliseconds. */
const TICK = 50
/** Weight of the present tick: twenty of them are a second. */
const SHARE = 0.1

let shared: LoopPace | undefined

export function watchPace(): LoopPace {
  return (shared ??= create())
}

function create(): LoopPace {
  const pace = { late: 0, utilization: 0 }
  let due = performance.now() + TICK
  let before: EventLoopUtilization = performance.eventLoopUtilization()
  setInterval(() => {
    const now = performance.now()
    pace.late = (pace.late + Math.max(0, now - due)) / 2
    due = now + TICK
    const all = performance.eventLoopUtilization()
    const { active, idle } = performance.eventLoopUtilization(all, before)
    before = all
    // A tick that took longer weighs more.
    const kept = (1 - SHARE) ** ((active + idle) / TICK)
    if (active + idle > 0) pace.utilization = kept * pace.utilization + ((1 - kept) * active) / (active + idle)
  }, TICK).unref()
  return pace
}
