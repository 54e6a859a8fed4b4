// A host that fails at once never looks busy, so whoever counts what is in flight sends it everything.
import { balancers } from '../../sidecar/balance/index.ts'
import { createCluster } from '../../sidecar/cluster/cluster.ts'
import type { Balancer } from '../../sidecar/model/candidate.ts'
import { ejection, panic } from '../defaults.ts'
import { dice, exponential } from '../dice.ts'
import { drive } from '../drive.ts'
import type { Experiment, Setting } from '../experiment.ts'
import { addresses, failingHost, type Host, parallelHost } from '../hosts.ts'
import { firstOfTheLeast } from '../references.ts'
import { shareWhenEven } from '../theory.ts'
import { type Claim, verdict } from '../verdict.ts'
import { withoutPenalty } from '../without-penalty.ts'

export interface FailingHostRow {
  readonly balance: string
  readonly against: string
  readonly published: number | undefined
  /** Share of all requests that failed when the host fails all that it gets, by requests a second. */
  readonly errors: Readonly<Record<Rate, number>>
  /** Of a host that fails half of what it gets: requests that failed, and its share of all. */
  readonly half: { readonly errors: number; readonly share: number }
}

const RATES = [200, 1_000, 5_000] as const
type Rate = (typeof RATES)[number]

interface Way {
  readonly balance: string
  readonly balancer: Balancer
  readonly penalty?: true
  readonly ejected?: true
  readonly published?: number
}

const { 'round-robin': inTurn, 'least-connections': least } = balancers

const WAYS: readonly Way[] = [
  { balance: 'round-robin', balancer: inTurn, published: 0.1 },
  { balance: 'first of the least', balancer: firstOfTheLeast, published: 0.82 },
  { balance: 'least-connections', balancer: least, published: 0.82 },
  { balance: 'least-connections', balancer: least, penalty: true },
  { balance: 'least-connections', balancer: least, ejected: true },
  { balance: 'least-connections', balancer: least, penalty: true, ejected: true },
]

const HOSTS = addresses(10)
/** The first that is listed. */
const BAD = HOSTS[0]!
/** Milliseconds. */
const FAILS_AFTER = 1
const ANSWERS_AFTER = 20

export function measureFailingHost(setting: Setting): FailingHostRow[] {
  return WAYS.map(way => {
    const all = RATES.map((rate): [Rate, number] => [rate, minute(way, 1, rate, setting).errors])
    return {
      balance: way.balance,
      against: [way.penalty && 'penalty', way.ejected && 'ejection'].filter(Boolean).join(' and ') || 'nothing',
      published: way.published,
      errors: Object.fromEntries(all) as Record<Rate, number>,
      half: minute(way, 0.5, 1_000, setting),
    }
  })
}

function minute({ balancer, penalty, ejected }: Way, failing: number, rate: Rate, { seed, scale }: Setting) {
  const cluster = createCluster({
    name: 'fast-failing',
    endpoints: HOSTS.map(address => ({ address, weight: 1 })),
    balancer: penalty ? balancer : withoutPenalty(balancer),
    random: dice(seed, 'fast-failing: balancer'),
    panic,
    ejection: ejected ? ejection : undefined,
  })
  const bad = failingHost(failing, FAILS_AFTER, dice(seed, 'fast-failing: failures'))
  const hosts = new Map(HOSTS.map((address): [string, Host] => [address, address === BAD ? bad : parallelHost()]))
  const { requests, failed, given } = drive(cluster, hosts, {
    gap: exponential(1_000 / rate, dice(seed, 'fast-failing: gaps')),
    work: exponential(ANSWERS_AFTER, dice(seed, 'fast-failing: work')),
    until: 60_000 * scale,
  })
  return { errors: failed / requests, share: given.get(BAD)! / requests }
}

export const fastFailing: Experiment = {
  about: 'one of ten hosts answers 503 in 1 ms',
  run(setting) {
    const rows = measureFailingHost(setting)
    return {
      rows,
      table: {
        title: 'fast-failing: requests that fail, %',
        head: [
          ...['', 'against it', 'published', ...RATES.map(rate => `${rate}/s`)],
          ...['it fails half, 1000/s', 'and gets'],
        ],
        rows: rows.map(({ balance, against, published, errors, half }) => [
          ...[balance, against, published === undefined ? '' : (100 * published).toFixed(0)],
          ...[...RATES.map(rate => errors[rate]), half.errors, half.share].map(share => (100 * share).toFixed(2)),
        ]),
        notes: [
          `${HOSTS.length} hosts, Poisson arrivals for a minute, no retries; the others take ${ANSWERS_AFTER} ms on average ` +
            '(exponential). A host that fails all gets what fails. "First of the least": of those with the least in flight ' +
            'the one that is listed first, which is the one that fails.',
          'Published: 10 % and 82 %, an estimate of ours from before there was code; its service times and its load were ' +
            'not kept. Compared at the worst of the three loads.',
          ...verdict(rows.flatMap(claimsOf), limits()),
        ],
      },
    }
  },
}

function claimsOf({ balance, published, errors }: FailingHostRow): Claim[] {
  if (published === undefined) return []
  return [{ what: balance, ours: Math.max(...Object.values(errors)), published, within: 0.02 }]
}

function limits(): string {
  const limit = (theirs: number) => (100 * shareWhenEven(FAILS_AFTER, HOSTS.length - 1, theirs)).toFixed(0)
  return (
    'Where ties go to the first, a service with little to do loses most. Ours gives idle hosts their turns, so it loses ' +
    `more the higher the load, up to the ${limit(20)} % at which all have equally many in flight; 82 % would take hosts ` +
    'of 41 ms.'
  )
}
