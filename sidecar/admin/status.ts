import type { ListenerSettings } from '../model/settings.ts'
import type { ListenerStatus, ServiceStatus, Status } from '../model/status.ts'
import { type BreakerPart, breakerStatus, type MemberPart, memberStatus } from './member-status.ts'

/** What /status is made of, as narrow as it needs to be: the parts themselves are the composition root's. */
export interface StatusSource {
  readonly version: string
  readonly startedAt: number
  readonly state: () => Status['state']
  /** The time of the data path's clock. */
  readonly now: () => number
  readonly listeners: () => readonly ListenerPart[]
  readonly services: () => readonly ServicePart[]
}

export interface ListenerPart {
  readonly settings: ListenerSettings
  readonly address: string
  readonly connections: number
  readonly accepted: number
  readonly counters: { readonly requests: number; readonly refused: ReadonlyMap<string, number> }
}

export interface ServicePart {
  readonly service: {
    readonly name: string
    readonly settings: { readonly balance: { readonly name: string }; readonly faults: object | undefined }
    readonly gate: { readonly inFlight: number; readonly queued: number; readonly limit: number }
    readonly rooms: { readonly waiting: number }
    readonly held: boolean
    readonly breaker: BreakerPart | undefined
    readonly cluster: { readonly panic: boolean; readonly panics: number; readonly panicked: number }
    readonly budget: { left(now: number): number }
    readonly tally: {
      readonly retries: ReadonlyMap<string, number>
      readonly unretried: ReadonlyMap<string, number>
      readonly pins: ReadonlyMap<string, number>
      readonly hedges: number
      readonly hedgesWon: number
      readonly faultsDelayed: number
      readonly faultsAborted: number
    }
  }
  readonly counters: {
    readonly requests: number
    readonly byClass: readonly number[]
    readonly refused: ReadonlyMap<string, number>
    readonly abandoned: number
    readonly staleRetries: number
    readonly waited: number
    readonly waitedMs: number
  }
  readonly members: readonly MemberPart[]
}

export function readStatus(source: StatusSource): Status {
  return {
    version: source.version,
    pid: process.pid,
    uptimeSeconds: Math.round((performance.now() - source.startedAt) / 1000),
    state: source.state(),
    listeners: source.listeners().map(listenerStatus),
    services: source.services().map(part => serviceStatus(part, source.now())),
  }
}

function listenerStatus({ settings, address, connections, accepted, counters }: ListenerPart): ListenerStatus {
  const { target } = settings
  const { requests } = counters
  const shown = target.kind === 'service' ? `service ${target.service}` : target.kind
  return { address, target: shown, connections, accepted, requests, refused: Object.fromEntries(counters.refused) }
}

function serviceStatus({ service, counters, members }: ServicePart, now: number): ServiceStatus {
  const { name, settings, gate, rooms, held, cluster, tally } = service
  const { requests, byClass, refused, abandoned, staleRetries, waited, waitedMs } = counters
  const responses: Record<string, number> = {}
  for (let i = 1; i <= 5; i++) if (byClass[i]! > 0) responses[`${i}xx`] = byClass[i]!
  return {
    name,
    balance: settings.balance.name,
    inFlight: gate.inFlight,
    queued: gate.queued + rooms.waiting,
    requests,
    responses,
    refused: Object.fromEntries(refused),
    abandoned,
    limit: gate.limit,
    waited: { count: waited, ms: Math.round(waitedMs) },
    held,
    breaker: breakerStatus(service.breaker, now, true),
    panic: cluster.panic,
    panics: cluster.panics,
    panicked: cluster.panicked,
    retries: Object.fromEntries(tally.retries),
    staleRetries,
    unretried: Object.fromEntries(tally.unretried),
    retryBudget: Math.floor(service.budget.left(now)),
    pins: Object.fromEntries(tally.pins),
    hedges: { sent: tally.hedges, won: tally.hedgesWon },
    faults:
      settings.faults === undefined
        ? null
        : { settings: settings.faults, delayed: tally.faultsDelayed, aborted: tally.faultsAborted },
    members: members.map(member => memberStatus(member, now)),
  }
}
