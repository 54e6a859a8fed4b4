// What a metric is, and how the usual ones read the status.

import type { Status } from '../model/status.ts'
import type { Counters } from './counters.ts'

export interface Value {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  /** For the parts of a histogram. */
  readonly metricName?: string
}

export interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly read: (source: Source) => Value[]
}

export interface Source {
  readonly status: Status
  readonly counters: Counters
  readonly memory: number
  readonly cpuSeconds: number
}

export type ServiceStatus = Status['services'][number]
export type MemberStatus = ServiceStatus['members'][number]

export function perService(read: (service: ServiceStatus) => number): Metric['read'] {
  return ({ status }) => status.services.map(s => ({ labels: { service: s.name }, value: read(s) }))
}

export function perMember(read: (member: MemberStatus) => number): Metric['read'] {
  return ({ status }) =>
    status.services.flatMap(s =>
      s.members.map(m => ({ labels: { service: s.name, member: m.address }, value: read(m) })),
    )
}

export function perListener(read: (listener: Status['listeners'][number]) => number): Metric['read'] {
  return ({ status }) => status.listeners.map(l => ({ labels: { listener: l.address }, value: read(l) }))
}

export function spread(labels: Record<string, string>, key: string, values: Readonly<Record<string, number>>): Value[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { ...labels, [key]: name }, value }))
}
