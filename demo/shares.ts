import type { MemberState, MemberStatus, Status } from '../sidecar/model/status.ts'
import type { Instance } from './site.ts'

/** What one instance did between two readings, over all sidecars that call it. */
export interface Share {
  readonly name: string
  readonly note: string
  readonly perSecond: number
  /** Of its service's requests: 0 to 1. */
  readonly share: number
  readonly inFlight: number
  readonly latencyMs: number
  readonly state: SeenState
}

/** The gravest that a sidecar has it in; unknown when none has it. */
export type SeenState = MemberState | 'unknown'

export interface Span {
  readonly service: string
  readonly instances: readonly Instance[]
  readonly seconds: number
}

/** `before` is empty for everything since the start. */
export function sharesOf(now: readonly Status[], before: readonly Status[], span: Span): Share[] {
  const { service, instances, seconds } = span
  const rows = instances.map(({ name, note, address }) => {
    const members = now.map(status => memberOf(status, service, address))
    const picked = members.map((member, i) => {
      const earlier = memberOf(before[i], service, address)
      return (member?.picked ?? 0) - (earlier?.picked ?? 0)
    })
    return {
      name,
      note,
      picked: sum(picked),
      inFlight: sum(members.map(m => m?.inFlight ?? 0)),
      latencyMs: mean(members, picked),
      state: gravest(membersAt(now, service, address)),
    }
  })
  const all = sum(rows.map(({ picked }) => picked))
  return rows.map(({ picked, ...row }) => ({
    ...row,
    perSecond: seconds > 0 ? picked / seconds : 0,
    share: all > 0 ? picked / all : 0,
  }))
}

/** What each sidecar knows of the instance. */
export function membersAt(statuses: readonly Status[], service: string, address: string): MemberStatus[] {
  return statuses.map(status => memberOf(status, service, address)).filter(member => member !== undefined)
}

export function gravest(members: readonly MemberStatus[]): SeenState {
  const states = members.map(({ state }) => state)
  return states.toSorted((a, b) => GRAVITY.indexOf(b) - GRAVITY.indexOf(a))[0] ?? 'unknown'
}

const GRAVITY: readonly MemberState[] = [
  'ready',
  'resting',
  'on-trial',
  'ejected',
  'unhealthy',
  'circuit-open',
  'held',
  'draining',
]

function memberOf(status: Status | undefined, service: string, address: string): MemberStatus | undefined {
  return status?.services.find(({ name }) => name === service)?.members.find(member => member.address === address)
}

/** By requests: a sidecar that sent nobody there knows little of how fast it is. */
function mean(members: readonly (MemberStatus | undefined)[], weights: readonly number[]): number {
  const all = sum(weights)
  return all === 0 ? 0 : sum(members.map((member, i) => (member?.latencyMs ?? 0) * weights[i]!)) / all
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
