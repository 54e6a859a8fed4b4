// Sends simulated requests through a real cluster: takes a lease, lets the host answer, settles.
import type { Cluster } from '../sidecar/cluster/cluster.ts'
import type { Host } from './hosts.ts'
import { createSamples, type Samples } from './samples.ts'
import { createTimeline } from './timeline.ts'

export interface Traffic {
  /** Milliseconds from one request to the next. */
  readonly gap: () => number
  /** Milliseconds of work in a request. */
  readonly work: () => number
  /** Requests come until then. */
  readonly until: number
  /** What came before is not counted: the queues were still filling. */
  readonly from?: number
  /** The proxy waits no longer, and the lease is settled; the host works on. */
  readonly timeout?: number
}

export interface Run {
  /** Milliseconds from the request to its answer or its end, all of them. */
  readonly latencies: Samples
  readonly requests: number
  /** Answered by a 5xx, too late, or by nobody. */
  readonly failed: number
  /** Requests that each host was given. */
  readonly given: ReadonlyMap<string, number>
}

export function drive(cluster: Cluster, hosts: ReadonlyMap<string, Host>, traffic: Traffic): Run {
  const { gap, work, until, from = 0, timeout = Number.POSITIVE_INFINITY } = traffic
  const timeline = createTimeline()
  const latencies = createSamples()
  const stations = new Map([...hosts].map(([address, host]) => [address, { host, given: 0 }]))
  let failed = 0

  function arrive(): void {
    const { now } = timeline
    const next = now + gap()
    if (next < until) timeline.at(next, arrive)
    send(now, work(), now >= from)
  }

  function send(now: number, work: number, counts: boolean): void {
    const lease = cluster.lease(now)
    if (lease === undefined) {
      if (counts) record(0, false)
      return
    }
    const station = stations.get(lease.member.endpoint.address)!
    if (counts) station.given++
    const { at, status } = station.host(now, work)
    const late = at - now > timeout
    const ms = late ? timeout : at - now
    timeline.at(now + ms, () => {
      lease.settle(late ? { kind: 'timed-out', phase: 'head' } : { kind: 'answered', status, ms }, timeline.now)
      if (counts) record(ms, !late && status < 500)
    })
  }

  function record(ms: number, ok: boolean): void {
    latencies.add(ms)
    if (!ok) failed++
  }

  timeline.at(gap(), arrive)
  timeline.run()
  const given = new Map([...stations].map(([address, station]) => [address, station.given]))
  return { latencies, requests: latencies.count, failed, given }
}
