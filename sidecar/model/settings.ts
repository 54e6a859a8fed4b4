import type { Endpoint } from './endpoint.ts'
import type {
  AdaptiveSettings,
  BreakerSettings,
  EjectionSettings,
  FaultSettings,
  HealthSettings,
  HedgeSettings,
  RetrySettings,
  SlowStartSettings,
} from './resilience-settings.ts'
import type { StickySettings } from './sticky-settings.ts'

/** Every number of time is milliseconds, every size bytes. Defaults are set in `config/`, in one place. */
export interface Settings {
  /** Where operators look; false turns it off. */
  readonly admin: string | false
  readonly listeners: readonly ListenerSettings[]
  readonly services: readonly ServiceSettings[]
  /** From the beginning of a drain until the listeners close. */
  readonly delay: number
  /** How long it may take from then on before what is still open is cut. */
  readonly grace: number
  readonly log: LogSettings
}

export interface LogSettings {
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent'
  /** One line per exchange. Off by default; off costs nothing. */
  readonly access: boolean
}

export interface ListenerSettings {
  /** `host:port` (port 0: any free one) or `unix:/path`. */
  readonly listen: string
  readonly target: ListenerTarget
  /** Whether it goes on while the others drain, until the app that calls through it is gone. */
  readonly outlive: boolean
  /** Whose X-Forwarded-* is believed: the last n hops (0: nobody's), or peers within these CIDR blocks. */
  readonly trust: number | readonly string[]
  readonly timeouts: {
    /** From the first byte of a request head to its last. */
    readonly head: number
    /** Between two bytes of a request body, and between two successful writes to a slow client. */
    readonly idle: number
    /** Between the end of a response and the next request. */
    readonly keepAlive: number
  }
  readonly limits: {
    readonly connections: number
    /** Request head, in bytes, request line included. */
    readonly head: number
    readonly target: number
    readonly fields: number
  }
}

export type ListenerTarget =
  /** Everything goes to one service. */
  | { readonly kind: 'service'; readonly service: string }
  /** First by host, then by the longest path prefix. */
  | { readonly kind: 'routes'; readonly routes: readonly RouteSettings[] }
  /** The host names the service: the app's outbound calls. */
  | { readonly kind: 'by-name' }

export interface RouteSettings {
  /** Lower case, without port. `*.shop.example` matches one or more labels; undefined matches every host. */
  readonly host: string | undefined
  /** Matches whole path segments: `/api` fits `/api` and `/api/x`, not `/apix`. */
  readonly prefix: string
  readonly service: string
  /** Requests of this route may be repeated, whatever their method. */
  readonly idempotent: boolean
  /** In place of the service's; false: these requests are not sticky. */
  readonly sticky?: StickySettings | false | undefined
}

export interface ServiceSettings {
  readonly name: string
  readonly endpoints: readonly Endpoint[]
  readonly balance: BalanceSettings
  readonly timeouts: {
    readonly connect: number
    /** From the last byte of the request to the first of the response head. */
    readonly head: number
    /** One attempt, from the pick (or the last byte of the request, if that comes later) to the response head. */
    readonly perTry: number
    /** Between two bytes, in either direction, once the response has begun. */
    readonly idle: number
    /** From the last byte of the request to the response head, queue and retries included; a stream is exempt. */
    readonly total: number
    /** An idle upstream connection is closed after this, or a second before the server's own hint. */
    readonly keepAlive: number
    /** An upgraded connection on which nothing moves. */
    readonly tunnel: number
  }
  readonly limits: {
    readonly inFlight: number
    readonly queue: number
    readonly queueTimeout: number
    /** Upstream connections per endpoint. */
    readonly connections: number
    /** Attempts under way at one endpoint; Infinity: as many as the service has. */
    readonly endpointInFlight: number
    /** Lowers `inFlight` to what the service does without getting slower. */
    readonly adaptive: AdaptiveSettings | undefined
    /** Request body; Infinity: as much as the upstream takes. */
    readonly body: number
  }
  /** Active checks. */
  readonly health: HealthSettings | undefined
  readonly ejection: EjectionSettings | undefined
  /** The share of members that must be available; with fewer, health and ejection are ignored. 0: never ignored. */
  readonly panic: number
  /** One per member. Hard: what it says is never ignored. */
  readonly breaker: BreakerSettings | undefined
  /** One for the whole service. */
  readonly serviceBreaker: BreakerSettings | undefined
  readonly retries: RetrySettings
  readonly hedge: HedgeSettings | undefined
  readonly slowStart: SlowStartSettings | undefined
  readonly faults: FaultSettings | undefined
  readonly sticky: StickySettings | undefined
  /** What members say of their load in `endpoint-load-metrics` is read, counts in the balancing, and ends here. */
  readonly loadReports: boolean
  /** Tokens of the Upgrade field that are forwarded. */
  readonly upgrades: readonly string[]
}

export type BalanceName = 'least-connections' | 'round-robin' | 'two-choices' | 'peak-ewma' | 'hash'
export type BalanceSettings = { readonly name: BalanceName; readonly key?: HashKey }

export type HashKey =
  | { readonly from: 'client' }
  | { readonly from: 'header'; readonly name: string }
  | { readonly from: 'cookie'; readonly name: string }
  | { readonly from: 'path' }
