import { expect } from 'chai'
import { balancers } from '../../../sidecar/balance/index.ts'
import { type Cluster, createCluster } from '../../../sidecar/cluster/cluster.ts'
import type { Lease } from '../../../sidecar/cluster/lease.ts'
import type { Member } from '../../../sidecar/cluster/member.ts'
import type { Balancer } from '../../../sidecar/model/candidate.ts'
import type { Endpoint } from '../../../sidecar/model/endpoint.ts'
import type { Outcome } from '../../../sidecar/model/outcome.ts'
import type { BalanceName } from '../../../sidecar/model/settings.ts'
import { seeded } from '../../support/random.ts'

const OK: Outcome = { kind: 'answered', status: 200, ms: 5 }
const GONE: Outcome = { kind: 'abandoned' }

describe('cluster', () => {
  const set = (...addresses: string[]): Endpoint[] => addresses.map(address => ({ address, weight: 1 }))
  const create = (endpoints: readonly Endpoint[], balancer: Balancer = balancers['round-robin']) =>
    createCluster({ name: 'web', endpoints, balancer, random: seeded(1) })
  const names = (members: readonly Member[]) => members.map(m => m.endpoint.address)

  it('counts in flight from the pick to the settling', () => {
    const cluster = create(set('a', 'b'))
    const { members } = cluster
    const lease = cluster.lease(0)!
    expect([cluster.inFlight, lease.member.inFlight, lease.member.picked]).to.deep.equal([1, 1, 1])
    lease.settle(OK, 5)
    expect([cluster.inFlight, lease.member.inFlight, lease.member.picked]).to.deep.equal([0, 0, 1])
    expect(lease.member.succeeded).to.equal(1)
    expect(cluster.members).to.equal(members)
  })

  it('counts only the first settling of a lease', () => {
    const cluster = create(set('a'))
    const one = cluster.lease(0)!
    cluster.lease(0)
    one.settle(GONE, 5)
    one.settle(OK, 6)
    one.settle({ kind: 'unreachable', code: 'ECONNRESET' }, 7)
    const { inFlight, succeeded, failed, latencyMs } = one.member
    expect({ inFlight, succeeded, failed, latencyMs }).to.deep.equal({
      inFlight: 1,
      succeeded: 0,
      failed: 0,
      latencyMs: 0,
    })
    expect(cluster.inFlight).to.equal(1)
  })

  it('tells its members the time, and lets it go forward only', () => {
    const cluster = create(set('a'))
    const lease = cluster.lease(1_000)!
    lease.settle({ kind: 'answered', status: 200, ms: 100 }, 2_000)
    expect(lease.member.latencyMs).to.equal(100)
    cluster.lease(12_000)
    expect(lease.member.latencyMs).to.be.closeTo(100 / Math.E, 1e-9)
    cluster.lease(3_000)
    expect(lease.member.latencyMs).to.be.closeTo(100 / Math.E, 1e-9)
  })

  it('leases another member than the excluded one while there is another', () => {
    const cluster = create(set('a', 'b'))
    const failed = cluster.lease(0)!.member
    for (let n = 0; n < 5; n++) expect(cluster.lease(0, undefined, [failed])!.member).not.to.equal(failed)
    cluster.update(set(failed.endpoint.address))
    expect(cluster.lease(0, undefined, [failed])!.member).to.equal(failed)
  })

  it('hands the key to the balancer', () => {
    const cluster = create(set('a', 'b', 'c', 'd', 'e'), balancers.hash)
    const lease = () => {
      const taken = cluster.lease(0, 'user-1')!
      taken.settle(OK, 0)
      return taken.member
    }
    const home = lease()
    for (let n = 0; n < 20; n++) expect(lease()).to.equal(home)
  })

  it('has nobody to lease when it was never given anyone', () => {
    const cluster = create([])
    expect(cluster.lease(0)).to.equal(undefined)
    expect(cluster.inFlight).to.equal(0)
    cluster.update(set('a'))
    expect(cluster.lease(0)!.member.endpoint.address).to.equal('a')
  })

  describe('update', () => {
    it('says who came and who left', () => {
      const cluster = create(set('a', 'b'))
      const { added, removed } = cluster.update(set('b', 'c'))
      expect([names(added), names(removed)]).to.deep.equal([['c'], ['a']])
      expect(names(cluster.members)).to.deep.equal(['b', 'c'])
    })

    it('keeps the member of an address that is still listed, with its counters, when its weight changes', () => {
      const cluster = create(set('a', 'b'))
      const lease = cluster.lease(0)!
      const before = lease.member
      const change = cluster.update([
        { address: 'a', weight: 3 },
        { address: 'b', weight: 1 },
      ])
      expect(change).to.deep.equal({ added: [], removed: [] })
      expect(cluster.members[0]).to.equal(before)
      expect(before.endpoint.weight).to.equal(3)
      expect([before.inFlight, before.picked]).to.deep.equal([1, 1])
      const picks = Array.from({ length: 8 }, () => cluster.lease(0)!.member)
      expect(picks.filter(m => m === before).length).to.equal(6)
    })

    it('does not restart the balancer when only the order changed', () => {
      let built = 0
      const counted: Balancer = (candidates, random) => {
        built++
        return balancers['round-robin'](candidates, random)
      }
      const cluster = create(set('a', 'b', 'c'), counted)
      cluster.lease(0)
      cluster.update(set('c', 'a', 'b'))
      expect(built).to.equal(1)
      expect(cluster.lease(0)!.member.endpoint.address).to.equal('b')
      cluster.update(set('c', 'a'))
      expect(built).to.equal(2)
    })

    it('keeps the last set when the new one is empty', () => {
      const cluster = create(set('a', 'b'))
      const before = cluster.members
      expect(cluster.update([])).to.deep.equal({ added: [], removed: [] })
      expect(cluster.members).to.equal(before)
      expect(cluster.lease(0)).not.to.equal(undefined)
    })

    it('takes an address that is listed twice once, as it stands first', () => {
      const cluster = create([{ address: 'a', weight: 2 }, ...set('a', 'b', 'b')])
      expect(cluster.members.map(m => m.endpoint)).to.deep.equal([
        { address: 'a', weight: 2 },
        { address: 'b', weight: 1 },
      ])
    })

    it('drains a member that left: no new lease, in flight until it settles', () => {
      const cluster = create(set('a', 'b'))
      const lease = cluster.lease(0)!
      const { removed } = cluster.update(set('b', 'c'))
      expect(removed).to.deep.equal([lease.member])
      expect(lease.member.draining).to.equal(true)
      expect(names(cluster.members)).to.deep.equal(['b', 'c', 'a'])
      for (let n = 0; n < 20; n++) expect(cluster.lease(0)!.member).not.to.equal(lease.member)
      expect(cluster.inFlight).to.equal(21)
      lease.settle(OK, 1)
      expect([lease.member.inFlight, lease.member.succeeded, cluster.inFlight]).to.deep.equal([0, 1, 20])
      expect(names(cluster.members)).to.deep.equal(['b', 'c'])
    })

    it('makes it the same member again when its address comes back before it has finished', () => {
      const cluster = create(set('a', 'b'))
      const lease = cluster.lease(0)!
      cluster.update(set('b'))
      const { added } = cluster.update([{ address: 'a', weight: 2 }, ...set('b')])
      expect(added).to.deep.equal([lease.member])
      expect(lease.member.draining).to.equal(false)
      expect(lease.member.endpoint.weight).to.equal(2)
      expect(cluster.members.length).to.equal(2)
      expect(Array.from({ length: 3 }, () => cluster.lease(0)!.member)).to.include(lease.member)
      lease.settle(OK, 1)
      expect(names(cluster.members)).to.have.members(['a', 'b'])
    })

    it('makes it a new one after that', () => {
      const cluster = create(set('a', 'b'))
      const lease = cluster.lease(0)!
      cluster.update(set('b'))
      lease.settle(OK, 1)
      const { added } = cluster.update(set('a', 'b'))
      expect(names(added)).to.deep.equal(['a'])
      expect(added[0]).not.to.equal(lease.member)
      expect(added[0]!.picked).to.equal(0)
    })
  })

  describe('whatever happens in whatever order', () => {
    for (const name of Object.keys(balancers) as BalanceName[]) {
      it(`nothing in flight is lost or counted twice (${name})`, () => {
        const seed = Date.now() % 2 ** 31
        const random = seeded(seed)
        const cluster = createCluster({ name, endpoints: set('m0', 'm1'), balancer: balancers[name], random })
        const open: Lease[] = []
        const done: Lease[] = []
        for (let step = 0; step < 3000; step++) {
          const dice = random()
          if (dice < 0.5) {
            const exclude = random() < 0.2 && open[0] !== undefined ? [open[0].member] : []
            const lease = cluster.lease(step, random() < 0.5 ? `key-${step % 7}` : undefined, exclude)
            if (lease === undefined) throw new Error(`seed ${seed}, step ${step}: no lease`)
            expect(lease.member.draining, `seed ${seed}, step ${step}`).to.equal(false)
            open.push(lease)
          } else if (dice < 0.9 && open.length > 0) {
            const [lease] = open.splice(Math.floor(random() * open.length), 1)
            lease!.settle(OUTCOMES[step % OUTCOMES.length]!, step)
            done.push(lease!)
          } else if (dice < 0.95) {
            done[Math.floor(random() * done.length)]?.settle(OK, step)
          } else {
            cluster.update(Array.from({ length: 6 }, (_, i) => i).flatMap(i => (random() < 0.5 ? [endpoint(i)] : [])))
          }
          conserved(cluster, open, `seed ${seed}, step ${step}`)
        }
        for (const lease of open.splice(0)) lease.settle(GONE, 3000)
        conserved(cluster, open, `seed ${seed}, at the end`)
        expect(cluster.members.filter(m => m.draining)).to.deep.equal([])

        function endpoint(i: number): Endpoint {
          return { address: `m${i}`, weight: 1 + Math.floor(random() * 3) }
        }
      })
    }
  })
})

const OUTCOMES: readonly Outcome[] = [OK, GONE, { kind: 'unreachable', code: 'ECONNREFUSED' }]

function conserved(cluster: Cluster, open: readonly Lease[], where: string): void {
  expect(cluster.inFlight, where).to.equal(open.length)
  let sum = 0
  for (const member of cluster.members) {
    expect(member.inFlight, where).to.equal(open.filter(lease => lease.member === member).length)
    sum += member.inFlight
  }
  expect(sum, where).to.equal(open.length)
}
