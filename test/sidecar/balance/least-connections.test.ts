import { expect } from 'chai'
import { leastConnections } from '../../../sidecar/balance/least-connections.ts'
import { seeded } from '../../support/random.ts'
import { all, count, manyStubs, type Stub, steady, stubs } from './stubs.ts'

describe('balance: least-connections, in particular', () => {
  it('never picks one that has more in flight than another of its weight', () => {
    const seed = 21
    const random = seeded(seed)
    const candidates = manyStubs(30)
    const pick = leastConnections(candidates, random)
    for (let n = 0; n < 5000; n++) {
      const fit = new Set(candidates.filter(() => random() < 0.8))
      const picked = pick(c => fit.has(c))
      if (picked === undefined) continue
      const least = Math.min(...[...fit].map(c => c.inFlight + c.penalty))
      expect(picked.inFlight + picked.penalty, `seed ${seed}, pick ${n}`).to.equal(least)
      picked.inFlight++
      const done = candidates[Math.floor(random() * 30)]!
      if (done.inFlight > 0) done.inFlight--
      candidates[Math.floor(random() * 30)]!.penalty = Math.floor(random() * 3)
    }
  })

  it('picks nobody who stands worse before the pick than another would after it', () => {
    const seed = 22
    const random = seeded(seed)
    const candidates = manyStubs(20, () => 1 + Math.floor(random() * 10))
    const pick = leastConnections(candidates, random)
    for (let n = 0; n < 5000; n++) {
      for (const c of candidates) c.inFlight = Math.floor(random() * 12)
      const picked = pick(all)!
      for (const other of candidates) {
        if (other === picked) continue
        expect(picked.inFlight / picked.endpoint.weight, `seed ${seed}, pick ${n}`).to.be.lessThan(
          (other.inFlight + 1) / other.endpoint.weight,
        )
      }
    }
  })

  it('counts a penalty as load', () => {
    const [a, b] = stubs(1, 1) as [Stub, Stub]
    const pick = leastConnections([a, b], seeded(1))
    a.penalty = 2
    b.inFlight = 1
    for (let n = 0; n < 10; n++) expect(pick(all)).to.equal(b)
  })

  it('takes turns among equals: every round has each of them once', () => {
    const candidates = manyStubs(7)
    const pick = leastConnections(candidates, seeded(23))
    for (let round = 0; round < 100; round++) {
      expect(new Set(Array.from({ length: 7 }, () => pick(all))).size).to.equal(7)
    }
  })

  it('begins with a random one: the proxies of a fleet must not all start on the same member', () => {
    const first = new Set<string>()
    for (let seed = 0; seed < 50; seed++) {
      first.add(leastConnections(stubs(1, 1, 1, 1), seeded(seed))(all)!.endpoint.address)
    }
    expect([...first].sort()).to.deep.equal(['a', 'b', 'c', 'd'])
  })

  it('keeps to the weights when there are fewer requests than units of weight', () => {
    // A light member of weight 1 beside 100: its due is 1 %. Counting the new request in full, (inFlight + 1) / weight,
    // gives it nothing until the heavy one has 99 in flight; not counting it, inFlight / weight, gives it 5 % here.
    for (const concurrency of [1, 20, 80]) {
      const random = seeded(24)
      const candidates = stubs(100, 1)
      const pick = leastConnections(candidates, random)
      const [, light] = steady(candidates, { pick: () => pick(all), random, concurrency, picks: 50_000 })
      expect(light, `${concurrency} at once`).to.be.within(400, 800)
    }
  })

  it('owes one that was away a pick, not all that it missed', () => {
    const candidates = stubs(1, 1, 1)
    const away = candidates[2]!
    const pick = leastConnections(candidates, seeded(25))
    for (let n = 0; n < 1000; n++) pick(c => c !== away)
    const counts = count(candidates, 6, () => pick(all))
    expect(counts[2], String(counts)).to.be.within(2, 3)
  })
})
