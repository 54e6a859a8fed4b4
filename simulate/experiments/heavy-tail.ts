// Hosts that work on one request at a time, and requests of which a few take very long. The short ones behind them wait.
import { balancers } from '../../sidecar/balance/index.ts'
import { boundedPareto } from '../bounded-pareto.ts'
import type { Experiment, Setting } from '../experiment.ts'
import { type BalancerOver, measureStay, type Stay } from '../queueing.ts'
import { atRandom, firstToBeFree } from '../references.ts'
import { anyService } from '../theory.ts'
import { type Claim, verdict } from '../verdict.ts'

/** Times are milliseconds. */
export interface HeavyTailRow extends Stay {
  readonly load: number
  readonly balance: string
  readonly computed: number | undefined
}

const LOADS = [0.7, 0.9] as const
const REQUESTS = { 0.7: 500_000, 0.9: 1_600_000 }
const HOSTS = 10
const MEAN_MS = 10
const ALPHA = 1.5
const LONGEST = 1_000
const { variation, times } = boundedPareto(ALPHA, LONGEST)

/** From the worst to the best. */
const WAYS: Readonly<Record<string, BalancerOver>> = {
  random: () => atRandom,
  'round-robin': () => balancers['round-robin'],
  'peak-ewma': () => balancers['peak-ewma'],
  'two-choices': () => balancers['two-choices'],
  'least-connections': () => balancers['least-connections'],
  oracle: firstToBeFree,
}

export function measureHeavyTail(setting: Setting): HeavyTailRow[] {
  return LOADS.flatMap(load =>
    Object.entries(WAYS).map(([balance, balancer]) => {
      const queues = { name: 'heavy-tail', hosts: HOSTS, load, mean: MEAN_MS, service: times, requests: REQUESTS[load] }
      const computed = balance === 'random' ? MEAN_MS * anyService(load, variation) : undefined
      return { load, balance, computed, ...measureStay(queues, balancer, setting) }
    }),
  )
}

export const heavyTail: Experiment = {
  about: 'hosts that work on one request at a time, and a few requests that take very long',
  run(setting) {
    const rows = measureHeavyTail(setting)
    return {
      rows,
      table: {
        title: 'heavy-tail: milliseconds from the request to its answer',
        head: ['load', '', 'mean, computed', 'ours', '+-', 'p50', 'p99'],
        rows: rows.map(({ load, balance, computed, mean, margin, p50, p99 }) => [
          ...[String(load), balance, computed?.toFixed(1) ?? ''],
          ...[mean, margin, p50, p99].map(ms => ms.toFixed(1)),
        ]),
        notes: [
          `${HOSTS} hosts, first come, first served, one at a time; Poisson arrivals; bounded Pareto service: alpha ${ALPHA}, ` +
            `mean ${MEAN_MS} ms, the longest ${LONGEST} times the shortest, variance ${variation.toFixed(1)} times the square ` +
            'of the mean. +-: 95 %.',
          'Computed: the formula of Pollaczek and Khinchine, which holds for each host when members are drawn at random; ' +
            'for the others there is none. The oracle knows which host will be free first.',
          ...verdict(rows.flatMap(claimsOf), 'By chance: a few very long requests more or less make that much.'),
        ],
      },
    }
  },
}

function claimsOf({ load, balance, mean, margin, computed }: HeavyTailRow): Claim[] {
  if (computed === undefined) return []
  return [{ what: `${balance} at ${load}`, ours: mean, published: computed, within: Math.max(margin, 0.05 * computed) }]
}
