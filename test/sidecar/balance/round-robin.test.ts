import { expect } from 'chai'
import { roundRobin } from '../../../sidecar/balance/round-robin.ts'
import { seeded } from '../../support/random.ts'
import { all, count, manyStubs, stubs } from './stubs.ts'

describe('balance: round-robin, in particular', () => {
  it('gives 5, 1, 1 the sequence a a b a c a a', () => {
    const pick = roundRobin(stubs(5, 1, 1))
    const names = Array.from({ length: 21 }, () => pick(all)!.endpoint.address).join('')
    expect(names).to.equal('aabacaa'.repeat(3))
  })

  it('gives equals their turns in order, whatever their load', () => {
    const candidates = stubs(1, 1, 1)
    candidates[1]!.inFlight = 50
    const pick = roundRobin(candidates)
    expect(Array.from({ length: 6 }, () => pick(all)!.endpoint.address).join('')).to.equal('abcabc')
  })

  it("is nginx's sequence for any weights: what differs from it shows only when the fit ones change", () => {
    const seed = 31
    const random = seeded(seed)
    for (let round = 0; round < 100; round++) {
      const size = 2 + Math.floor(random() * 30)
      const weights = Array.from({ length: size }, () => 1 + Math.floor(random() ** 3 * 100))
      const pick = roundRobin(manyStubs(size, i => weights[i]!))
      const candidates = manyStubs(size)
      for (const expected of nginx(weights, 500)) {
        expect(pick(all)!.endpoint.address, `seed ${seed}, ${weights}`).to.equal(candidates[expected]!.endpoint.address)
      }
    }
  })

  it('passes over one that is not fit without disturbing the others', () => {
    const candidates = stubs(1, 1, 1)
    const pick = roundRobin(candidates)
    pick(all)
    const away = candidates[1]
    expect(Array.from({ length: 4 }, () => pick(c => c !== away)!.endpoint.address).join('')).to.equal('caca')
  })

  it('does not let two who are left of a thousand settle the debts of the thousand', () => {
    const candidates = manyStubs(1000)
    const pick = roundRobin(candidates)
    for (let n = 0; n < 500; n++) pick(all)
    // The first has had its turn, the last has waited for it 500 picks long.
    const left = [candidates[0]!, candidates[999]!]
    const counts = count(left, 20, () => pick(c => left.includes(c)))
    for (const picked of counts) expect(picked, String(counts)).to.be.at.least(9)
  })

  it('neither floods nor forgets one that returns', () => {
    const random = seeded(32)
    const candidates = stubs(3, 2, 1)
    const pick = roundRobin(candidates)
    for (let round = 0; round < 200; round++) {
      const away = candidates[Math.floor(random() * 3)]!
      const length = Math.floor(random() * 40)
      for (let n = 0; n < length; n++) pick(c => c !== away)
      // Two rounds of six, and what may be owed from before: less than a round.
      const counts = count(candidates, 12, () => pick(all))
      for (const [i, picked] of counts.entries()) {
        expect(picked, `round ${round}: ${counts}`).to.be.within(1, 3 * candidates[i]!.endpoint.weight)
      }
    }
  })
})

/** The algorithm as nginx's commit message words it; gives indexes. */
function nginx(weights: readonly number[], picks: number): number[] {
  const total = weights.reduce((sum, w) => sum + w, 0)
  const current = weights.map(() => 0)
  return Array.from({ length: picks }, () => {
    for (const [i, weight] of weights.entries()) current[i]! += weight
    const best = current.indexOf(Math.max(...current))
    current[best]! -= total
    return best
  })
}
