// A service's members, who of them gets the next attempt, and what is in flight. A member that leaves the set keeps its
// exchanges until they settle, and those that are pinned to it for a time; if its address comes back before that, it is
// the same member.
import { rendezvous } from '../balance/rendezvous.ts'
import type { Balancer, Picker, Random } from '../model/candidate.ts'
import type { Endpoint } from '../model/endpoint.ts'
import type { Change as Told } from '../model/events.ts'
import { classify, failedToConnect, msOf, type Outcome } from '../model/outcome.ts'
import type { SlowStartSettings } from '../model/resilience-settings.ts'
import { createChoose, NOBODY } from './choose.ts'
import { Lease, type LeaseOwner } from './lease.ts'
import { Member } from './member.ts'
import { createReported } from './reported.ts'
import { mayStay, type Terms } from './stay.ts'
import { createWatch, type WatchSettings } from './watch.ts'

export interface Cluster {
  readonly name: string
  /** Those listed, then those that left and still have something in flight (`draining`). A new array after a change. */
  readonly members: readonly Member[]
  /** Leases not settled yet: always the sum over `members`. */
  readonly inFlight: number
  /** Whether all but those are failing: then it is not one of them, it is what they have in common. */
  othersFail(tried: readonly Member[], now: number): boolean
  /** Too few are available to be choosy: health and ejection are ignored. */
  readonly panic: boolean
  readonly panics: number
  /** Attempts picked in a panic. */
  readonly panicked: number
  /** Members that may be picked now. */
  readonly usable: number
  /** Attempts so far. */
  readonly picked: number
  /** Takes a member for one attempt; undefined when none may be picked. `tried`: those that have had this request. */
  lease(now: number, key?: string, tried?: readonly Member[]): Lease | undefined
  /**
   * Takes the member at this address, for a client that is pinned to it. The member itself, if that has as many attempts
   * as it may have; undefined when it is gone, or may not serve.
   */
  leaseOf(address: string, now: number, terms: Terms): Lease | Member | undefined
  /** The address of the member that this key belongs to, fit or not: the same for all who know the same members. */
  home(key: string): string | undefined
  /** As `lease`, but among those that are fit it takes the one that the key would belong to without the others. */
  leaseNear(key: string, now: number, tried?: readonly Member[]): Lease | undefined
  /** Members that leave are known for as many milliseconds, for those that are pinned to them. The longest wish counts. */
  remember(ms: number): void
  /** Why `lease` gave none just now, and how many milliseconds it will at least be so. */
  whyNobody(now: number): { readonly reason: Nobody; readonly ms: number }
  /** By hand. Returns false when there is no such member. */
  setHeld(address: string, held: boolean, now: number): boolean
  /** What a check has found. */
  setHealthy(address: string, healthy: boolean, why: string, now: number): void
  /** A check has succeeded, whether or not that changes what is thought of the member. */
  seenWell(address: string, now: number): void
  /** Takes a whole new set. An empty one is a discovery gone wrong: the last set stands. */
  update(endpoints: readonly Endpoint[], now?: number): Change
}

/** `full`: every member that could be picked has as many attempts as it may have. */
export type Nobody = 'full' | 'circuit-open' | 'unavailable'

export interface ClusterOptions extends WatchSettings {
  readonly name: string
  readonly endpoints: readonly Endpoint[]
  readonly balancer: Balancer
  readonly random: Random
  /** Attempts that one member may have at once. Default: any number. */
  readonly room?: number
  readonly slowStart?: SlowStartSettings | undefined
  /** With `initial: unhealthy` a member is given nothing before its first good check. */
  readonly health?: { readonly initial: 'healthy' | 'unhealthy' } | undefined
  readonly tell?: (change: Told) => void
  /** There may be more members to pick from than before. */
  readonly onAvailable?: () => void
  /** The member at this address was full, and is not any more. */
  readonly onRoom?: (address: string) => void
}

export interface Change {
  /** Newly listed; a member that came back while draining is among them. */
  readonly added: readonly Member[]
  readonly removed: readonly Member[]
}

export function createCluster(options: ClusterOptions): Cluster {
  const { name, endpoints, balancer, random, slowStart, room = Number.POSITIVE_INFINITY, tell = () => {} } = options
  const { onAvailable = () => {}, onRoom = () => {} } = options
  const told = { now: 0, listed: 0, failing: 0, panic: false }
  const choose = createChoose({ told, random, slowStart, room })
  const leaving = new Map<string, Member>()
  let listed = new Map<string, Member>()
  const watch = createWatch(options, {
    told,
    random,
    listed: () => listed.values(),
    tell: change => tell({ service: name, ...change }),
    onAvailable,
  })
  const reported = createReported(() => listed.values())
  const leases: LeaseOwner = {
    close,
    report({ member }, report, ms, now) {
      hear(now)
      reported.take(member, report, ms, told.now)
    },
  }
  let members: readonly Member[] = []
  let picker: Picker<Member> = () => undefined
  /** Made when it is first asked for: most services have nobody who is pinned by a key. */
  let homes: Picker<Member> | undefined
  let remembered = 0
  let inFlight = 0
  let panicked = 0
  let picked = 0
  let fadesAt = 0

  const cluster: Cluster = {
    name,
    get members() {
      return members
    },
    get inFlight() {
      return inFlight
    },
    othersFail(tried, now) {
      hear(now)
      let others = 0
      for (const member of listed.values()) {
        if (tried.includes(member)) continue
        others++
        if (!member.failing && watch.isAvailable(member)) return false
      }
      return others > 0
    },
    get panic() {
      return told.panic
    },
    get panics() {
      return watch.panics
    },
    get panicked() {
      return panicked
    },
    get usable() {
      return watch.usable
    },
    get picked() {
      return picked
    },
    lease(now, key, tried = NOBODY) {
      hear(now)
      const member = choose(picker, key, tried)
      return member === undefined ? undefined : take(member)
    },
    leaseOf(address, now, terms) {
      hear(now)
      const member = listed.get(address) ?? leaving.get(address)
      if (member === undefined || !mayStay(member, told, terms)) return undefined
      return member.inFlight < room ? take(member) : member
    },
    home(key) {
      return (homes ??= rendezvous([...listed.values()]))(anybody, key)?.endpoint.address
    },
    leaseNear(key, now, tried = NOBODY) {
      hear(now)
      const member = choose((homes ??= rendezvous([...listed.values()])), key, tried)
      return member === undefined ? undefined : take(member)
    },
    remember(ms) {
      remembered = Math.max(remembered, ms)
    },
    whyNobody(now) {
      hear(now)
      let until = Number.POSITIVE_INFINITY
      let reason: Nobody = 'unavailable'
      for (const { held, breaker, inFlight } of listed.values()) {
        const closed = !held && (breaker === undefined || breaker.allows(told.now, true))
        if (closed && inFlight >= room) return { reason: 'full', ms: 0 }
        if (closed) continue
        reason = 'circuit-open'
        if (!held) until = Math.min(until, breaker!.soonest)
      }
      return { reason, ms: Number.isFinite(until) ? Math.max(0, until - told.now) : 0 }
    },
    setHeld(address, held, now) {
      hear(now)
      const member = listed.get(address)
      if (member !== undefined) watch.setHeld(member, held)
      return member !== undefined
    },
    setHealthy(address, healthy, why, now) {
      hear(now)
      const member = listed.get(address)
      if (member === undefined) return
      if (healthy && (member.late || (member.admitted && !member.healthy))) warm(member)
      // Else what it has failed before would keep it waiting for seconds.
      if (healthy && !member.healthy) member.forget()
      watch.setHealthy(member, healthy, why)
    },
    seenWell(address, now) {
      hear(now)
      const member = listed.get(address)
      // It answers again: a wait that is for its not answering has no reason any more. One for bad answers has.
      if (member === undefined || !member.silent) return
      member.ejection?.hasten(told.now)
      member.breaker?.hasten(told.now)
    },
    update,
  }
  update(endpoints)
  return cluster

  function take(member: Member): Lease {
    if (told.panic) panicked++
    const lease = new Lease(member, leases, told.now)
    if (member.suspect) member.suspect = watch.isSuspect(member)
    member.begin()
    picked++
    inFlight++
    return lease
  }

  function close(lease: Lease, outcome: Outcome, now: number): void {
    hear(now)
    const { member, ejectionEra, breakerEra, at } = lease
    member.end(outcome, told.now - at)
    inFlight--
    const judgement = classify(outcome)
    if (ejectionEra >= 0) member.ejection!.settle(ejectionEra, judgement, msOf(outcome), told.now)
    if (breakerEra >= 0) member.breaker!.settle(breakerEra, judgement, msOf(outcome), told.now)
    if (judgement === 'failure' && outcome.kind !== 'answered' && told.now - member.toldAt >= SAID_ONCE_MS) {
      member.toldAt = told.now
      tell({ service: name, member: member.endpoint.address, what: 'out of reach', why: member.failure })
    }
    // It is not on its way out, it is gone.
    if (member.draining && failedToConnect(outcome)) member.leftAt = Number.NEGATIVE_INFINITY
    if (member.inFlight === 0 && member.draining) forgetLeft()
    if (member.inFlight === room - 1) onRoom(member.endpoint.address)
  }

  /** Those that have nothing in flight, and that nobody is pinned to any more. */
  function forgetLeft(): void {
    const before = leaving.size
    for (const [address, { inFlight, leftAt }] of leaving) {
      if (inFlight === 0 && told.now - leftAt >= remembered) leaving.delete(address)
    }
    if (leaving.size < before) members = [...listed.values(), ...leaving.values()]
  }

  /** Time does not run backwards, however the callers' clocks were read. */
  function hear(now: number): void {
    if (now <= told.now) return
    told.now = now
    reported.fade(now)
    if (now < fadesAt) return
    // Failures fade when they are looked at, and balancers look only at who is fit, or at nobody.
    fadesAt = now + FADING_MS
    for (const member of listed.values()) member.failures()
    if (leaving.size > 0) forgetLeft()
  }

  function update(endpoints: readonly Endpoint[], now = told.now): Change {
    hear(now)
    const change = { added: [] as Member[], removed: [] as Member[] }
    if (endpoints.length === 0) return change
    const wanted = new Map<string, Endpoint>()
    for (const endpoint of endpoints) if (!wanted.has(endpoint.address)) wanted.set(endpoint.address, endpoint)

    const next = new Map<string, Member>()
    let reweighted = false
    // Survivors keep their order: DNS shuffles its answers, and that alone must not restart the balancer.
    for (const [address, member] of listed) {
      const endpoint = wanted.get(address)
      if (endpoint === undefined) {
        change.removed.push(member)
        continue
      }
      if (endpoint.weight !== member.endpoint.weight) reweighted = true
      member.endpoint = endpoint
      next.set(address, member)
    }
    for (const [address, endpoint] of wanted) {
      if (next.has(address)) continue
      const member = comeBack(address, endpoint) ?? join(endpoint)
      change.added.push(member)
      next.set(address, member)
    }
    if (change.added.length === 0 && change.removed.length === 0 && !reweighted) return change

    for (const member of change.removed) {
      member.draining = true
      member.leftAt = told.now
      member.suspect = true
      member.forget()
      if (member.inFlight > 0 || remembered > 0) leaving.set(member.endpoint.address, member)
    }
    listed = next
    told.listed = listed.size
    members = [...listed.values(), ...leaving.values()]
    picker = balancer([...listed.values()], random)
    homes = undefined
    watch.recount()
    return change
  }

  /** Not at our own start, when there is nobody else to take the rest. */
  function join(endpoint: Endpoint): Member {
    const member = new Member(endpoint, told)
    watch.equip(member)
    member.late = listed.size > 0
    if (options.health?.initial === 'unhealthy')
      Object.assign(member, { healthy: false, admitted: false, suspect: true })
    else if (member.late) warm(member)
    return member
  }

  function warm(member: Member): void {
    member.late = false
    if (slowStart === undefined) return
    member.warmAt = told.now + slowStart.over
    member.suspect = true
  }

  function comeBack(address: string, endpoint: Endpoint): Member | undefined {
    const member = leaving.get(address)
    if (member === undefined) return undefined
    leaving.delete(address)
    member.draining = false
    member.endpoint = endpoint
    return member
  }
}

const anybody = () => true
const FADING_MS = 500
/** That a member cannot be reached is said once in a minute, not once a request. */
const SAID_ONCE_MS = 60_000
