// Many sidecars in front of the same hosts, each with its own cluster and a share of the requests; and hosts that say with
// each answer how much they have under way.
import { type Cluster, createCluster } from '../sidecar/cluster/cluster.ts'
import type { Balancer, Random } from '../sidecar/model/candidate.ts'
import { dice, exponential } from './dice.ts'
import type { Setting } from './experiment.ts'
import { addresses } from './hosts.ts'
import { createSamples, type Samples } from './samples.ts'
import { createTimeline, type Timeline } from './timeline.ts'

export interface Fleet {
  /** For the dice: what has the same name is given the same requests. */
  readonly name: string
  readonly sidecars: number
  readonly hosts: number
  readonly balancer: Balancer
  readonly reports: boolean
  readonly discipline: Discipline
  /** The share of the time that a host works. */
  readonly load: number
  /** Milliseconds of a mean service. */
  readonly mean: number
  readonly service: (mean: number, random: Random) => () => number
  readonly requests: number
}

/** One after the other, or all at once, each more slowly. */
export type Discipline = 'in turn' | 'shared'

/** Milliseconds from the request to its answer. */
export function sendFleet(fleet: Fleet, { seed, scale }: Setting): Samples {
  const { name, load, mean, service } = fleet
  const stream = (what: string) => dice(seed, `${name}: ${what} at ${load}`)
  const names = addresses(fleet.hosts)
  const timeline = createTimeline()
  const latencies = createSamples()
  const hosts = new Map(names.map(address => [address, createWorker(timeline, fleet.discipline)]))
  const clusters = Array.from({ length: fleet.sidecars }, (_, i) =>
    createCluster({
      name,
      endpoints: names.map(address => ({ address, weight: 1 })),
      balancer: fleet.balancer,
      random: stream(`sidecar ${i}`),
    }),
  )
  const gapMs = mean / (fleet.hosts * load)
  const until = gapMs * fleet.requests * scale
  const gap = exponential(gapMs, stream('gaps'))
  const work = service(mean, stream('work'))
  const which = stream('which')

  function arrive(): void {
    const { now } = timeline
    const next = now + gap()
    if (next < until) timeline.at(next, arrive)
    send(clusters[Math.floor(which() * clusters.length)]!, work(), now)
  }

  function send(cluster: Cluster, ms: number, now: number): void {
    const lease = cluster.lease(now)!
    const { member } = lease
    hosts.get(member.endpoint.address)!.work(ms, inFlight => {
      const took = timeline.now - now
      if (fleet.reports) lease.report({ inFlight, utilization: -1 }, took, timeline.now)
      lease.settle({ kind: 'answered', status: 200, ms: took }, timeline.now)
      // What came before is not counted: the queues were still filling.
      if (now >= until / 10) latencies.add(took)
    })
  }

  timeline.at(gap(), arrive)
  timeline.run()
  return latencies
}

interface Worker {
  /** `done` is told how many it has, this one included. */
  work(ms: number, done: (inFlight: number) => void): void
}

interface Job {
  /** What it still needs, or, shared, the amount of service given to each at which it will be done. */
  readonly at: number
  readonly done: (inFlight: number) => void
}

function createWorker(timeline: Timeline, discipline: Discipline): Worker {
  return discipline === 'shared' ? sharing(timeline) : inTurn(timeline)
}

function inTurn(timeline: Timeline): Worker {
  let freeAt = 0
  let inFlight = 0
  return {
    work(ms, done) {
      inFlight++
      freeAt = Math.max(timeline.now, freeAt) + ms
      timeline.at(freeAt, () => {
        done(inFlight)
        inFlight--
      })
    },
  }
}

/** Processor sharing: of n requests each gets an n-th. `given`: milliseconds that each has got that was there all along. */
function sharing(timeline: Timeline): Worker {
  const jobs: Job[] = []
  let given = 0
  let since = 0
  let era = 0

  function advance(): void {
    if (jobs.length > 0) given += (timeline.now - since) / jobs.length
    since = timeline.now
  }

  function plan(): void {
    if (jobs.length === 0) return
    const mine = ++era
    let next = jobs[0]!
    for (const job of jobs) if (job.at < next.at) next = job
    timeline.at(timeline.now + Math.max(0, next.at - given) * jobs.length, () => {
      if (mine !== era) return
      advance()
      next.done(jobs.length)
      jobs.splice(jobs.indexOf(next), 1)
      plan()
    })
  }

  return {
    work(ms, done) {
      advance()
      jobs.push({ at: given + ms, done })
      plan()
    },
  }
}
