import { expect } from 'chai'
import { createChoose, NOBODY } from '../../../sidecar/cluster/choose.ts'
import { Member } from '../../../sidecar/cluster/member.ts'
import type { Picker, Random } from '../../../sidecar/model/candidate.ts'
import { Breaker } from '../../../sidecar/resilience/breaker.ts'
import { consecutive } from '../../../sidecar/resilience/consecutive.ts'
import { seeded } from '../../support/random.ts'

const BREAKER = {
  ...{ consecutive: 1, failureRate: undefined, slowRate: undefined },
  ...{ open: { least: 1_000, most: 4_000 }, trials: 1 },
}

describe('cluster: choose', () => {
  function create(options: { room?: number; slowStart?: { over: number; floor: number }; random?: Random } = {}) {
    const told = { now: 0, listed: 2, failing: 0, panic: false }
    const { room = Number.POSITIVE_INFINITY, random = () => 0, slowStart } = options
    const choose = createChoose({ told, random, slowStart, room })
    const all = ['a', 'b'].map(address => new Member({ address, weight: 1 }, told)) as [Member, Member]
    const first: Picker<Member> = isFit => all.find(isFit)
    const pick = (tried: readonly Member[] = NOBODY) => choose(first, undefined, tried)?.endpoint.address
    return { told, choose, a: all[0], b: all[1], pick }
  }

  const opened = (now: number) => {
    const breaker = new Breaker(BREAKER, { tripwire: consecutive(1), random: () => 0 })
    breaker.settle(breaker.enter(now), 'failure', 1, now)
    return breaker
  }

  it('passes over those that drain or are held, always', () => {
    for (const why of ['draining', 'held'] as const) {
      const { a, b, pick, told } = create()
      Object.assign(a, { [why]: true, suspect: true })
      expect(pick(), why).to.equal('b')
      Object.assign(b, { [why]: true, suspect: true })
      told.panic = true
      expect(pick(), why).to.equal(undefined)
    }
  })

  it('takes another than those that were tried, and one of them rather than none', () => {
    const { a, b, pick } = create()
    expect(pick([a])).to.equal('b')
    expect(pick([a, b])).to.equal('a')
    Object.assign(b, { draining: true, suspect: true })
    expect(pick([a])).to.equal('a')
    expect(pick(), 'for that pick only').to.equal('a')
  })

  it('passes over those that have all that they may have', () => {
    const { a, b, pick } = create({ room: 2 })
    a.inFlight = 2
    expect(pick()).to.equal('b')
    b.inFlight = 3
    expect(pick()).to.equal(undefined)
  })

  it('passes over the unhealthy and the ejected, but not in a panic', () => {
    const { a, pick, told } = create()
    Object.assign(a, { healthy: false, suspect: true })
    expect(pick()).to.equal('b')
    told.panic = true
    expect(pick()).to.equal('a')
    told.panic = false
    Object.assign(a, { healthy: true, ejection: opened(0) })
    expect(pick()).to.equal('b')
    told.panic = true
    expect(pick()).to.equal('a')
  })

  it('prefers an ejected one to none, and never takes an unhealthy one outside of a panic', () => {
    const { a, b, pick } = create()
    Object.assign(a, { ejection: opened(0), suspect: true })
    Object.assign(b, { healthy: false, suspect: true })
    expect(pick()).to.equal('a')
    a.healthy = false
    expect(pick()).to.equal(undefined)
  })

  it('obeys a breaker, in a panic too, and shortens the wait when nobody else can serve', () => {
    const { a, b, pick, told } = create()
    const grown = opened(0)
    grown.settle(grown.enter(1_000), 'failure', 1, 1_000)
    expect(grown.until).to.equal(3_000)
    Object.assign(a, { breaker: grown, suspect: true })
    told.now = 2_500
    told.panic = true
    expect(pick()).to.equal('b')
    Object.assign(b, { held: true, suspect: true })
    expect(pick(), 'after the least wait').to.equal('a')
    told.now = 1_500
    expect(pick()).to.equal(undefined)
  })

  it('lets those rest that have asked for it, while there is another', () => {
    const { a, b, pick, told } = create()
    Object.assign(a, { restUntil: 100, suspect: true })
    expect(pick()).to.equal('b')
    expect(pick([b])).to.equal('a')
    Object.assign(b, { restUntil: 200, suspect: true })
    expect(pick()).to.equal('a')
    told.now = 100
    expect(pick()).to.equal('a')
  })

  it('gives one that has just come a share that grows from the floor', () => {
    const seed = 7
    const { a, pick, told } = create({ slowStart: { over: 10_000, floor: 0.1 }, random: seeded(seed) })
    Object.assign(a, { warmAt: 10_000, suspect: true })
    const share = (now: number) => {
      told.now = now
      let picked = 0
      for (let n = 0; n < 20_000; n++) if (pick() === 'a') picked++
      return picked / 20_000
    }
    expect(share(0)).to.be.closeTo(0.1, 0.01)
    expect(share(5_000)).to.be.closeTo(0.55, 0.015)
    expect(share(9_000)).to.be.closeTo(0.91, 0.01)
    expect(share(10_000)).to.equal(1)
  })

  it('takes one that has just come rather than none', () => {
    const { a, b, pick } = create({ slowStart: { over: 10_000, floor: 0.1 }, random: () => 0.99 })
    Object.assign(a, { warmAt: 10_000, suspect: true })
    Object.assign(b, { warmAt: 10_000, suspect: true })
    expect(pick()).to.equal('a')
  })

  it('hands the key to the picker on every rung, and makes no predicate per pick', () => {
    const { a, choose } = create()
    a.draining = true
    a.suspect = true
    const keys: unknown[] = []
    const predicates = new Set<unknown>()
    const picker: Picker<Member> = (isFit, key) => {
      keys.push(key)
      predicates.add(isFit)
      return isFit(a) ? a : undefined
    }
    for (let n = 0; n < 3; n++) {
      choose(picker, 'k', [a])
      choose(picker, 'k', NOBODY)
    }
    expect(keys).to.deep.equal(Array(21).fill('k'))
    expect(predicates.size).to.equal(5)
  })
})
