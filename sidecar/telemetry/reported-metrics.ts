import type { ReportedStatus } from '../model/status.ts'
import { type Metric, spread } from './metric.ts'

/** What members say of their own load. None for those that say nothing. */
export const REPORTED_METRICS: readonly Metric[] = [
  {
    name: 'outrigger_member_reports_total',
    type: 'counter',
    help: 'Load reports of a member, taken or unusable.',
    read: ({ status }) =>
      status.services.flatMap(s =>
        s.members.flatMap(({ address, reported }) =>
          reported === null
            ? []
            : spread({ service: s.name, member: address }, 'result', {
                taken: reported.taken,
                unusable: reported.unusable,
              }),
        ),
      ),
  },
  {
    name: 'outrigger_member_reported_in_flight',
    type: 'gauge',
    help: 'Requests that a member had under way by its last report.',
    read: ofReported(r => r.inFlight),
  },
  {
    name: 'outrigger_member_reported_utilization',
    type: 'gauge',
    help: 'Share of the time that a member was busy, by its last report.',
    read: ofReported(r => r.utilization),
  },
  {
    name: 'outrigger_member_elsewhere',
    type: 'gauge',
    help: 'Requests that others are thought to have under way at a member: counted like those in flight.',
    read: ofReported(r => r.elsewhere),
  },
]

function ofReported(read: (reported: ReportedStatus) => number | null): Metric['read'] {
  return ({ status }) =>
    status.services.flatMap(s =>
      s.members.flatMap(({ address, reported }) => {
        const value = reported === null ? null : read(reported)
        return value === null ? [] : [{ labels: { service: s.name, member: address }, value }]
      }),
    )
}
