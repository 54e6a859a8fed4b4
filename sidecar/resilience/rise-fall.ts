// What a row of checks says of a member. One result never turns a verdict, except the first success of all: a member
// that has just come up is known to work, and its service may be waiting for it.

export interface VerdictOptions {
  /** Successes in a row that turn an unhealthy member, once it has ever had one. */
  readonly rise: number
  /** Failures in a row that turn a healthy one. */
  readonly fall: number
  readonly initial: 'healthy' | 'unhealthy'
}

export interface Verdict {
  readonly healthy: boolean
  /** False while a run of results speaks against the verdict: it is worth looking again soon. */
  readonly settled: boolean
  /** True when the verdict has changed. */
  record(ok: boolean): boolean
}

export function createVerdict({ rise, fall, initial }: VerdictOptions): Verdict {
  let healthy = initial === 'healthy'
  let everSucceeded = false
  /** Results in a row against the verdict. */
  let contrary = 0
  return {
    get healthy() {
      return healthy
    },
    get settled() {
      return contrary === 0
    },
    record(ok) {
      const enough = healthy ? fall : everSucceeded ? rise : 1
      if (ok) everSucceeded = true
      contrary = ok === healthy ? 0 : contrary + 1
      if (contrary < enough) return false
      healthy = ok
      contrary = 0
      return true
    },
  }
}
