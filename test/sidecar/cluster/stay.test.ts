// A member that one client is pinned to: for how long, and through what, it serves that one.

import { expect } from 'chai'
import { balancers } from '../../../sidecar/balance/index.ts'
import { type ClusterOptions, createCluster } from '../../../sidecar/cluster/cluster.ts'
import { Lease } from '../../../sidecar/cluster/lease.ts'
import type { Outcome } from '../../../sidecar/model/outcome.ts'
import { seeded } from '../../support/random.ts'

const OK: Outcome = { kind: 'answered', status: 200, ms: 5 }
const BAD: Outcome = { kind: 'answered', status: 503, ms: 5 }
const REFUSED: Outcome = { kind: 'unreachable', code: 'ECONNREFUSED' }
const set = (...addresses: string[]) => addresses.map(address => ({ address, weight: 1 }))
const TRIPS = {
  consecutive: 2,
  failureRate: undefined,
  slowRate: undefined,
  open: { least: 1000, most: 1000 },
  trials: 1,
}

function create(options: Partial<ClusterOptions> = {}) {
  const freed: string[] = []
  const cluster = createCluster({
    name: 'web',
    endpoints: set('a', 'b', 'c'),
    balancer: balancers['least-connections'],
    random: seeded(1),
    onRoom: address => void freed.push(address),
    ...options,
  })
  const at = (now: number, address = 'a', { drain = 0, alone = false } = {}) => {
    const found = cluster.leaseOf(address, now, { drain, alone })
    return found instanceof Lease ? found : found === undefined ? 'lost' : 'full'
  }
  const serves = (now: number, address = 'a', terms = {}) => {
    const lease = at(now, address, terms)
    if (lease instanceof Lease) lease.settle({ kind: 'abandoned' }, now)
    return lease instanceof Lease ? 'serves' : lease
  }
  const fail = (now: number, times = 1, address = 'a') => {
    for (let i = 0; i < times; i++) (at(now, address, { alone: true }) as Lease).settle(BAD, now)
  }
  return { cluster, at, serves, fail, freed }
}

describe('cluster: who is pinned to a member', () => {
  it('counts in flight and in the picks like everybody else', () => {
    const { cluster, at } = create()
    const leases = [at(0), at(0), at(0)] as Lease[]
    expect(cluster.members.map(({ inFlight, picked }) => [inFlight, picked])).to.deep.equal([
      [3, 3],
      [0, 0],
      [0, 0],
    ])
    expect([cluster.inFlight, cluster.picked]).to.deep.equal([3, 3])
    expect(cluster.lease(0)!.member.endpoint.address).not.to.equal('a')
    for (const lease of leases) lease.settle(OK, 1)
    expect(cluster.inFlight).to.equal(1)
  })

  it('is told that the member is full, and when it is not any more', () => {
    const { at, freed } = create({ room: 2 })
    const first = at(0) as Lease
    at(0)
    expect(at(0)).to.equal('full')
    first.settle(OK, 1)
    expect(freed).to.deep.equal(['a'])
    expect(at(1)).to.be.instanceOf(Lease)
  })

  it('is not sent away from one that rests or is new', () => {
    const { at, serves, cluster } = create({ slowStart: { over: 10_000, floor: 0.01 } })
    ;(at(0) as Lease).settle({ kind: 'answered', status: 503, ms: 1, retryAfter: 5000 }, 0)
    expect(serves(1)).to.equal('serves')
    cluster.update(set('a', 'b', 'c', 'd'), 2)
    for (let i = 0; i < 20; i++) expect(serves(3, 'd')).to.equal('serves')
  })

  it('has lost one that is unhealthy, ejected, or of no good check yet', () => {
    const { cluster, serves, fail } = create({ ejection: { ...TRIPS, most: 0.5 } })
    cluster.setHealthy('a', false, 'test', 0)
    expect([serves(0), serves(0, 'b')]).to.deep.equal(['lost', 'serves'])
    cluster.setHealthy('a', true, 'test', 0)
    expect(serves(0)).to.equal('serves')
    fail(1, 2)
    expect(serves(2)).to.equal('lost')
    const unchecked = create({ health: { initial: 'unhealthy' } })
    expect(unchecked.serves(0)).to.equal('lost')
  })

  it('may be the trial that brings an ejected one back, and there is only one', () => {
    const { at, fail, serves } = create({ ejection: { ...TRIPS, most: 0.5 } })
    fail(0, 2)
    const trial = at(2000) as Lease
    expect(trial).to.be.instanceOf(Lease)
    expect(at(2000)).to.equal('lost')
    trial.settle(OK, 2001)
    expect(serves(2002)).to.equal('serves')
  })

  it('stays in a panic: with so many out, that says nothing of its own', () => {
    const { cluster, serves } = create({ panic: 0.5 })
    for (const address of ['a', 'b']) cluster.setHealthy(address, false, 'test', 0)
    expect(cluster.panic).to.equal(true)
    expect([serves(0), serves(0, 'b'), cluster.panicked]).to.deep.equal(['serves', 'serves', 2])
  })

  it('obeys an open breaker, in a panic too, and is let try sooner when no other would do', () => {
    const { serves, fail } = create({ breaker: { ...TRIPS, open: { least: 1000, most: 60_000 } }, panic: 1 })
    fail(0, 2)
    expect(serves(10)).to.equal('lost')
    expect(serves(10, 'a', { alone: true })).to.equal('lost')
    fail(2000)
    // The second wait is two seconds and up to half of it more; the least one is over after one.
    expect(serves(3600)).to.equal('lost')
    expect(serves(3600, 'a', { alone: true })).to.equal('serves')
  })

  it('is served by one that is held until the deadline', () => {
    const { cluster, serves } = create()
    cluster.setHeld('a', true, 1000)
    expect(serves(1500)).to.equal('lost')
    const drain = { drain: 5000 }
    expect(serves(5999, 'a', drain)).to.equal('serves')
    expect(serves(6000, 'a', drain)).to.equal('lost')
    expect(cluster.lease(6000)!.member.endpoint.address).not.to.equal('a')
    cluster.setHeld('a', false, 7000)
    expect(serves(7000)).to.equal('serves')
  })

  it('is served by one that has left until the deadline, and nobody else is', () => {
    const { cluster, serves } = create()
    cluster.remember(2000)
    cluster.remember(5000)
    cluster.update(set('b', 'c'), 1000)
    for (let i = 0; i < 20; i++) expect(cluster.lease(1001)!.member.endpoint.address).not.to.equal('a')
    expect(serves(5999, 'a', { drain: 5000 })).to.equal('serves')
    expect(serves(5999, 'a', { drain: 2000 })).to.equal('lost')
    expect(cluster.members.map(({ endpoint }) => endpoint.address)).to.deep.equal(['b', 'c', 'a'])
    expect(serves(6000, 'a', { drain: 5000 })).to.equal('lost')
    cluster.lease(7000)
    expect(cluster.members.map(({ endpoint }) => endpoint.address)).to.deep.equal(['b', 'c'])
  })

  it('is the same for one that comes back in time', () => {
    const { cluster, serves } = create()
    cluster.remember(5000)
    const [a] = cluster.members
    cluster.update(set('b', 'c'), 0)
    cluster.update(set('a', 'b', 'c'), 1000)
    expect(cluster.members.includes(a!)).to.equal(true)
    expect(serves(60_000)).to.equal('serves')
  })

  it('does not wait for the deadline of one that has left and cannot be reached', () => {
    const { cluster, at, serves } = create()
    cluster.remember(60_000)
    cluster.update(set('b', 'c'), 0)
    ;(at(10, 'a', { drain: 60_000 }) as Lease).settle(REFUSED, 11)
    expect(serves(12, 'a', { drain: 60_000 })).to.equal('lost')
    expect(cluster.members).to.have.length(2)
  })

  it('by a key belongs where all agree, whatever the state of the members', () => {
    const one = create()
    const two = create({ endpoints: set('c', 'b', 'a'), random: seeded(2) })
    two.cluster.setHealthy('a', false, 'test', 0)
    const keys = Array.from({ length: 100 }, (_, i) => `k${i}`)
    for (const key of keys) expect(one.cluster.home(key)).to.equal(two.cluster.home(key))
    const orphans = keys.filter(key => one.cluster.home(key) === 'a')
    one.cluster.update(set('b', 'c'), 1)
    for (const key of orphans) {
      expect(two.cluster.leaseNear(key, 1)!.member.endpoint.address).to.equal(one.cluster.home(key))
    }
  })

  it('is not known of one that has never been there', () => {
    const { serves, cluster } = create()
    expect(serves(0, 'z')).to.equal('lost')
    expect(serves(0, '')).to.equal('lost')
    cluster.update(set('a'), 1)
    // Nobody has asked for those that leave to be remembered.
    expect(serves(1, 'b', { drain: 1000 })).to.equal('lost')
  })
})
