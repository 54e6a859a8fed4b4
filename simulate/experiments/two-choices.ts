// The law of two choices: how long a request stays when it joins the shorter of two queues drawn at random.
import { balancers } from '../../sidecar/balance/index.ts'
import type { Balancer } from '../../sidecar/model/candidate.ts'
import { exponential } from '../dice.ts'
import type { Experiment, Setting } from '../experiment.ts'
import { measureStay } from '../queueing.ts'
import { atRandom } from '../references.ts'
import { oneQueue, supermarket } from '../theory.ts'
import { type Claim, verdict } from '../verdict.ts'

export interface QueueRow {
  readonly load: number
  readonly hosts: number
  /** Mean service times. `computed` is for two choices with hosts without number, for a full scan with one queue for all. */
  readonly random: Figure | undefined
  readonly twoChoices: Figure
  readonly leastConnections: Figure | undefined
}

interface Figure {
  readonly computed: number
  readonly ours: number
  readonly margin: number
}

interface Cell {
  readonly load: number
  readonly hosts: number
  readonly requests: number
  /** Also with a full scan, and with one choice, which takes so many requests to settle. */
  readonly single?: number
}

const CELLS: readonly Cell[] = [
  { load: 0.5, hosts: 100, requests: 300_000, single: 300_000 },
  { load: 0.7, hosts: 100, requests: 300_000, single: 300_000 },
  { load: 0.9, hosts: 100, requests: 600_000, single: 1_000_000 },
  { load: 0.95, hosts: 100, requests: 600_000, single: 2_000_000 },
  { load: 0.99, hosts: 100, requests: 2_000_000 },
  { load: 0.99, hosts: 500, requests: 1_500_000 },
]

export function measureQueues(setting: Setting, cells: readonly Cell[] = CELLS): QueueRow[] {
  return cells.map(cell => {
    const { load, hosts, single } = cell
    const { 'two-choices': two, 'least-connections': all } = balancers
    const alone = single === undefined ? undefined : { ...cell, requests: single }
    return {
      load,
      hosts,
      random: alone && { computed: supermarket(load, 1), ...stay(atRandom, alone, setting) },
      twoChoices: { computed: supermarket(load, 2), ...stay(two, cell, setting) },
      leastConnections: alone && { computed: oneQueue(load, hosts), ...stay(all, cell, setting) },
    }
  })
}

function stay(balancer: Balancer, { load, hosts, requests }: Cell, setting: Setting) {
  const queues = { name: `two-choices of ${hosts}`, hosts, load, mean: 1, service: exponential, requests }
  const { mean, margin } = measureStay(queues, () => balancer, setting)
  return { ours: mean, margin }
}

export const twoChoices: Experiment = {
  about: 'the time in a queue by the load, with one choice, two, and all',
  run(setting) {
    const rows = measureQueues(setting)
    return {
      rows,
      table: {
        title: 'two-choices: mean time from the request to its answer, in mean service times',
        head: [
          ...['load', 'hosts', 'random, computed', 'ours', 'two-choices, computed', 'ours', '+-'],
          ...['one queue, computed', 'least-connections, ours'],
        ],
        rows: rows.map(({ load, hosts, random, twoChoices, leastConnections }) => [
          ...[String(load), String(hosts), random?.computed.toFixed(2) ?? '', random?.ours.toFixed(2) ?? ''],
          ...[twoChoices.computed, twoChoices.ours, twoChoices.margin].map(each => each.toFixed(3)),
          ...[leastConnections?.computed.toFixed(3) ?? '', leastConnections?.ours.toFixed(3) ?? ''],
        ]),
        notes: [
          'Poisson arrivals, exponential service, first come, first served, one at a time. +-: 95 %.',
          'Computed: M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE Transactions on ' +
            'Parallel and Distributed Systems 12 (10), 2001: the sum over i of load^(2^i - 2), for ever more hosts; ' +
            "1 / (1 - load) for one choice; Erlang's C for one queue, which is what no balancer can be better than. One " +
            'choice at 0.99 would take twenty times the requests to settle, and is left out.',
          ...verdict(rows.flatMap(claimsOf), WHY),
        ],
      },
    }
  },
}

const WHY =
  'The law is the limit for ever more hosts. With a hundred of them the time is longer, the more so the higher the load; ' +
  'with five hundred it is nearly there, as the last row shows.'

function claimsOf({ load, hosts, random, twoChoices }: QueueRow): Claim[] {
  return [
    ...(random === undefined ? [] : [claim(`one choice at ${load}`, random, 0.03)]),
    claim(`two at ${load} of ${hosts}`, twoChoices, 0.01),
  ]
}

function claim(what: string, { ours, computed, margin }: Figure, share: number): Claim {
  return { what, ours, published: computed, within: Math.max(margin, share * computed) }
}
