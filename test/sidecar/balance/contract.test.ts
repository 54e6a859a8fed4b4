// What every balancer promises, whatever it is for.
import { expect } from 'chai'
import { balancers } from '../../../sidecar/balance/index.ts'
import type { BalanceName } from '../../../sidecar/model/settings.ts'
import { seeded } from '../../support/random.ts'
import { all, count, manyStubs, type Stub, steady, stub, stubs } from './stubs.ts'

const PICKS = 100_000

for (const name of Object.keys(balancers) as BalanceName[]) {
  const build = balancers[name]

  describe(`balance: ${name}`, () => {
    it('picks only those who are fit, and someone whenever anyone is', () => {
      const seed = 11
      const random = seeded(seed)
      for (let round = 0; round < 300; round++) {
        const size = 1 + Math.floor(random() * 20)
        const candidates = manyStubs(size, () => 1 + Math.floor(random() * 5))
        const pick = build(candidates, random)
        for (let n = 0; n < 20; n++) {
          for (const c of candidates) {
            c.inFlight = Math.floor(random() * 10)
            c.penalty = Math.floor(random() * 2)
            c.latencyMs = random() < 0.3 ? 0 : random() * 100
          }
          const fit = new Set(candidates.filter(() => random() < 0.4))
          const picked = pick(c => fit.has(c), `key-${n}`)
          const where = `seed ${seed}, round ${round}, pick ${n}`
          if (fit.size === 0) expect(picked, where).to.equal(undefined)
          else expect(fit.has(picked!), where).to.equal(true)
        }
      }
    })

    it('gives undefined when none is fit, and when there is none', () => {
      const pick = build(stubs(1, 2), seeded(1))
      expect(pick(() => false, 'key')).to.equal(undefined)
      expect(pick(() => false)).to.equal(undefined)
      expect(build([], seeded(1))(all, 'key')).to.equal(undefined)
      expect(build([], seeded(1))(all)).to.equal(undefined)
    })

    it('is not confused by having found nobody fit', () => {
      const candidates = stubs(1, 1, 1)
      const pick = build(candidates, seeded(2))
      for (let n = 0; n < 100; n++) pick(() => false, `key-${n}`)
      const counts = count(candidates, 3000, n => pick(all, `key-${n}`))
      for (const picked of counts) expect(picked).to.be.within(700, 1300)
    })

    it('gives a single member everything, loaded or not', () => {
      const only = stub('a', { weight: 3 })
      const pick = build([only], seeded(1))
      for (let n = 0; n < 100; n++) {
        only.inFlight = n
        only.latencyMs = n
        expect(pick(all, `key-${n}`)).to.equal(only)
      }
    })

    for (const weights of [
      [1, 1, 1, 1],
      [5, 1, 1],
      [2, 1],
      [0.5, 0.25, 0.25],
      [100, 100, 1],
      Array.from({ length: 12 }, (_, i) => 1 + i),
    ]) {
      it(`follows the weights ${weights.join(' ')} when all are idle`, () => {
        const candidates = stubs(...weights)
        const pick = build(candidates, seeded(3))
        const counts = count(candidates, PICKS, n => pick(all, `key-${n}`))
        for (const [i, picked] of counts.entries()) {
          expect(picked, `${name}: ${counts}`).to.be.closeTo(PICKS * share(weights, i), tolerance(name, weights, i))
        }
      })
    }

    it('follows the weights among the few who are fit in a big set', () => {
      const candidates = manyStubs(1000, i => (i === 700 ? 3 : 1))
      const fit = new Set([candidates[7]!, candidates[700]!])
      const pick = build(candidates, seeded(4))
      const [light, heavy] = count([...fit], 20_000, n => pick(c => fit.has(c), `key-${n}`)) as [number, number]
      expect(light + heavy).to.equal(20_000)
      // 5 standard deviations of a binomial of 1/4.
      expect(light).to.be.closeTo(5000, 5 * Math.sqrt((20_000 * 3) / 16))
    })

    it('starves nobody under load', () => {
      const random = seeded(5)
      for (const concurrency of [2, 10, 60]) {
        const weights = Array.from({ length: 10 }, (_, i) => 1 + i)
        const candidates = stubs(...weights)
        const pick = build(candidates, random)
        const counts = steady(candidates, { pick: n => pick(all, `key-${n}`), random, concurrency, picks: 20_000 })
        for (const [i, picked] of counts.entries()) {
          const due = 20_000 * share(weights, i)
          expect(picked, `${concurrency} at once: ${counts}`).to.be.greaterThan(due / 3)
        }
      }
    })

    it('forgets who left and welcomes who came when it is rebuilt', () => {
      const [a, b, c] = stubs(1, 1, 1) as [Stub, Stub, Stub]
      const before = build([a, b], seeded(6))
      for (let n = 0; n < 50; n++) before(all, `key-${n}`)!.inFlight++
      // The newcomer stands where the rest do: with nothing in flight it would rightly be first for a while.
      c.inFlight = Math.floor((a.inFlight + b.inFlight) / 2)
      a.inFlight = b.inFlight = c.inFlight
      const after = build([b, c], seeded(7))
      const counts = count([a, b, c], 3000, n => after(all, `key-${n}`))
      expect(counts[0]).to.equal(0)
      expect(counts[1]).to.be.within(1200, 1800)
      expect(counts[2]).to.be.within(1200, 1800)
    })

    it('throws no dice but those that it is given', () => {
      const run = () => {
        const candidates = manyStubs(20, i => 1 + (i % 3))
        const pick = build(candidates, seeded(8))
        return Array.from({ length: 200 }, (_, n) => pick(all, `key-${n}`)!.endpoint.address)
      }
      expect(run()).to.deep.equal(run())
    })
  })
}

function share(weights: readonly number[], i: number): number {
  return weights[i]! / weights.reduce((sum, w) => sum + w, 0)
}

function tolerance(name: BalanceName, weights: readonly number[], i: number): number {
  const p = share(weights, i)
  // Five standard deviations of a binomial: one false alarm in 1.7 million, if the seed were not fixed.
  const drawn = 5 * Math.sqrt(PICKS * p * (1 - p))
  switch (name) {
    case 'least-connections':
    case 'round-robin':
      // Turns are exact: off by what is left of the last round.
      return weights.length
    case 'two-choices':
    case 'peak-ewma':
      return drawn
    case 'hash':
      // The arcs of k points out of n are a share with the deviation of a Beta(k, n - k); at least 113 for each member.
      return drawn + 4 * PICKS * Math.sqrt((p * (1 - p)) / (113 * weights.length))
  }
}
