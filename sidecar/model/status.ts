/** The body of the admin listener's `/status`. Counters only ever grow; `inFlight` and `queued` are gauges. */
export interface Status {
  readonly version: string
  readonly pid: number
  readonly uptimeSeconds: number
  readonly state: 'starting' | 'ready' | 'draining'
  readonly listeners: readonly ListenerStatus[]
  readonly services: readonly ServiceStatus[]
}

export interface ListenerStatus {
  /** The address as bound: a configured port 0 shows the real one. */
  readonly address: string
  readonly target: string
  readonly connections: number
  readonly accepted: number
  readonly requests: number
  /** Refusals made before a service was known, by reason. */
  readonly refused: Readonly<Record<string, number>>
}

export interface ServiceStatus {
  readonly name: string
  readonly balance: string
  readonly inFlight: number
  readonly queued: number
  readonly requests: number
  /** By status class of the response that the client was sent: `2xx`, `5xx`. */
  readonly responses: Readonly<Record<string, number>>
  readonly refused: Readonly<Record<string, number>>
  readonly abandoned: number
  /** Exchanges that may be in flight now; the configured limit, or less when that is adaptive. */
  readonly limit: number
  /** How many had to wait for a place, and for how long together. */
  readonly waited: { readonly count: number; readonly ms: number }
  /** By hand: everything is refused. */
  readonly held: boolean
  /** Of the whole service; null without one. */
  readonly breaker: BreakerStatus | null
  /** Too few members are available: health and ejection are ignored. */
  readonly panic: boolean
  readonly panics: number
  /** Attempts picked in a panic. */
  readonly panicked: number
  /** Repetitions, by what they followed: `connect`, `503`. */
  readonly retries: Readonly<Record<string, number>>
  readonly staleRetries: number
  /** Repetitions that were not made, by why not: `budget`, `body`. */
  readonly unretried: Readonly<Record<string, number>>
  /** Repetitions that may be made now. */
  readonly retryBudget: number
  /** Requests of clients that are kept at a member, by what came of it: `followed`, `moved`. */
  readonly pins: Readonly<Record<string, number>>
  readonly hedges: { readonly sent: number; readonly won: number }
  /** What the configuration asks for, and how often it was done; null when it asks for nothing. */
  readonly faults: { readonly settings: object; readonly delayed: number; readonly aborted: number } | null
  readonly members: readonly MemberStatus[]
}

export interface MemberStatus {
  readonly address: string
  readonly weight: number
  readonly inFlight: number
  readonly picked: number
  readonly succeeded: number
  readonly failed: number
  readonly latencyMs: number
  /** Failures of the last five seconds, as they count in the balancing. */
  readonly penalty: number
  /** What it has said of its load; null when it has said nothing. */
  readonly reported: ReportedStatus | null
  readonly state: MemberState
  readonly ejection: BreakerStatus | null
  readonly breaker: BreakerStatus | null
  /** By checks; null without them. */
  readonly health: HealthStatus | null
  readonly connections: {
    readonly open: number
    readonly idle: number
    readonly opened: number
    readonly reused: number
  }
}

export interface ReportedStatus {
  /** Reports that were taken, and those that could not be read or believed. */
  readonly taken: number
  readonly unusable: number
  /** Of the last one taken; null when it did not say, or none was. */
  readonly inFlight: number | null
  readonly utilization: number | null
  readonly agoMs: number | null
  /** What others than this sidecar have in flight there, as it counts in the balancing now. */
  readonly elsewhere: number
}

/** Why it gets what it gets; the gravest of what applies. */
export type MemberState =
  | 'draining'
  | 'held'
  | 'circuit-open'
  | 'unhealthy'
  | 'ejected'
  | 'on-trial'
  | 'resting'
  | 'ready'

export interface BreakerStatus {
  readonly state: 'closed' | 'open' | 'half-open'
  /** Times that it has opened. */
  readonly opened: number
  /** Times that it would have opened, but for the cap on how many may be out. */
  readonly spared: number
  /** Until trials begin; 0 unless it is open. */
  readonly retryInMs: number
}

export interface HealthStatus {
  readonly healthy: boolean
  readonly checks: number
  readonly failures: number
  /** What the last check found, in words. */
  readonly last: string
  readonly lastMs: number
}
