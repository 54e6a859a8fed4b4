import type { BreakerStatus } from '../model/status.ts'
import {
  type MemberStatus,
  type Metric,
  perMember,
  perService,
  type ServiceStatus,
  spread,
  type Value,
} from './metric.ts'

/** Breakers, ejection, health, retries, limits. The states are numbers: 0 closed, 1 half-open, 2 open. */
export const RESILIENCE_METRICS: readonly Metric[] = [
  {
    name: 'outrigger_member_ready',
    type: 'gauge',
    help: '1 while nothing stands against a member, else 0.',
    read: perMember(m => (m.state === 'ready' ? 1 : 0)),
  },
  {
    name: 'outrigger_member_healthy',
    type: 'gauge',
    help: '1 while the checks of a member succeed, else 0; none without checks.',
    read: ofMembers(m => (m.health === null ? undefined : m.health.healthy ? 1 : 0)),
  },
  {
    name: 'outrigger_health_checks_total',
    type: 'counter',
    help: 'Checks of a member, by result.',
    read: ({ status }) =>
      status.services.flatMap(s =>
        s.members.flatMap(m =>
          m.health === null
            ? []
            : spread({ service: s.name, member: m.address }, 'result', {
                success: m.health.checks - m.health.failures,
                failure: m.health.failures,
              }),
        ),
      ),
  },
  {
    name: 'outrigger_member_ejection_state',
    type: 'gauge',
    help: 'Passive ejection of a member: 0 not, 1 on trial, 2 out.',
    read: ofMembers(m => stateOf(m.ejection)),
  },
  {
    name: 'outrigger_member_ejections_total',
    type: 'counter',
    help: 'Times that a member was ejected.',
    read: ofMembers(m => m.ejection?.opened),
  },
  {
    name: 'outrigger_member_ejections_spared_total',
    type: 'counter',
    help: 'Failures at which a member would have been ejected, had not too many been out.',
    read: ofMembers(m => m.ejection?.spared),
  },
  {
    name: 'outrigger_member_breaker_state',
    type: 'gauge',
    help: 'Circuit breaker of a member: 0 closed, 1 half-open, 2 open.',
    read: ofMembers(m => stateOf(m.breaker)),
  },
  {
    name: 'outrigger_member_breaker_opened_total',
    type: 'counter',
    help: 'Times that the breaker of a member has opened.',
    read: ofMembers(m => m.breaker?.opened),
  },
  {
    name: 'outrigger_breaker_state',
    type: 'gauge',
    help: 'Circuit breaker of a whole service: 0 closed, 1 half-open, 2 open.',
    read: ofServices(s => stateOf(s.breaker)),
  },
  {
    name: 'outrigger_breaker_opened_total',
    type: 'counter',
    help: 'Times that the breaker of a whole service has opened.',
    read: ofServices(s => s.breaker?.opened),
  },
  {
    name: 'outrigger_panic',
    type: 'gauge',
    help: '1 while too few members are available, and health and ejection are ignored.',
    read: perService(s => (s.panic ? 1 : 0)),
  },
  {
    name: 'outrigger_panics_total',
    type: 'counter',
    help: 'Times that too few members were available.',
    read: perService(s => s.panics),
  },
  {
    name: 'outrigger_panic_picks_total',
    type: 'counter',
    help: 'Attempts whose member was picked in a panic.',
    read: perService(s => s.panicked),
  },
  {
    name: 'outrigger_retries_total',
    type: 'counter',
    help: 'Repetitions, by what they followed: a failed connect, or the status that the client would have got.',
    read: ({ status }) => status.services.flatMap(s => spread({ service: s.name }, 'after', s.retries)),
  },
  {
    name: 'outrigger_retries_refused_total',
    type: 'counter',
    help: 'Repetitions that were wanted and not made, by why not.',
    read: ({ status }) => status.services.flatMap(s => spread({ service: s.name }, 'why', s.unretried)),
  },
  {
    name: 'outrigger_retry_budget',
    type: 'gauge',
    help: 'Repetitions that may be made now.',
    read: perService(s => s.retryBudget),
  },
  {
    name: 'outrigger_hedges_total',
    type: 'counter',
    help: 'Second attempts beside a slow first one.',
    read: perService(s => s.hedges.sent),
  },
  {
    name: 'outrigger_hedges_won_total',
    type: 'counter',
    help: 'Second attempts that answered first.',
    read: perService(s => s.hedges.won),
  },
  {
    name: 'outrigger_pins_total',
    type: 'counter',
    help: 'Requests of a sticky service, by what came of the claim of their client on a member.',
    read: ({ status }) => status.services.flatMap(s => spread({ service: s.name }, 'result', s.pins)),
  },
  {
    name: 'outrigger_limit_in_flight',
    type: 'gauge',
    help: 'Exchanges that may have a place in the service now.',
    read: perService(s => s.limit),
  },
  {
    name: 'outrigger_queue_waits_total',
    type: 'counter',
    help: 'Exchanges that had to wait for a place.',
    read: perService(s => s.waited.count),
  },
  {
    name: 'outrigger_queue_wait_seconds_total',
    type: 'counter',
    help: 'How long they waited, together.',
    read: perService(s => s.waited.ms / 1000),
  },
  {
    name: 'outrigger_faults_injected_total',
    type: 'counter',
    help: 'Requests that the configuration had delayed or aborted.',
    read: ({ status }) =>
      status.services.flatMap(s =>
        s.faults === null
          ? []
          : spread({ service: s.name }, 'fault', { delay: s.faults.delayed, abort: s.faults.aborted }),
      ),
  },
]

const STATES = { closed: 0, 'half-open': 1, open: 2 } as const

function stateOf(breaker: BreakerStatus | null): number | undefined {
  return breaker === null ? undefined : STATES[breaker.state]
}

/** As `perService`, without those that have no such thing. */
function ofServices(read: (service: ServiceStatus) => number | undefined): Metric['read'] {
  return ({ status }) => status.services.flatMap(s => sample({ service: s.name }, read(s)))
}

function ofMembers(read: (member: MemberStatus) => number | undefined): Metric['read'] {
  return ({ status }) =>
    status.services.flatMap(s => s.members.flatMap(m => sample({ service: s.name, member: m.address }, read(m))))
}

function sample(labels: Value['labels'], value: number | undefined): Value[] {
  return value === undefined ? [] : [{ labels, value }]
}
