import type { ListenerSettings } from '../model/settings.ts'
import type { ListenerStatus, ServiceStatus, Status } from '../model/status.ts'

/** What /status is made of, as narrow as it needs to be: the parts themselves are the composition root's. */
export interface StatusSource {
  readonly version: string
  readonly startedAt: number
  readonly state: () => Status['state']
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
  readonly name: string
  readonly balance: string
  readonly inFlight: number
  readonly queued: number
  readonly counters: {
    readonly requests: number
    readonly byClass: readonly number[]
    readonly refused: ReadonlyMap<string, number>
    readonly abandoned: number
  }
  readonly members: readonly MemberPart[]
}

export interface MemberPart {
  readonly member: {
    readonly endpoint: { readonly address: string; readonly weight: number }
    readonly inFlight: number
    readonly picked: number
    readonly succeeded: number
    readonly failed: number
    readonly latencyMs: number
  }
  readonly pool: {
    readonly open: number
    readonly idle: { readonly length: number }
    readonly opened: number
    readonly reused: number
  }
}

export function readStatus(source: StatusSource): Status {
  return {
    version: source.version,
    pid: process.pid,
    uptimeSeconds: Math.round((performance.now() - source.startedAt) / 1000),
    state: source.state(),
    listeners: source.listeners().map(listenerStatus),
    services: source.services().map(serviceStatus),
  }
}

function listenerStatus({ settings, address, connections, accepted, counters }: ListenerPart): ListenerStatus {
  const { target } = settings
  const { requests } = counters
  const shown = target.kind === 'service' ? `service ${target.service}` : target.kind
  return { address, target: shown, connections, accepted, requests, refused: Object.fromEntries(counters.refused) }
}

function serviceStatus({ name, balance, inFlight, queued, counters, members }: ServicePart): ServiceStatus {
  const { requests, byClass, refused, abandoned } = counters
  const responses: Record<string, number> = {}
  for (let i = 1; i <= 5; i++) if (byClass[i]! > 0) responses[`${i}xx`] = byClass[i]!
  return {
    name,
    balance,
    inFlight,
    queued,
    requests,
    responses,
    refused: Object.fromEntries(refused),
    abandoned,
    members: members.map(({ member, pool }) => {
      const { address, weight } = member.endpoint
      const { inFlight, picked, succeeded, failed } = member
      const latencyMs = Math.round(member.latencyMs * 1000) / 1000
      const connections = { open: pool.open, idle: pool.idle.length, opened: pool.opened, reused: pool.reused }
      return { address, weight, inFlight, picked, succeeded, failed, latencyMs, connections }
    }),
  }
}
