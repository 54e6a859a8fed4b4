// What a service's resilience is told. Every time is milliseconds, every share a number from 0 to 1. Defaults are set in
// `config/`, in one place; undefined is off.

/** When a breaker trips. At least one rule is there. */
export interface TripSettings {
  /** Failures in a row; Infinity: not by this rule. */
  readonly consecutive: number
  readonly failureRate: RateSettings | undefined
  readonly slowRate: (RateSettings & { readonly slower: number }) | undefined
}

/** More than the share `above`, among at least `of` results within the last `within` milliseconds. */
export interface RateSettings {
  readonly above: number
  readonly of: number
  readonly within: number
}

export interface BreakerSettings extends TripSettings {
  /** How long it stays open: `least` at first, twice as long each time that it trips again, up to `most`. */
  readonly open: { readonly least: number; readonly most: number }
  /** Requests let through when that time is over; all of them have to succeed. */
  readonly trials: number
}

/** Passive: a member is out by what its answers are. Soft: capped, and ignored in a panic. */
export interface EjectionSettings extends BreakerSettings {
  /** The share of the members that may be out; one always may, all never. */
  readonly most: number
}

export interface HealthSettings {
  readonly check: HealthCheck
  readonly every: number
  readonly timeout: number
  /** Checks in a row that must fail before a member is unhealthy. */
  readonly fall: number
  /** Checks in a row that must succeed before it is healthy again; the very first success of a member suffices. */
  readonly rise: number
  /** What a member is before its first check. */
  readonly initial: 'healthy' | 'unhealthy'
}

export type HealthCheck =
  | { readonly kind: 'tcp' }
  | {
      readonly kind: 'http'
      readonly method: string
      readonly path: string
      readonly headers: Readonly<Record<string, string>>
      /** Inclusive ranges. */
      readonly statuses: readonly { readonly from: number; readonly to: number }[]
      /** What the first 64 KiB of the body must contain; '' for anything. */
      readonly body: string
    }

/** An attempt that ended this way may be repeated. A status is the member's, or the one that we would answer with. */
export type RetryCondition = 'connect' | 'stale' | number

export interface RetrySettings {
  /** Repetitions at most. Those after a failed connect, where nothing was sent, are not counted. 0: none at all. */
  readonly attempts: number
  readonly on: readonly RetryCondition[]
  /** All requests of the service may be repeated, whatever their method. */
  readonly idempotent: boolean
  readonly backoff: { readonly least: number; readonly most: number }
  readonly budget: BudgetSettings
  /** Bytes of a request, head included, that are kept for a repetition. */
  readonly body: number
}

/** Over the last ten seconds: this share of the requests, and `perSecond` more. */
export interface BudgetSettings {
  readonly share: number
  readonly perSecond: number
}

export interface HedgeSettings {
  /** Milliseconds, or the percentile of the service's latency (0 to 1) that has passed without an answer. */
  readonly after: { readonly ms: number } | { readonly percentile: number }
  readonly budget: BudgetSettings
}

export interface AdaptiveSettings {
  readonly least: number
  readonly most: number
}

export interface SlowStartSettings {
  /** From joining, or from being healthy again, to a full share. */
  readonly over: number
  /** The share to begin with. */
  readonly floor: number
}

/** For tests of the callers. */
export interface FaultSettings {
  readonly delay: { readonly share: number; readonly ms: number } | undefined
  readonly abort: { readonly share: number; readonly status: number } | undefined
}
