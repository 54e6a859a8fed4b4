// A service that calls another one through our proxy, and what the proxy does when an attempt fails: as in
// sidecar/proxy/retry.ts, in the same order, for a request that may be repeated and is answered by 503.
import { balancers } from '../sidecar/balance/index.ts'
import { createCluster } from '../sidecar/cluster/cluster.ts'
import type { Member } from '../sidecar/cluster/member.ts'
import type { Random } from '../sidecar/model/candidate.ts'
import type { BudgetSettings } from '../sidecar/model/resilience-settings.ts'
import { fullJitter } from '../sidecar/resilience/backoff.ts'
import { createRetryBudget } from '../sidecar/resilience/retry-budget.ts'
import { ejection, panic, retries as usual } from './defaults.ts'
import { addresses } from './hosts.ts'
import type { Timeline } from './timeline.ts'

export interface Retrying {
  /** Repetitions of one request at most. */
  readonly retries: number
  /** undefined: as many as there are failures. */
  readonly budget: BudgetSettings | undefined
  /** Endpoints that the called service has. */
  readonly members: number
}

/** Whether it was served. */
export type Done = (ok: boolean) => void

/** Takes a request; `send` makes one attempt at the called service. */
export type Layer = (send: (done: Done) => void, done: Done) => void

export function createLayer(
  { retries, budget: settings, members }: Retrying,
  timeline: Timeline,
  random: Random,
): Layer {
  const budget = settings && createRetryBudget(settings)
  const cluster = createCluster({
    name: 'called',
    endpoints: addresses(members).map(address => ({ address, weight: 1 })),
    balancer: balancers['least-connections'],
    random,
    ejection,
    panic,
  })

  function mayRepeat(tried: readonly Member[], now: number): boolean {
    if (tried.length > retries) return false
    if (cluster.othersFail(tried, now)) return false
    return budget === undefined || budget.withdraw(now)
  }

  return (send, done) => {
    const tried: Member[] = []
    budget?.deposit(timeline.now)
    attempt()

    function attempt(): void {
      const from = timeline.now
      const lease = cluster.lease(from, undefined, tried)
      if (lease === undefined) return done(false)
      send(ok => {
        const { now } = timeline
        lease.settle({ kind: 'answered', status: ok ? 200 : 503, ms: now - from }, now)
        tried.push(lease.member)
        if (ok || !mayRepeat(tried, now)) return done(ok)
        timeline.at(now + fullJitter(usual.backoff, tried.length - 1, random), attempt)
      })
    }
  }
}
