// The health checks of all services: one monitor each, one limit on how many run at once.

import { createMonitor, type Monitor } from './health/monitor.ts'
import { createSlots } from './health/slots.ts'
import type { Clock } from './http1/clock.ts'
import type { HealthStatus } from './model/status.ts'
import type { Service } from './proxy/service.ts'
import { createVerdict } from './resilience/rise-fall.ts'

export interface Checks {
  start(): void
  stop(): void
  /** Undefined when the service has no checks. */
  statusOf(service: string, address: string): HealthStatus | undefined
}

/** Probes at once, of all services together. */
const AT_ONCE = 32

export function createChecks(services: ReadonlyMap<string, Service>, clock: Clock): Checks {
  const slots = createSlots(AT_ONCE)
  const monitors = new Map<string, Monitor>()
  for (const { name, settings, cluster } of services.values()) {
    if (settings.health === undefined) continue
    const monitor = createMonitor(settings.health, {
      addresses: () => cluster.members.filter(member => !member.draining).map(member => member.endpoint.address),
      // A service with nothing but long streams is at work too.
      traffic: () => (cluster.inFlight > 0 ? performance.now() : cluster.picked),
      onVerdict: (address, healthy, why) => cluster.setHealthy(address, healthy, why, clock.precise()),
      onSuccess: address => cluster.seenWell(address, clock.precise()),
      verdict: createVerdict,
      random: Math.random,
      slots,
      now: () => performance.now(),
    })
    monitors.set(name, monitor)
  }
  return {
    start() {
      for (const monitor of monitors.values()) monitor.start()
    },
    stop() {
      for (const monitor of monitors.values()) monitor.stop()
    },
    statusOf: (service, address) => monitors.get(service)?.statusOf(address),
  }
}
