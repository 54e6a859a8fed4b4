// Hosts that work on one request at a time, and how long a request stays with them, by who gets it.
import { createCluster } from '../sidecar/cluster/cluster.ts'
import type { Balancer, Random } from '../sidecar/model/candidate.ts'
import { dice, exponential } from './dice.ts'
import { drive } from './drive.ts'
import type { Setting } from './experiment.ts'
import { addresses, queueingHost } from './hosts.ts'
import { marginOf, meanOf, type Samples } from './samples.ts'

export interface Queues {
  /** For the dice: what has the same name is given the same requests. */
  readonly name: string
  readonly hosts: number
  /** The share of the time that a host works. */
  readonly load: number
  /** A mean service. */
  readonly mean: number
  readonly service: (mean: number, random: Random) => () => number
  readonly requests: number
}

export interface Stay {
  readonly mean: number
  /** The mean is right within this, 95 times in 100. */
  readonly margin: number
  readonly p50: number
  readonly p99: number
}

export type BalancerOver = (freeAt: (address: string) => number) => Balancer

/**
 * Two runs of half the length that swap their dice: where the one has long gaps, the other has long services. What is
 * chance in the load cancels out, and with it most of the error.
 */
export function measureStay(queues: Queues, balancer: BalancerOver, setting: Setting): Stay {
  const runs = [half(queues, balancer, setting, ['a', 'b']), half(queues, balancer, setting, ['b', 'a'])]
  const [one, other] = runs.map(run => run.batches())
  const pairs = one!.map((mean, i) => (mean + other![i]!) / 2)
  const quantile = (share: number) => meanOf(runs.map(run => run.quantile(share)))
  return { mean: meanOf(pairs), margin: marginOf(pairs), p50: quantile(0.5), p99: quantile(0.99) }
}

function half(queues: Queues, balancer: BalancerOver, setting: Setting, streams: readonly string[]): Samples {
  const { name, load, mean, service, requests } = queues
  const { seed, scale } = setting
  const [gaps, work, picks] = [...streams, 'balancer'].map(stream => dice(seed, `${name}: ${stream} at ${load}`))
  const names = addresses(queues.hosts)
  const hosts = new Map(names.map(address => [address, queueingHost()]))
  const cluster = createCluster({
    name,
    endpoints: names.map(address => ({ address, weight: 1 })),
    balancer: balancer(address => hosts.get(address)!.freeAt),
    random: picks!,
  })
  const gap = mean / (queues.hosts * load)
  const until = (gap * requests * scale) / 2
  const traffic = { gap: exponential(gap, gaps!), work: service(mean, work!), until, from: until / 5 }
  return drive(cluster, hosts, traffic).latencies
}
