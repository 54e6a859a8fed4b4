// How many requests may be made a second time, so that a service in trouble is not finished off by its callers.
// Finagle's RetryBudget (finagle-core/.../service/RetryBudget.scala), which is a leaky bucket. This one counts in a window:
// it can be told in a sentence, and says at any moment what is left.

import type { BudgetSettings } from '../model/resilience-settings.ts'
import { Rolling } from './rolling.ts'

/** `now` is monotonic milliseconds; a coarse clock will do. */
export interface RetryBudget {
  /** One request was seen; a repetition is none. */
  deposit(now: number): void
  /** Takes one repetition if there is one. */
  withdraw(now: number): boolean
  /** Repetitions that could be taken now, a whole number. */
  left(now: number): number
}

/** Over the last ten seconds: `share` (0 to 1) of the requests, and `perSecond * 10` more, which a start has at once. */
export function createRetryBudget({ share, perSecond }: BudgetSettings): RetryBudget {
  // The "bad" ones are the repetitions.
  const window = new Rolling(SECONDS * 1000)
  const reserve = perSecond * SECONDS

  function left(now: number) {
    window.advance(now)
    const allowed = share * (window.total - window.bad) + reserve
    // Negative when the requests have left the window before their repetitions.
    return Math.max(0, Math.floor(allowed + ROUNDING) - window.bad)
  }

  return {
    deposit: now => window.add(false, now),
    withdraw(now) {
      if (left(now) === 0) return false
      window.add(true, now)
      return true
    },
    left,
  }
}

/** Finagle's default. */
const SECONDS = 10
/** 29 % of 100 requests are 29, not 28.999999999999996. */
const ROUNDING = 1e-6
