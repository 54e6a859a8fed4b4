// One of eleven hosts becomes ten times slower for half a minute, and fails nothing. How many are served within a second?
import { balancers } from '../../sidecar/balance/index.ts'
import { createCluster } from '../../sidecar/cluster/cluster.ts'
import { ejection, panic } from '../defaults.ts'
import { dice, gaussian } from '../dice.ts'
import { drive, type Run } from '../drive.ts'
import type { Experiment, Setting } from '../experiment.ts'
import { addresses, parallelHost } from '../hosts.ts'
import { meanOf } from '../samples.ts'
import { type Claim, verdict } from '../verdict.ts'

export interface SlowHostRow {
  readonly balance: keyof typeof PUBLISHED
  /** Shares of all requests of the minute that were answered within a second; nobody gives up. */
  readonly withinSecond: number
  readonly p99: number
  readonly p999: number
  /** The same when the proxy gives up after a second, without and with ejection. */
  readonly timeout: number
  readonly ejection: number
}

/** What the authors read off their own quantiles, which are in the repository of Finagle. */
const PUBLISHED = {
  'round-robin': { words: '95', within: [0.95, 0.96], p99: 1714, p999: 1862 },
  'two-choices': { words: '99', within: [0.99, 0.999], p99: 205, p999: 1723 },
  'peak-ewma': { words: '99.9', within: [0.999, 0.9999], p99: 199, p999: 211 },
  'least-connections': undefined,
} as const

const SECOND = 1_000
const HOSTS = addresses(11)
const SLOW = HOSTS[3]!

export function measureSlowHost({ seed, scale }: Setting): SlowHostRow[] {
  const seeds = Array.from({ length: Math.max(1, Math.round(3 * scale)) }, (_, i) => seed + i)
  return (Object.keys(PUBLISHED) as (keyof typeof PUBLISHED)[]).map(balance => {
    const patient = seeds.map(each => minute(balance, each, {}))
    const served = (how: How) => meanOf(seeds.map(each => servedOf(minute(balance, each, how))))
    return {
      balance,
      withinSecond: meanOf(patient.map(run => run.latencies.within(SECOND))),
      p99: meanOf(patient.map(run => run.latencies.quantile(0.99))),
      p999: meanOf(patient.map(run => run.latencies.quantile(0.999))),
      timeout: served({ timeout: SECOND }),
      ejection: served({ timeout: SECOND, ejected: true }),
    }
  })
}

interface How {
  readonly timeout?: number
  readonly ejected?: boolean
}

function minute(balance: keyof typeof PUBLISHED, seed: number, { timeout, ejected }: How): Run {
  const cluster = createCluster({
    name: 'slow-host',
    endpoints: HOSTS.map(address => ({ address, weight: 1 })),
    balancer: balancers[balance],
    random: dice(seed, 'slow-host: balancer'),
    panic,
    ejection: ejected ? ejection : undefined,
  })
  const slower = (now: number) => (now >= 15_000 && now <= 45_000 ? 10 : 1)
  const hosts = new Map(HOSTS.map(address => [address, parallelHost(address === SLOW ? slower : undefined)]))
  const traffic = { gap: () => 1, work: ping(seed), until: 60_000 }
  return drive(cluster, hosts, timeout === undefined ? traffic : { ...traffic, timeout })
}

/**
 * Finagle's benchmark draws from 86,000 recorded pings, "median 167 ms, standard deviation 5 ms, maximum 200 ms". So does
 * this, but for the recording.
 */
function ping(seed: number): () => number {
  const normal = gaussian(dice(seed, 'slow-host: work'))
  return () => Math.min(200, 164.5 + 2.7 * Math.exp(0.94 * normal()))
}

function servedOf({ requests, failed }: Run): number {
  return 1 - failed / requests
}

export const beyondRoundRobin: Experiment = {
  about: 'one of eleven hosts is slow for half a minute',
  run(setting) {
    const rows = measureSlowHost(setting)
    return {
      rows,
      table: {
        title: 'beyond-round-robin: answered within a second, % of the requests of a minute',
        head: [
          ...['', 'published', 'ours', 'p99 ms, published', 'ours', 'p99.9 ms, published', 'ours'],
          ...['with a timeout of 1 s', 'and ejection'],
        ],
        rows: rows.map(({ balance, withinSecond, p99, p999, timeout, ejection }) => {
          const theirs = PUBLISHED[balance]
          return [
            ...[balance, theirs?.words ?? '', percent(withinSecond)],
            ...[String(theirs?.p99 ?? ''), p99.toFixed(0), String(theirs?.p999 ?? ''), p999.toFixed(0)],
            ...[percent(timeout), percent(ejection)],
          ]
        }),
        notes: [
          '11 hosts of 167 ms, 1,000 requests/s, one host ten times slower from second 15 to 45. No ejection, no timeout; ' +
            'the last two columns are not in the article.',
          'Published: "Beyond Round Robin: Load Balancing for Latency" (Buoyant, 2016, ' +
            'https://linkerd.io/2016/03/16/beyond-round-robin-load-balancing-for-latency/); the quantiles are in its ' +
            'script, finagle-benchmark/src/main/scripts/build_graphs.R of Finagle. "Least loaded" is our two-choices.',
          ...verdict(rows.flatMap(claimsOf), 'The set-up is the same, so they should not.'),
          ...whatTimeoutsDo(rows),
        ],
      },
    }
  },
}

function claimsOf({ balance, withinSecond, p99 }: SlowHostRow): Claim[] {
  const theirs = PUBLISHED[balance]
  if (theirs === undefined) return []
  return [
    { what: balance, ours: withinSecond, published: theirs.within, within: 0.0005 },
    // Theirs ran on a JVM with real timers, which added 7 ms to the median.
    { what: `its p99`, ours: p99, published: theirs.p99, within: 0.1 * theirs.p99 },
  ]
}

/** Nobody has published that: it is the same minute once the proxy gives up. */
function whatTimeoutsDo(rows: readonly SlowHostRow[]): string[] {
  const find = (name: string) => rows.find(({ balance }) => balance === name)!
  const [ewma, two] = [find('peak-ewma'), find('two-choices')]
  if (ewma.timeout >= two.timeout) return []
  return [
    'With a timeout peak-ewma falls behind two-choices: an attempt that timed out is not measured, so what is known of ' +
      'the slow host fades, and it is tried again and again.',
  ]
}

function percent(share: number): string {
  return (100 * share).toFixed(2)
}
