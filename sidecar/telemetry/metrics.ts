// /metrics: everything is read from counters at the scrape; between scrapes a metric costs nothing. Labels are names
// from the config and reasons from a fixed table, so that no client can make the label sets grow.

import type { Registry } from 'prom-client'
import type { Status } from '../model/status.ts'
import { BUCKETS, type Counters } from './counters.ts'
import { type Metric, perListener, perMember, perService, type Source, spread, type Value } from './metric.ts'
import { REPORTED_METRICS } from './reported-metrics.ts'
import { RESILIENCE_METRICS } from './resilience-metrics.ts'

export function createMetrics(counters: Counters, status: () => Status): () => Promise<string> {
  let registry: Registry | undefined
  let source: Source
  return async () => {
    // Before the reading: loading takes a while, and all numbers of a scrape have to be of one moment.
    registry ??= await createRegistry(() => source)
    const { user, system } = process.cpuUsage()
    source = { status: status(), counters, memory: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 }
    return registry.metrics()
  }
}

/** Loaded at the first scrape: 5 MB that a sidecar which nobody scrapes does not need. */
async function createRegistry(source: () => Source): Promise<Registry> {
  const { Registry } = await import('prom-client')
  const registry = new Registry()
  for (const { name, type, help, read } of METRICS) {
    const get = async () => ({ name, help, type, aggregator: 'sum', values: read(source()) })
    registry.registerMetric({ name, help, type, get, reset() {} } as unknown as Parameters<
      Registry['registerMetric']
    >[0])
  }
  return registry
}

/** Every metric there is; docs/metrics.md is checked against this table. */
export const METRICS: readonly Metric[] = [
  {
    name: 'outrigger_requests_total',
    type: 'counter',
    help: 'Exchanges that have ended, by service.',
    read: perService(s => s.requests),
  },
  {
    name: 'outrigger_responses_total',
    type: 'counter',
    help: 'Responses sent to clients, by service and status class.',
    read: ({ status }) => status.services.flatMap(s => spread({ service: s.name }, 'class', s.responses)),
  },
  {
    name: 'outrigger_refusals_total',
    type: 'counter',
    help: 'Responses that the proxy made itself, by service and reason.',
    read: ({ status }) => status.services.flatMap(s => spread({ service: s.name }, 'reason', s.refused)),
  },
  {
    name: 'outrigger_abandoned_total',
    type: 'counter',
    help: 'Exchanges whose client went away before the response was complete.',
    read: perService(s => s.abandoned),
  },
  {
    name: 'outrigger_stale_retries_total',
    type: 'counter',
    help: 'Requests repeated because a kept connection had been closed by the server.',
    read: ({ status, counters }) =>
      status.services.map(s => ({ labels: { service: s.name }, value: counters.service(s.name).staleRetries })),
  },
  {
    name: 'outrigger_requests_in_flight',
    type: 'gauge',
    help: 'Exchanges that have a place in the service.',
    read: perService(s => s.inFlight),
  },
  {
    name: 'outrigger_requests_queued',
    type: 'gauge',
    help: 'Exchanges that wait for a place.',
    read: perService(s => s.queued),
  },
  {
    name: 'outrigger_request_duration_seconds',
    type: 'histogram',
    help: 'From the request head to the last byte of the response.',
    read: ({ status, counters }) => status.services.flatMap(s => histogram(s.name, counters)),
  },
  {
    name: 'outrigger_member_in_flight',
    type: 'gauge',
    help: 'Attempts under way at a member: what least-connections counts.',
    read: perMember(m => m.inFlight),
  },
  {
    name: 'outrigger_member_picked_total',
    type: 'counter',
    help: 'Attempts that a member was picked for.',
    read: perMember(m => m.picked),
  },
  {
    name: 'outrigger_member_outcomes_total',
    type: 'counter',
    help: 'Attempts by judgement; what a client broke off counts in neither.',
    read: ({ status }) =>
      status.services.flatMap(s =>
        s.members.flatMap(m =>
          spread({ service: s.name, member: m.address }, 'judgement', { success: m.succeeded, failure: m.failed }),
        ),
      ),
  },
  {
    name: 'outrigger_member_latency_seconds',
    type: 'gauge',
    help: 'Peak-sensitive moving average of the time to the response head.',
    read: perMember(m => m.latencyMs / 1000),
  },
  ...REPORTED_METRICS,
  {
    name: 'outrigger_upstream_connections',
    type: 'gauge',
    help: 'Connections to a member, busy and idle.',
    read: perMember(m => m.connections.open),
  },
  {
    name: 'outrigger_upstream_connections_idle',
    type: 'gauge',
    help: 'Connections to a member that wait for a request.',
    read: perMember(m => m.connections.idle),
  },
  {
    name: 'outrigger_upstream_connections_opened_total',
    type: 'counter',
    help: 'Connections opened to a member.',
    read: perMember(m => m.connections.opened),
  },
  {
    name: 'outrigger_upstream_connections_reused_total',
    type: 'counter',
    help: 'Attempts that found a kept connection.',
    read: perMember(m => m.connections.reused),
  },
  {
    name: 'outrigger_listener_connections',
    type: 'gauge',
    help: 'Client connections.',
    read: perListener(l => l.connections),
  },
  {
    name: 'outrigger_listener_connections_accepted_total',
    type: 'counter',
    help: 'Client connections accepted.',
    read: perListener(l => l.accepted),
  },
  {
    name: 'outrigger_listener_refusals_total',
    type: 'counter',
    help: 'Requests refused before a service was known, by reason.',
    read: ({ status }) => status.listeners.flatMap(l => spread({ listener: l.address }, 'reason', l.refused)),
  },
  ...RESILIENCE_METRICS,
  {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory.',
    read: ({ memory }) => [{ labels: {}, value: memory }],
  },
  {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'User and system CPU time.',
    read: ({ cpuSeconds }) => [{ labels: {}, value: cpuSeconds }],
  },
]

/** Cumulative buckets, sum and count (the Prometheus exposition format 0.0.4). */
function histogram(service: string, counters: Counters): Value[] {
  const { durations, durationSum } = counters.service(service)
  const name = 'outrigger_request_duration_seconds'
  let total = 0
  const buckets = durations.map((count, i) => {
    total += count
    const le = i < BUCKETS.length ? String(BUCKETS[i]! / 1000) : '+Inf'
    return { labels: { service, le }, value: total, metricName: `${name}_bucket` }
  })
  return [
    ...buckets,
    { labels: { service }, value: durationSum / 1000, metricName: `${name}_sum` },
    { labels: { service }, value: total, metricName: `${name}_count` },
  ]
}
