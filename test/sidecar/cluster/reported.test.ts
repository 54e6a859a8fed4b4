import { expect } from 'chai'
import { balancers } from '../../../sidecar/balance/index.ts'
import { type Cluster, createCluster } from '../../../sidecar/cluster/cluster.ts'
import type { Lease } from '../../../sidecar/cluster/lease.ts'
import { Member } from '../../../sidecar/cluster/member.ts'
import { createReported } from '../../../sidecar/cluster/reported.ts'
import type { Outcome } from '../../../sidecar/model/outcome.ts'
import { seeded } from '../../support/random.ts'

const OK: Outcome = { kind: 'answered', status: 200, ms: 10 }
const MS = 10
/** Six answers of ten milliseconds. */
const TAU = 60

describe('cluster: reported load', () => {
  const create = (...weights: number[]) =>
    createCluster({
      name: 'web',
      endpoints: weights.map((weight, i) => ({ address: 'abcdefgh'[i]!, weight })),
      balancer: balancers['least-connections'],
      random: seeded(1),
    })
  const leaseOf = (cluster: Cluster, address: string, now: number) =>
    cluster.leaseOf(address, now, { drain: 0, alone: false }) as Lease
  /** A request to that member, whose answer says `inFlight`. */
  const hear = (cluster: Cluster, address: string, inFlight: number, now: number) => {
    const lease = leaseOf(cluster, address, now)
    lease.report({ inFlight, utilization: 0.5 }, MS, now)
    lease.settle(OK, now)
  }
  const member = (cluster: Cluster, address: string) => cluster.members.find(m => m.endpoint.address === address)!
  const elsewhere = (cluster: Cluster) => cluster.members.map(m => m.elsewhere)

  it('is nothing while nobody reports', () => {
    const cluster = create(1, 1)
    for (let now = 0; now < 1_000; now += 7) cluster.lease(now)!.settle(OK, now)
    expect(elsewhere(cluster)).to.deep.equal([0, 0])
  })

  it('is what a member says less what we have there', () => {
    const cluster = create(1, 1)
    const ours = [leaseOf(cluster, 'a', 0), leaseOf(cluster, 'a', 0)]
    ours[0]!.report({ inFlight: 7, utilization: 0.3 }, MS, 5)
    const { elsewhere, reports, report, reportedAt } = member(cluster, 'a')
    expect([elsewhere, reports, reportedAt]).to.deep.equal([5, 1, 5])
    expect(report).to.deep.equal({ inFlight: 7, utilization: 0.3 })
  })

  it('is never less than nothing: what is on its way is counted by us alone', () => {
    const cluster = create(1)
    const [first] = [leaseOf(cluster, 'a', 0), leaseOf(cluster, 'a', 0), leaseOf(cluster, 'a', 0)]
    first!.report({ inFlight: 1, utilization: 0 }, MS, 5)
    expect(elsewhere(cluster)).to.deep.equal([0])
  })

  it('moves the picks of least-connections away from whom others keep busy', () => {
    const cluster = create(1, 1, 1)
    hear(cluster, 'a', 9, 0)
    hear(cluster, 'b', 1, 0)
    hear(cluster, 'c', 3, 0)
    const picked = Array.from({ length: 6 }, () => cluster.lease(0)!.member.endpoint.address)
    expect(picked.filter(address => address === 'a')).to.deep.equal([])
    expect(picked.filter(address => address === 'b')).to.have.length.within(3, 5)
  })

  it('fades to what is usual, not to nothing', () => {
    const cluster = create(1, 1, 1)
    hear(cluster, 'a', 11, 0)
    hear(cluster, 'b', 3, 0)
    hear(cluster, 'c', 1, 0)
    cluster.lease(TAU)!.settle(OK, TAU)
    const kept = 1 / Math.E
    // The median of 10, 2 and 0 is 2.
    expect(elsewhere(cluster)[0]).to.be.closeTo(kept * 10 + (1 - kept) * 2, 1e-9)
    expect(elsewhere(cluster)[2]).to.be.closeTo((1 - kept) * 2, 1e-9)
    cluster.lease(50 * TAU)!.settle(OK, 50 * TAU)
    for (const value of elsewhere(cluster)) expect(value).to.be.closeTo(2, 1e-9)
  })

  it('is thought to be what is usual where nothing was said', () => {
    const cluster = create(1, 1, 1)
    hear(cluster, 'a', 5, 0)
    hear(cluster, 'b', 5, 0)
    cluster.lease(1)!.settle(OK, 1)
    expect(elsewhere(cluster)[2]).to.equal(4)
  })

  it('is thought to be more where ours are not answered: a member that is stuck says nothing', () => {
    const cluster = create(1, 1, 1)
    for (const address of ['a', 'b', 'c']) hear(cluster, address, 3, 0)
    leaseOf(cluster, 'a', 1)
    leaseOf(cluster, 'a', 1)
    cluster.lease(50 * TAU)!.settle(OK, 50 * TAU)
    expect(member(cluster, 'a').elsewhere).to.be.closeTo(2 * 3, 1e-9)
    expect(member(cluster, 'b').elsewhere).to.be.closeTo(2, 1e-9)
  })

  it('counts by weight', () => {
    const cluster = create(1, 4)
    hear(cluster, 'b', 9, 0)
    cluster.lease(1)!.settle(OK, 1)
    expect(elsewhere(cluster)).to.deep.equal([2, 8])
  })

  it('is forgotten when nobody has reported for a minute', () => {
    const cluster = create(1, 1)
    hear(cluster, 'a', 9, 0)
    for (let now = 0; now < 70_000; now += 500) cluster.lease(now)!.settle(OK, now)
    expect(elsewhere(cluster)).to.deep.equal([0, 0])
  })

  it('of one that claims a million leaves the others as they are, and comes back to it', () => {
    const cluster = create(1, 1, 1, 1)
    for (const address of ['a', 'b', 'c']) hear(cluster, address, 3, 0)
    hear(cluster, 'd', 1_000_000, 0)
    cluster.lease(1)!.settle(OK, 1)
    for (const address of ['a', 'b', 'c']) expect(member(cluster, address).elsewhere).to.be.within(1.9, 10)
    const before = member(cluster, 'd').picked
    for (let now = 1; now < 30 * TAU; now += 5) cluster.lease(now)!.settle(OK, now)
    expect(member(cluster, 'd').picked).to.be.above(before)
  })

  for (const inFlight of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e308, 1_000_001]) {
    it(`counts ${inFlight} as unusable, and nothing else`, () => {
      const cluster = create(1, 1)
      const lease = leaseOf(cluster, 'a', 0)
      lease.report({ inFlight, utilization: Number.NaN }, MS, 0)
      lease.settle(OK, 1)
      const { elsewhere, reports, report, unusable } = member(cluster, 'a')
      expect({ elsewhere, reports, report, unusable }).to.deep.equal({
        ...{ elsewhere: 0, reports: 0, report: undefined, unusable: 1 },
      })
    })
  }

  describe('does not count', () => {
    const told = () => {
      const cluster = create(1, 1, 1)
      for (const address of ['a', 'b', 'c']) hear(cluster, address, 5, 0)
      const look = (now: number) => {
        cluster.lease(now)!.settle(OK, now)
        return elsewhere(cluster)
      }
      return { cluster, look }
    }

    it('while one of the members answers without, as in the middle of a deployment', () => {
      const { cluster, look } = told()
      const b = member(cluster, 'b')
      b.quiet = 29
      expect(Math.min(...look(20))).to.be.above(0)
      b.quiet = 30
      expect(look(40)).to.deep.equal([0, 0, 0])
      hear(cluster, 'a', 9, 41)
      expect(elsewhere(cluster)).to.deep.equal([0, 0, 0])
      hear(cluster, 'b', 5, 42)
      expect(Math.min(...look(60))).to.be.above(0)
    })

    it('while a new one has answered three times without a word of it', () => {
      const { cluster, look } = told()
      const endpoints = ['a', 'b', 'c', 'd'].map(address => ({ address, weight: 1 }))
      cluster.update(endpoints, 1)
      const d = member(cluster, 'd')
      d.quiet = 2
      expect(Math.min(...look(20))).to.be.above(0)
      d.quiet = 3
      expect(look(40)).to.deep.equal([0, 0, 0, 0])
      cluster.update(endpoints.slice(0, 3), 41)
      expect(Math.min(...look(60))).to.be.above(0)
    })

    it('while one says less than we have there ourselves, which is a lie; but on its way is no lie', () => {
      const { cluster, look } = told()
      hear(cluster, 'b', 0, 1)
      expect(Math.min(...look(20))).to.be.above(0)
      for (let i = 0; i < 10; i++) hear(cluster, 'b', 0, 21)
      expect(look(40)).to.deep.equal([0, 0, 0])
      for (let i = 0; i < 60; i++) hear(cluster, 'b', 5, 41)
      expect(Math.min(...look(60))).to.be.above(0)
    })
  })

  it('is brought up to date every ten milliseconds at most, however much is reported', () => {
    const told = { now: 0, listed: 1, failing: 0 }
    const one = new Member({ address: 'a', weight: 1 }, told)
    let looked = 0
    const reported = createReported(() => {
      looked++
      return [one]
    })
    for (let now = 0; now < 50; now += 0.1) {
      reported.take(one, { inFlight: 3, utilization: -1 }, MS, now)
      reported.fade(now)
    }
    // Twice each time.
    expect(looked).to.be.within(8, 12)
  })

  it('takes nothing from a lease that is settled', () => {
    const cluster = create(1)
    const lease = leaseOf(cluster, 'a', 0)
    lease.settle(OK, 0)
    lease.report({ inFlight: 5, utilization: 0 }, MS, 0)
    expect(member(cluster, 'a').reports).to.equal(0)
  })
})
