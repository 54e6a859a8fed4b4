// A service at work: who its members are, how many exchanges it may have, the connections to each member, and what decides
// on repetitions.
import { type Cluster, createCluster } from '../cluster/cluster.ts'
import type { Lease } from '../cluster/lease.ts'
import type { Member } from '../cluster/member.ts'
import type { Clock } from '../http1/clock.ts'
import { Pool } from '../http1/pool.ts'
import type { Balancer, Random } from '../model/candidate.ts'
import { parseAddress } from '../model/endpoint.ts'
import type { Tell } from '../model/events.ts'
import { classify, msOf, type Outcome } from '../model/outcome.ts'
import type { ServiceSettings } from '../model/settings.ts'
import type { StickySettings } from '../model/sticky-settings.ts'
import { Breaker } from '../resilience/breaker.ts'
import { createTripwire } from '../resilience/index.ts'
import { createLimiter } from '../resilience/limiter.ts'
import { createPercentile } from '../resilience/percentile.ts'
import { createRetryBudget, type RetryBudget } from '../resilience/retry-budget.ts'
import { type Affinity, createAffinity } from './affinity.ts'
import { createFaults, type Faults } from './faults.ts'
import { createGate, type Gate } from './gate.ts'
import { CIRCUIT_OPEN, later, NO_CONNECTION, NO_ENDPOINT, OVERLOAD, type Refusal } from './refusal.ts'
import { createRooms, type Rooms } from './rooms.ts'
import { createTally, type Tally } from './tally.ts'

export interface Service {
  readonly name: string
  readonly settings: ServiceSettings
  readonly cluster: Cluster
  readonly gate: Gate
  /** Where those wait who are pinned to a member that is full. */
  readonly rooms: Rooms
  readonly random: Random
  readonly tally: Tally
  /** For repetitions. */
  readonly budget: RetryBudget
  /** Whether a request that met a closed kept connection goes out again on a fresh one. */
  readonly repeatsStale: boolean
  readonly hedge: Hedge | undefined
  readonly faults: Faults | undefined
  readonly breaker: Breaker | undefined
  /** Undefined unless the service is sticky. */
  readonly affinity: Affinity | undefined
  /** The same for a route that has its own way. */
  keep(sticky: StickySettings): Affinity
  /** By hand: every request is refused until it is released. */
  readonly held: boolean
  /** Whether a request may come in: neither held nor its breaker open. */
  readonly isOpen: boolean
  /** The refusal for a request that may not. */
  closed(): Refusal
  /** By hand. */
  setHeld(held: boolean): void
  /** A request begins its attempts; what is returned goes back to `end`. Throws a refusal. */
  begin(): number
  /** `crowd`: how many exchanges were in flight when it began. */
  end(era: number, outcome: Outcome, crowd: number): void
  /** Takes a member for one attempt. Throws a refusal when there is none. */
  lease(x: Picking): Lease
  pool(member: Member): Pool
  close(): void
}

export interface Hedge {
  readonly budget: RetryBudget
  /** Milliseconds to wait for the first attempt; undefined while too little is known. */
  delay(): number | undefined
}

/** What of an exchange decides on the member. */
export interface Picking {
  readonly tried: readonly Member[]
  key(): string | undefined
}

export interface ServiceParts {
  readonly clock: Clock
  readonly random: Random
  readonly balancer: Balancer
  readonly report: (error: unknown) => void
  readonly tell: Tell
}

/** Bytes of a response head: as much as node's own server may send by default, times four. */
const HEAD_LIMIT = 64 * 1024

export function createService(settings: ServiceSettings, parts: ServiceParts): Service {
  const { clock, random, balancer, report, tell } = parts
  const { name, limits, timeouts } = settings
  const pools = new Map<string, Pool>()
  const options = {
    clock,
    headLimit: HEAD_LIMIT,
    takesLoad: settings.loadReports,
    keepAlive: timeouts.keepAlive,
    connections: limits.connections,
    report,
  }
  // Every attempt under way has a connection to itself.
  const room = Math.min(limits.endpointInFlight, limits.connections)
  const limiter = limits.adaptive === undefined ? undefined : createLimiter(limits.adaptive)
  // The cluster tells it, when it is made already, that there is somebody to pick.
  const gate = createGate({
    queue: limits.queue,
    queueTimeout: limits.queueTimeout,
    get inFlight() {
      const most = limiter === undefined ? limits.inFlight : Math.min(limits.inFlight, limiter.limit)
      // What finds all members full waits here, not at one of them. With nobody usable a request learns why at once.
      return limits.endpointInFlight === Number.POSITIVE_INFINITY
        ? most
        : Math.min(most, limits.endpointInFlight * Math.max(1, cluster.usable))
    },
  })
  const onAvailable = () => gate.admit()
  const rooms = createRooms(room, limits)
  const onRoom = rooms.freed
  const cluster = createCluster({ ...settings, balancer, random, room, tell, onAvailable, onRoom })
  const tally = createTally()
  const latencies =
    settings.hedge !== undefined && 'percentile' in settings.hedge.after ? createPercentile() : undefined
  const breaker = settings.serviceBreaker === undefined ? undefined : createBreaker()

  const keep = (sticky: StickySettings) =>
    createAffinity(sticky, { name, cluster, clock, rooms, tally, wall: Date.now, lease: x => service.lease(x) })

  let held = false
  const service: Service = {
    name,
    settings,
    cluster,
    gate,
    rooms,
    keep,
    affinity: settings.sticky && keep(settings.sticky),
    random,
    tally,
    budget: createRetryBudget(settings.retries.budget),
    repeatsStale: settings.retries.attempts > 0 && settings.retries.on.includes('stale'),
    hedge: createHedge(),
    faults: settings.faults && createFaults(settings.faults, random, tally),
    breaker,
    get held() {
      return held
    },
    setHeld(to) {
      if (held !== to) tell({ service: name, member: '', what: to ? 'held' : 'released', why: 'by hand' })
      held = to
      if (!to) breaker?.release(clock.now)
    },
    get isOpen() {
      return !held && (breaker === undefined || breaker.allows(clock.now, true))
    },
    closed() {
      return later(CIRCUIT_OPEN, breaker === undefined || held ? 0 : breaker.soonest - clock.now)
    },
    begin() {
      service.budget.deposit(clock.now)
      service.hedge?.budget.deposit(clock.now)
      // Once more: a request may have waited for its place since.
      if (!service.isOpen) throw service.closed()
      return breaker === undefined ? 0 : breaker.enter(clock.now)
    },
    end(era, outcome, crowd) {
      breaker?.settle(era, classify(outcome), msOf(outcome), clock.now)
      // What was refused or reset at once says nothing of how much the service can do.
      if (outcome.kind === 'timed-out') limiter?.record(timeouts.perTry, crowd, true)
      if (outcome.kind !== 'answered') return
      limiter?.record(outcome.ms, crowd, false)
      latencies?.record(outcome.ms)
    },
    lease(x) {
      const lease = cluster.lease(clock.now, x.key(), x.tried)
      if (lease === undefined) throw nobody()
      return lease
    },
    pool(member) {
      const { address } = member.endpoint
      let pool = pools.get(address)
      if (pool === undefined) {
        pool = new Pool(parseAddress(address)!, options)
        pools.set(address, pool)
      }
      return pool
    },
    close() {
      for (const pool of pools.values()) pool.close()
    },
  }
  return service

  function createBreaker(): Breaker {
    const settings_ = settings.serviceBreaker!
    const tripwire = createTripwire(settings_)
    return new Breaker(settings_, {
      tripwire,
      random,
      onChange: state =>
        tell({ service: name, member: '', what: `circuit ${state}`, why: 'of the service as a whole' }),
    })
  }

  function createHedge(): Hedge | undefined {
    const { hedge } = settings
    if (hedge === undefined) return undefined
    const { after } = hedge
    return {
      budget: createRetryBudget(hedge.budget),
      delay: () => ('ms' in after ? after.ms : latencies!.at(after.percentile)),
    }
  }

  function nobody(): Refusal {
    const { reason, ms } = cluster.whyNobody(clock.now)
    if (reason === 'circuit-open') return later(CIRCUIT_OPEN, ms)
    if (reason === 'unavailable') return NO_ENDPOINT
    return limits.endpointInFlight < limits.connections ? OVERLOAD : NO_CONNECTION
  }
}
