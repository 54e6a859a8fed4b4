// Plain counters, one object per service and listener; they become text only when somebody scrapes.

import type { ExchangeRecord, Observe } from '../model/events.ts'

/** Upper bounds in milliseconds, as Prometheus histograms have them: cumulative, the last one is everything. */
export const BUCKETS: readonly number[] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000]

export interface ServiceCounters {
  requests: number
  /** By class of the status sent to the client: index 1 to 5. */
  readonly byClass: number[]
  readonly refused: Map<string, number>
  /** The client left before the response was complete. */
  abandoned: number
  staleRetries: number
  /** Exchanges that had to wait for a place, and how long together. */
  waited: number
  waitedMs: number
  /** Exchanges per bucket, not cumulative; one more than BUCKETS. */
  readonly durations: number[]
  durationSum: number
}

export interface ListenerCounters {
  requests: number
  /** Refusals before a service was known. */
  readonly refused: Map<string, number>
}

export interface Counters {
  readonly observe: Observe
  service(name: string): ServiceCounters
  listener(name: string): ListenerCounters
}

export function createCounters(): Counters {
  const services = new Map<string, ServiceCounters>()
  const listeners = new Map<string, ListenerCounters>()

  function service(name: string): ServiceCounters {
    let counters = services.get(name)
    if (counters === undefined) {
      const durations = new Array<number>(BUCKETS.length + 1).fill(0)
      const byClass = [0, 0, 0, 0, 0, 0]
      const none = { requests: 0, abandoned: 0, staleRetries: 0, waited: 0, waitedMs: 0, durationSum: 0 }
      counters = { ...none, byClass, refused: new Map(), durations }
      services.set(name, counters)
    }
    return counters
  }

  function listener(name: string): ListenerCounters {
    let counters = listeners.get(name)
    if (counters === undefined) {
      counters = { requests: 0, refused: new Map() }
      listeners.set(name, counters)
    }
    return counters
  }

  function observe(record: ExchangeRecord): void {
    const from = listener(record.listener)
    from.requests++
    if (record.service === '') {
      if (record.reason !== '') count(from.refused, record.reason)
      return
    }
    const to = service(record.service)
    const { status, ms } = record
    to.requests++
    // RFC 9110 section 15: what is beyond 599 is treated as a 5xx.
    if (status !== 0) to.byClass[Math.min(5, Math.floor(status / 100))]!++
    if (record.left) to.abandoned++
    if (record.reason !== '') count(to.refused, record.reason)
    to.staleRetries += record.staleRetries
    if (record.queuedMs > 0) {
      to.waited++
      to.waitedMs += record.queuedMs
    }
    to.durations[bucketOf(ms)]!++
    to.durationSum += ms
  }

  return { observe, service, listener }
}

function bucketOf(ms: number): number {
  let i = 0
  while (i < BUCKETS.length && ms > BUCKETS[i]!) i++
  return i
}

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1)
}
