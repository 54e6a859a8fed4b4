// A cluster with everything that watches its members: who is ejected, how many may be, what happens when too few are left.
import { expect } from 'chai'
import { balancers } from '../../../sidecar/balance/index.ts'
import { type Cluster, type ClusterOptions, createCluster } from '../../../sidecar/cluster/cluster.ts'
import type { Change } from '../../../sidecar/model/events.ts'
import type { Outcome } from '../../../sidecar/model/outcome.ts'
import { seeded } from '../../support/random.ts'

const OK: Outcome = { kind: 'answered', status: 200, ms: 5 }
const FAILED: Outcome = { kind: 'answered', status: 503, ms: 1 }
const FAILURE_RATE = { above: 0.2, of: 5, within: 10_000 }
const BREAKER = {
  ...{ consecutive: 5, failureRate: undefined, slowRate: undefined },
  ...{ open: { least: 1_000, most: 60_000 }, trials: 1 },
}
const EJECTION = { ...BREAKER, failureRate: FAILURE_RATE, most: 0.5 }

describe('cluster: watch', () => {
  function create(count: number, options: Partial<ClusterOptions> = {}) {
    const told: string[] = []
    const endpoints = Array.from({ length: count }, (_, i) => ({ address: `m${i}`, weight: 1 }))
    const tell = ({ member, what }: Change) => told.push(member === '' ? what : `${member} ${what}`)
    const usual = { name: 'web', endpoints, balancer: balancers['round-robin'], random: () => 0, panic: 0.5 }
    const cluster = createCluster({ ...usual, ejection: EJECTION, tell, ...options })
    return { cluster, told }
  }

  /** Until that member has failed so often; the others succeed. */
  function failing(cluster: Cluster, names: readonly string[], times: number, now: number): void {
    for (let n = 0; n < times * cluster.members.length; n++) {
      const lease = cluster.lease(now)!
      lease.settle(names.includes(lease.member.endpoint.address) ? FAILED : OK, now)
    }
  }
  const out = ({ members }: Cluster) =>
    members.filter(({ ejection }) => ejection!.state !== 'closed').map(m => m.endpoint.address)
  const picks = (cluster: Cluster, now: number, times = 40) => {
    const picked = new Set<string>()
    for (let n = 0; n < times; n++) {
      const lease = cluster.lease(now)!
      picked.add(lease.member.endpoint.address)
      lease.settle({ kind: 'abandoned' }, now)
    }
    return [...picked].sort()
  }

  it('ejects who fails five times in a row, and gives it nothing', () => {
    const { cluster, told } = create(4)
    failing(cluster, ['m1'], 4, 100)
    expect(out(cluster)).to.deep.equal([])
    failing(cluster, ['m1'], 1, 100)
    expect(out(cluster)).to.deep.equal(['m1'])
    expect(picks(cluster, 1_099)).to.deep.equal(['m0', 'm2', 'm3'])
    expect(told).to.deep.equal(['m1 ejected'])
  })

  it('lets it come back by one real request', () => {
    const { cluster, told } = create(3)
    failing(cluster, ['m1'], 5, 0)
    const leases = Array.from({ length: 9 }, () => cluster.lease(1_000)!)
    expect(leases.filter(({ member }) => member.endpoint.address === 'm1')).to.have.length(1)
    for (const lease of leases) lease.settle(OK, 1_001)
    expect(out(cluster)).to.deep.equal([])
    expect(picks(cluster, 1_002)).to.deep.equal(['m0', 'm1', 'm2'])
    expect(told).to.deep.equal(['m1 ejected', 'm1 on trial', 'm1 returned'])
  })

  it('ejects no more than the share, and never the last', () => {
    for (const [count, most] of [
      [1, 0],
      [2, 1],
      [3, 1],
      [4, 2],
      [5, 2],
      [10, 5],
    ] as const) {
      const { cluster } = create(count)
      for (let n = 0; n < 200; n++) cluster.lease(0)!.settle(FAILED, 0)
      expect(out(cluster), `of ${count}`).to.have.length(most)
      if (most < count) expect(cluster.members.some(({ ejection }) => ejection!.spared > 0)).to.equal(true)
    }
  })

  it('counts those on trial as out', () => {
    const { cluster } = create(4)
    failing(cluster, ['m0', 'm1'], 5, 0)
    const trials = Array.from({ length: 8 }, () => cluster.lease(1_000)!).filter(lease => lease.ejectionEra > 0)
    expect(trials.map(({ member }) => member.endpoint.address).sort()).to.deep.equal(['m0', 'm1'])
    failing(cluster, ['m2'], 10, 1_000)
    expect(out(cluster)).to.deep.equal(['m0', 'm1'])
  })

  it('panics when less than the share is available, is seen to, and gets over it', () => {
    const { cluster, told } = create(4)
    for (const name of ['m0', 'm1', 'm2']) cluster.setHealthy(name, false, 'no answer', 0)
    expect([cluster.panic, cluster.panics]).to.deep.equal([true, 1])
    expect(picks(cluster, 0)).to.deep.equal(['m0', 'm1', 'm2', 'm3'])
    expect(cluster.panicked).to.equal(40)
    cluster.setHealthy('m2', true, 'status 200', 1)
    expect(cluster.panic).to.equal(false)
    expect(picks(cluster, 1)).to.deep.equal(['m2', 'm3'])
    expect(told.slice(2)).to.deep.equal(['panic', 'm2 unhealthy', 'panic over', 'm2 healthy'])
  })

  it('does not panic when it is told never to', () => {
    const { cluster } = create(2, { panic: 0 })
    for (const name of ['m0', 'm1']) cluster.setHealthy(name, false, 'no answer', 0)
    expect(cluster.lease(0)).to.equal(undefined)
    expect(cluster.whyNobody(0)).to.deep.equal({ reason: 'unavailable', ms: 0 })
  })

  it('takes what is seen in a panic for no trial', () => {
    const { cluster } = create(2, { panic: 1 })
    failing(cluster, ['m0'], 5, 0)
    expect([cluster.panic, out(cluster)]).to.deep.equal([true, ['m0']])
    const lease = [cluster.lease(10)!, cluster.lease(10)!].find(({ member }) => member.endpoint.address === 'm0')!
    lease.settle(OK, 11)
    expect(out(cluster), 'its time is not over').to.deep.equal(['m0'])
  })

  it('lets one that a check finds well again be tried at once', () => {
    const { cluster } = create(3)
    failing(cluster, ['m1'], 5, 0)
    cluster.setHealthy('m1', false, 'connect ECONNREFUSED', 10)
    cluster.setHealthy('m1', true, 'status 200', 20)
    expect(picks(cluster, 21)).to.include('m1')
  })

  it('tries one that did not answer as soon as a check finds that it does, not one that answered badly', () => {
    for (const [outcome, tried] of [
      [{ kind: 'unreachable', code: 'ECONNREFUSED' }, true],
      [FAILED, false],
    ] as const) {
      const { cluster } = create(3)
      for (let n = 0; n < 15; n++) {
        const lease = cluster.lease(0)!
        lease.settle(lease.member.endpoint.address === 'm1' ? outcome : OK, 0)
      }
      expect(out(cluster)).to.deep.equal(['m1'])
      cluster.seenWell('m1', 100)
      expect(picks(cluster, 101).includes('m1'), outcome.kind).to.equal(tried)
    }
  })

  it('holds by hand and releases by hand, whatever else is known', () => {
    const { cluster } = create(4)
    expect(cluster.setHeld('m9', true, 0)).to.equal(false)
    expect(cluster.setHeld('m0', true, 0)).to.equal(true)
    failing(cluster, ['m1'], 10, 0)
    expect(picks(cluster, 0)).to.deep.equal(['m2', 'm3'])
    cluster.setHeld('m0', false, 0)
    cluster.setHeld('m1', false, 0)
    expect(picks(cluster, 0)).to.deep.equal(['m0', 'm1', 'm2', 'm3'])
  })

  it('has hard breakers, and says how long they all are open', () => {
    const { cluster } = create(2, { breaker: BREAKER })
    for (let n = 0; n < 20 && cluster.lease(0) !== undefined; n++) {
      for (let m = 0; m < 2; m++) cluster.lease(0)?.settle(FAILED, 0)
    }
    expect(cluster.lease(500)).to.equal(undefined)
    expect(cluster.whyNobody(500)).to.deep.equal({ reason: 'circuit-open', ms: 500 })
    expect(cluster.lease(1_000)).not.to.equal(undefined)
  })

  it('says that all are full when that is what it is', () => {
    const { cluster } = create(2, { room: 1 })
    cluster.lease(0)
    cluster.lease(0)
    expect(cluster.lease(0)).to.equal(undefined)
    expect(cluster.whyNobody(0).reason).to.equal('full')
  })

  it('lets failures fade also of those that nobody looks at', () => {
    // round-robin reads no penalty, and who is held is not even asked.
    const { cluster } = create(4, { panic: 0, ejection: undefined })
    failing(cluster, ['m0', 'm1', 'm2'], 1, 0)
    cluster.setHeld('m0', true, 0)
    cluster.setHeld('m1', true, 0)
    cluster.lease(59_000)
    for (let n = 0; n < 2; n++) cluster.lease(60_000)!.settle(FAILED, 60_000)
    expect(cluster.members.filter(({ penalty }) => penalty > 0)).not.to.have.length(0)
  })

  it('counts those that are out among those that fail', () => {
    const { cluster } = create(3)
    failing(cluster, ['m0'], 5, 0)
    expect(out(cluster)).to.deep.equal(['m0'])
    const [m0, m1, m2] = cluster.members
    expect(cluster.othersFail([m1!], 20_000)).to.equal(false)
    cluster.setHealthy('m2', false, '', 20_000)
    expect(cluster.othersFail([m1!], 20_000), 'm0 is out, m2 is unhealthy').to.equal(true)
    expect(cluster.othersFail([m0!, m1!, m2!], 20_000), 'there are no others').to.equal(false)
  })

  it('starts a member slowly that joins later, or is well again; none at its own start', () => {
    const { cluster } = create(2, { slowStart: { over: 10_000, floor: 0.1 }, random: seeded(3), ejection: undefined })
    expect(cluster.members.map(m => m.warmAt)).to.deep.equal([0, 0])
    cluster.update([...cluster.members.map(m => m.endpoint), { address: 'new', weight: 1 }], 5_000)
    expect(cluster.members.map(m => m.warmAt)).to.deep.equal([0, 0, 15_000])
    let picked = 0
    for (let n = 0; n < 3_000; n++) {
      const lease = cluster.lease(5_000)!
      if (lease.member.endpoint.address === 'new') picked++
      lease.settle({ kind: 'abandoned' }, 5_000)
    }
    expect(picked / 1_000).to.be.closeTo(0.13, 0.05)
    cluster.setHealthy('m0', false, '', 20_000)
    cluster.setHealthy('m0', true, '', 21_000)
    expect(cluster.members[0]!.warmAt).to.equal(31_000)
  })

  // Ten members, 1,000 requests/s for 30 s, one of them answers 503 in 1 ms: what callers see without retries.
  for (const [share, what] of [
    [1, 'all'],
    [0.5, 'half'],
  ] as const) {
    it(`keeps a member that fails ${what} of its requests at once from swallowing the traffic`, () => {
      const seed = Date.now() % 2 ** 31
      const random = seeded(seed)
      const { cluster } = create(10, { balancer: balancers['least-connections'], random })
      const due: { at: number; settle(): void }[] = []
      let failures = 0
      let requests = 0
      for (let now = 0; now < 30_000; now++) {
        for (const each of due.filter(each => each.at <= now)) each.settle()
        due.splice(0, due.length, ...due.filter(each => each.at > now))
        const lease = cluster.lease(now)!
        const failed = lease.member.endpoint.address === 'm3' && random() < share
        const at = now + (failed ? 1 : 5 + Math.floor(random() * 20))
        due.push({ at, settle: () => lease.settle(failed ? FAILED : OK, at) })
        if (now < 2_000) continue
        requests++
        if (failed) failures++
      }
      expect(failures / requests, `seed ${seed}: ${failures} of ${requests}`).to.be.at.most(0.002)
      expect(failures, `seed ${seed}: it was never tried again`).to.be.greaterThan(0)
    })
  }
})
