import { expect } from 'chai'
import { peakEwma } from '../../../sidecar/balance/peak-ewma.ts'
import { seeded } from '../../support/random.ts'
import { all, count, manyStubs, type Stub, steady, stub, stubs } from './stubs.ts'

describe('balance: peak-ewma, in particular', () => {
  const cases: readonly [string, Partial<Stub>, Partial<Stub>][] = [
    ['the faster', { latencyMs: 5 }, { latencyMs: 6 }],
    ['the less loaded of two as fast', { latencyMs: 5, inFlight: 1 }, { latencyMs: 5, inFlight: 2 }],
    ['the lower product of latency and load', { latencyMs: 4, inFlight: 1 }, { latencyMs: 10 }],
    ['the lower product of latency and load', { latencyMs: 4.9 }, { latencyMs: 1, inFlight: 4 }],
    ['the one without a penalty', { latencyMs: 8 }, { latencyMs: 5, penalty: 1 }],
    ['the less loaded of two unmeasured', { inFlight: 2 }, { inFlight: 3 }],
    ['an unmeasured idle one over one at work', {}, { latencyMs: 5, inFlight: 1 }],
    ['one measured over one unmeasured at work', { latencyMs: 5, inFlight: 2 }, { inFlight: 1 }],
    ['an unmeasured one over one twice as loaded', { inFlight: 1 }, { latencyMs: 5, inFlight: 4 }],
  ]
  for (const [what, better, worse] of cases) {
    it(`takes ${what}: ${JSON.stringify(better)}, not ${JSON.stringify(worse)}`, () => {
      const candidates = [stub('a', better), stub('b', worse)]
      const pick = peakEwma(candidates, seeded(51))
      expect(count(candidates, 200, () => pick(all))).to.deep.equal([200, 0])
    })
  }

  it('divides the cost by the weight', () => {
    const [heavy, light] = stubs(4, 1) as [Stub, Stub]
    heavy.latencyMs = light.latencyMs = 10
    heavy.inFlight = 6
    light.inFlight = 2
    const pick = peakEwma([heavy, light], seeded(52))
    expect(count([heavy, light], 100, () => pick(all))).to.deep.equal([100, 0])
  })

  it('takes weights for what they are relative to each other', () => {
    for (const weight of [0.01, 1, 100]) {
      const candidates = [stub('a', { weight, latencyMs: 10, inFlight: 1 }), stub('b', { weight, latencyMs: 15 })]
      const pick = peakEwma(candidates, seeded(55))
      expect(
        count(candidates, 100, () => pick(all)),
        `weight ${weight}`,
      ).to.deep.equal([0, 100])
    }
  })

  it('tries an idle member that was never measured as often as its siblings, neither first nor last', () => {
    const candidates = manyStubs(10)
    for (const c of candidates) c.latencyMs = 20
    candidates[4]!.latencyMs = 0
    const pick = peakEwma(candidates, seeded(53))
    // Its share is a tenth; five standard deviations of the binomial.
    expect(count(candidates, 10_000, () => pick(all))[4]).to.be.closeTo(1000, 5 * Math.sqrt(10_000 * 0.09))
  })

  it('neither floods a newcomer whose first answer is long in coming nor stops at its first request', () => {
    const random = seeded(54)
    const candidates = manyStubs(4)
    for (const c of candidates) c.latencyMs = 20
    const newcomer = candidates[0]!
    newcomer.latencyMs = 0
    const pick = peakEwma(candidates, random)
    steady(candidates, { pick: () => pick(all), random, concurrency: 80, picks: 5000 })
    const others = candidates.slice(1).reduce((sum, c) => sum + c.inFlight, 0) / 3
    expect(newcomer.inFlight).to.be.within(others / 4, others)
  })
})
