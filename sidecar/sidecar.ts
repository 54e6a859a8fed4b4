// The composition root: one const per part, bottom layer first. Nothing here decides anything.

import { setTimeout as sleep } from 'node:timers/promises'
import { type Admin, openAdmin } from './admin/admin.ts'
import { readStatus } from './admin/status.ts'
import { appGone } from './app-gone.ts'
import { balancers } from './balance/index.ts'
import { createChecks } from './checks.ts'
import { acceptedAll } from './http1/accepted-all.ts'
import { Clock } from './http1/clock.ts'
import type { Change, Observe, Tell } from './model/events.ts'
import type { Settings } from './model/settings.ts'
import type { Status } from './model/status.ts'
import { type Front, openFront } from './proxy/front.ts'
import { createService, type Service } from './proxy/service.ts'
import { createCounters } from './telemetry/counters.ts'
import { accessLog, createLog, type Log } from './telemetry/log.ts'
import { createMetrics } from './telemetry/metrics.ts'
import { VERSION } from './version.ts'

export interface Sidecar {
  /** The listeners' addresses as bound, in the order of the config. */
  readonly addresses: readonly string[]
  /** The admin listener's address as bound; undefined when it is off. */
  readonly admin: string | undefined
  status(): Status
  /** Prometheus text. */
  metrics(): Promise<string>
  /**
   * Not ready any more: for `delay` milliseconds each answer is the last of its connection, then nothing is accepted any
   * more and what is in flight may end for `grace` milliseconds, then all is closed. Both default to the config's.
   * Returns how many connections had to be cut.
   */
  drain(grace?: number, delay?: number): Promise<{ readonly cut: number }>
  /** Closes all at once. */
  close(): Promise<void>
}

export interface SidecarOptions {
  /** Default: pino on standard output, by the config's `log`. */
  readonly log?: Log
  /** False takes the slower, wholly public way to read from client sockets. */
  readonly fastReads?: boolean
}

/** Starts everything that the settings describe. Rejects with a `BindError` when a listener cannot be opened. */
export async function startSidecar(settings: Settings, options: SidecarOptions = {}): Promise<Sidecar> {
  const startedAt = performance.now()
  let state: Status['state'] = 'starting'
  const log = options.log ?? createLog(settings.log)
  const report = (error: unknown) => log.error({ err: error }, 'internal error')
  const tell: Tell = change => log[GRAVE.has(change.what) ? 'warn' : 'info'](change, change.what)
  const clock = new Clock(() => performance.now()).start()
  const counters = createCounters()
  const observe = settings.log.access ? both(counters.observe, accessLog(log)) : counters.observe
  const services = new Map<string, Service>()
  for (const each of settings.services) {
    const balancer = balancers[each.balance.name]
    services.set(each.name, createService(each, { clock, random: Math.random, balancer, report, tell }))
  }
  const checks = createChecks(services, clock)
  const fronts: Front[] = []
  const status = () =>
    readStatus({
      version: VERSION,
      startedAt,
      state: () => state,
      now: () => clock.now,
      listeners,
      services: serviceParts,
    })
  const metrics = createMetrics(counters, status)
  const control = { service: (name: string) => services.get(name), now: () => clock.precise() }
  let admin: Admin | undefined

  try {
    if (settings.admin !== false) admin = await openAdmin(settings.admin, { status, metrics, control })
    const parts = { services, clock, observe, report, fastReads: options.fastReads ?? true }
    for (const each of settings.listeners) fronts.push(await openFront(each, parts))
  } catch (error) {
    await close()
    throw error
  }
  checks.start()
  state = 'ready'
  const addresses = fronts.map(front => front.address)
  log.info({ listeners: addresses, admin: admin?.address, services: [...services.keys()], version: VERSION }, 'ready')
  return { addresses, admin: admin?.address, status, metrics, drain, close }

  function listeners() {
    return fronts.map(front => ({
      settings: front.settings,
      address: front.address,
      connections: front.connections,
      accepted: front.accepted,
      counters: counters.listener(front.address),
    }))
  }

  function serviceParts() {
    return [...services.values()].map(service => ({
      service,
      counters: counters.service(service.name),
      members: service.cluster.members.map(member => ({
        member,
        pool: service.pool(member),
        health: checks.statusOf(service.name, member.endpoint.address),
      })),
    }))
  }

  async function drain(grace = settings.grace, delay = settings.delay): Promise<{ cut: number }> {
    const begun = performance.now()
    state = 'draining'
    log.info({ delay, grace }, 'draining')
    const outbound = fronts.filter(({ settings }) => settings.outlive)
    const inbound = fronts.filter(({ settings }) => !settings.outlive)
    if (delay > 0 && inbound.length > 0) {
      for (const front of inbound) front.leave()
      await sleep(delay)
      await acceptedAll()
    }
    let cut = 0
    const over = new AbortController()
    const timer = setTimeout(() => {
      over.abort()
      for (const front of fronts) cut += front.destroy()
    }, grace)
    await Promise.all(inbound.map(front => front.drain()))
    // An app that drains still calls its peers.
    await appGone(outbound, admin?.apps, { begun, over: over.signal })
    await Promise.all(outbound.map(front => front.drain()))
    clearTimeout(timer)
    await close()
    log.info({ cut }, 'stopped')
    return { cut }
  }

  async function close(): Promise<void> {
    state = 'draining'
    const drained = Promise.all(fronts.map(front => front.drain()))
    for (const front of fronts) front.destroy()
    await drained
    checks.stop()
    for (const service of services.values()) service.close()
    await admin?.close()
    clock.stop()
  }
}

/** What costs somebody something. */
const GRAVE: ReadonlySet<Change['what']> = new Set([
  'out of reach',
  'ejected',
  'unhealthy',
  'circuit open',
  'panic',
  'held',
])

function both(first: Observe, second: Observe): Observe {
  return record => {
    first(record)
    second(record)
  }
}
