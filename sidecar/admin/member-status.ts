import type { BreakerStatus, HealthStatus, MemberState, MemberStatus, ReportedStatus } from '../model/status.ts'

/** What /status tells of a member is read from these, as narrow as it needs to be. */
export interface MemberPart {
  readonly member: {
    readonly endpoint: { readonly address: string; readonly weight: number }
    readonly inFlight: number
    readonly picked: number
    readonly succeeded: number
    readonly failed: number
    readonly latencyMs: number
    readonly penalty: number
    readonly report: { readonly inFlight: number; readonly utilization: number } | undefined
    readonly reportedAt: number
    readonly reports: number
    readonly unusable: number
    readonly elsewhere: number
    readonly draining: boolean
    readonly held: boolean
    readonly healthy: boolean
    readonly restUntil: number
    readonly ejection: BreakerPart | undefined
    readonly breaker: BreakerPart | undefined
  }
  readonly pool: {
    readonly open: number
    readonly idle: { readonly length: number }
    readonly opened: number
    readonly reused: number
  }
  readonly health: HealthStatus | undefined
}

export interface BreakerPart {
  readonly state: 'closed' | 'open' | 'half-open'
  readonly opened: number
  readonly spared: number
  readonly until: number
  readonly soonest: number
}

/** `now`: the time of the breakers' clock. */
export function memberStatus({ member, pool, health }: MemberPart, now: number): MemberStatus {
  const { address, weight } = member.endpoint
  const { inFlight, picked, succeeded, failed, penalty } = member
  return {
    address,
    weight,
    state: stateOf(member, now),
    inFlight,
    picked,
    succeeded,
    failed,
    latencyMs: Math.round(member.latencyMs * 1000) / 1000,
    penalty,
    reported: reportedStatus(member, now),
    ejection: breakerStatus(member.ejection, now),
    breaker: breakerStatus(member.breaker, now),
    health: health === undefined ? null : { ...health, lastMs: Math.round(health.lastMs * 1000) / 1000 },
    connections: { open: pool.open, idle: pool.idle.length, opened: pool.opened, reused: pool.reused },
  }
}

function reportedStatus(member: MemberPart['member'], now: number): ReportedStatus | null {
  const { report, reports: taken, unusable, reportedAt, elsewhere } = member
  if (taken === 0 && unusable === 0) return null
  return {
    taken,
    unusable,
    inFlight: report?.inFlight ?? null,
    utilization: report === undefined || report.utilization < 0 ? null : report.utilization,
    agoMs: report === undefined ? null : Math.max(0, Math.round(now - reportedAt)),
    elsewhere: Math.round(elsewhere * 100) / 100,
  }
}

/** `alone`: nobody else can serve, so that the wait does not grow. */
export function breakerStatus(breaker: BreakerPart | undefined, now: number, alone = false): BreakerStatus | null {
  if (breaker === undefined) return null
  const { state, opened, spared } = breaker
  const until = alone ? breaker.soonest : breaker.until
  return { state, opened, spared, retryInMs: state === 'open' ? Math.max(0, Math.round(until - now)) : 0 }
}

function stateOf(
  { draining, held, healthy, restUntil, ejection, breaker }: MemberPart['member'],
  now: number,
): MemberState {
  if (draining) return 'draining'
  if (held) return 'held'
  if (breaker?.state === 'open') return 'circuit-open'
  if (!healthy) return 'unhealthy'
  if (ejection?.state === 'open') return 'ejected'
  if (ejection?.state === 'half-open' || breaker?.state === 'half-open') return 'on-trial'
  return restUntil > now ? 'resting' : 'ready'
}
