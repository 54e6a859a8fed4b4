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
  readonly connections: {
    readonly open: number
    readonly idle: number
    readonly opened: number
    readonly reused: number
  }
}
