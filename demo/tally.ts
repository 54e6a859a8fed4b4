import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

export interface Tally {
  readonly seconds: number
  readonly requests: number
  readonly failed: number
  /** Milliseconds; of answers of either kind. */
  readonly p50: number
  readonly p99: number
  readonly slowest: number
  /** How often each thing went wrong. */
  readonly reasons: ReadonlyMap<string, number>
}

export interface OpenTally {
  add(ms: number, failure: string | undefined): void
  read(): Tally
}

export function createTally(): OpenTally {
  const begun = performance.now()
  const microseconds: RecordableHistogram = createHistogram()
  const reasons = new Map<string, number>()
  let requests = 0
  let failed = 0
  return {
    add(ms, failure) {
      requests++
      microseconds.record(Math.max(1, Math.round(ms * 1000)))
      if (failure === undefined) return
      failed++
      const reason = reasons.has(failure) || reasons.size < REASONS ? failure : 'other reasons'
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    },
    read() {
      const at = (percent: number) => (requests === 0 ? 0 : microseconds.percentile(percent) / 1000)
      const seconds = (performance.now() - begun) / 1000
      return { seconds, requests, failed, p50: at(50), p99: at(99), slowest: at(100), reasons: new Map(reasons) }
    },
  }
}

/** An error with an id in its text would otherwise fill the memory. */
const REASONS = 20
