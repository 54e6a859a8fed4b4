import { expect } from 'chai'
import { twoChoices } from '../../../sidecar/balance/two-choices.ts'
import { seeded } from '../../support/random.ts'
import { all, count, manyStubs, type Stub, steady, stubs } from './stubs.ts'

describe('balance: two-choices, in particular', () => {
  it('never picks the worse of a pair', () => {
    const seed = 41
    const random = seeded(seed)
    for (const candidates of [manyStubs(2), manyStubs(1000)]) {
      const pick = twoChoices(candidates, random)
      const pair = [candidates[0]!, candidates[candidates.length - 1]!] as const
      for (let n = 0; n < 2000; n++) {
        for (const c of pair) {
          c.inFlight = Math.floor(random() * 4)
          c.penalty = Math.floor(random() * 2)
        }
        const picked = pick(c => pair.includes(c))!
        const other = pair[0] === picked ? pair[1] : pair[0]
        expect(picked.inFlight + picked.penalty, `seed ${seed}, pick ${n}`).to.be.at.most(
          other.inFlight + other.penalty,
        )
      }
    }
  })

  it('draws two distinct ones: the most loaded of all never wins', () => {
    const candidates = manyStubs(10)
    candidates[3]!.inFlight = 1
    const pick = twoChoices(candidates, seeded(42))
    // Drawn without regard to the first, it would meet itself once in a hundred picks.
    expect(count(candidates, 20_000, () => pick(all))[3]).to.equal(0)
  })

  for (const size of [5, 1000]) {
    it(`draws the pair fairly: of 5 fit ones among ${size} each wins against those that are more loaded`, () => {
      const candidates = manyStubs(size)
      const five = candidates.filter((_, i) => i % (size / 5) === 0)
      for (const [i, c] of five.entries()) c.inFlight = i
      const pick = twoChoices(candidates, seeded(43))
      const counts = count(five, 20_000, () => pick(c => five.includes(c)))
      // Number i wins 4 - i of the 10 pairs. Five standard deviations.
      for (const [i, picked] of counts.entries()) {
        const p = (4 - i) / 10
        expect(picked, String(counts)).to.be.closeTo(20_000 * p, 5 * Math.sqrt(20_000 * p * (1 - p)))
      }
    })
  }

  it('compares load per weight', () => {
    const [heavy, light] = stubs(10, 1) as [Stub, Stub]
    heavy.inFlight = 5
    light.inFlight = 1
    const pick = twoChoices([heavy, light], seeded(44))
    expect(count([heavy, light], 100, () => pick(all))).to.deep.equal([100, 0])
    heavy.inFlight = 30
    expect(count([heavy, light], 100, () => pick(all))).to.deep.equal([0, 100])
  })

  it('keeps to the weights when there are fewer requests than units of weight', () => {
    const random = seeded(45)
    const candidates = stubs(100, 1)
    const pick = twoChoices(candidates, random)
    // The due of the light one is 495; either of the two measures alone would give it none, or 2,500.
    const [, light] = steady(candidates, { pick: () => pick(all), random, concurrency: 20, picks: 50_000 })
    expect(light).to.be.within(250, 1000)
  })

  it('throws a bounded number of dice when hardly anyone is fit', () => {
    const random = seeded(46)
    let thrown = 0
    const candidates = manyStubs(1000)
    const pick = twoChoices(candidates, () => {
      thrown++
      return random()
    })
    for (let n = 0; n < 100; n++) expect(pick(c => c === candidates[n])).to.equal(candidates[n])
    expect(thrown).to.be.at.most(100 * 20)
  })
})
