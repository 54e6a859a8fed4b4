// A service's members, who of them gets the next attempt, and what is in flight. A member that leaves the set keeps its
// exchanges until they settle and counts until then; if its address comes back before that, it is the same member.
import type { Balancer, Picker, Random } from '../model/candidate.ts'
import type { Endpoint } from '../model/endpoint.ts'
import type { Outcome } from '../model/outcome.ts'
import { createChoose } from './choose.ts'
import { Lease } from './lease.ts'
import { Member, type Told } from './member.ts'

export interface Cluster {
  readonly name: string
  /** Those listed, then those that left and still have something in flight (`draining`). A new array after a change. */
  readonly members: readonly Member[]
  /** Leases not settled yet: always the sum over `members`. */
  readonly inFlight: number
  /** Takes a member for one attempt; undefined when none may be picked. `exclude`: the member that just failed. */
  lease(now: number, key?: string, exclude?: Member): Lease | undefined
  /** Takes a whole new set. An empty one is a discovery gone wrong: the last set stands. */
  update(endpoints: readonly Endpoint[]): Change
}

export interface ClusterOptions {
  readonly name: string
  readonly endpoints: readonly Endpoint[]
  readonly balancer: Balancer
  readonly random: Random
}

export interface Change {
  /** Newly listed; a member that came back while draining is among them. */
  readonly added: readonly Member[]
  readonly removed: readonly Member[]
}

export function createCluster({ name, endpoints, balancer, random }: ClusterOptions): Cluster {
  const told: Told = { now: 0 }
  const choose = createChoose()
  const leaving = new Map<string, Member>()
  let listed = new Map<string, Member>()
  let members: readonly Member[] = []
  let picker: Picker<Member> = () => undefined
  let inFlight = 0

  const cluster: Cluster = {
    name,
    get members() {
      return members
    },
    get inFlight() {
      return inFlight
    },
    lease(now, key, exclude) {
      hear(now)
      const member = choose(picker, key, exclude)
      if (member === undefined) return undefined
      member.begin()
      inFlight++
      return new Lease(member, close)
    },
    update,
  }
  update(endpoints)
  return cluster

  function close(member: Member, outcome: Outcome, now: number): void {
    hear(now)
    member.end(outcome)
    inFlight--
    if (member.inFlight === 0 && leaving.delete(member.endpoint.address)) {
      members = [...listed.values(), ...leaving.values()]
    }
  }

  /** Time does not run backwards, however the callers' clocks were read. */
  function hear(now: number): void {
    if (now > told.now) told.now = now
  }

  function update(endpoints: readonly Endpoint[]): Change {
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
      const member = comeBack(address, endpoint) ?? new Member(endpoint, told)
      change.added.push(member)
      next.set(address, member)
    }
    if (change.added.length === 0 && change.removed.length === 0 && !reweighted) return change

    for (const member of change.removed) {
      member.draining = true
      if (member.inFlight > 0) leaving.set(member.endpoint.address, member)
    }
    listed = next
    members = [...listed.values(), ...leaving.values()]
    picker = balancer([...listed.values()], random)
    return change
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
