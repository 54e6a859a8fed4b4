import { expect } from 'chai'
import { fullJitter, growing } from '../../../sidecar/resilience/backoff.ts'
import { seeded } from '../../support/random.ts'

const LAST = 1 - 2 ** -32
const retries = { least: 25, most: 250 }
const ejections = { least: 1000, most: 60_000 }

describe('resilience: backoff', () => {
  it('jitters the whole step, which doubles up to the most', () => {
    const upTo = [0, 1, 2, 3, 4, 50].map(nth => Math.ceil(fullJitter(retries, nth, () => LAST)))
    expect(upTo).to.deep.equal([25, 50, 100, 200, 250, 250])
    for (const nth of [0, 1, 50]) expect(fullJitter(retries, nth, () => 0)).to.equal(0)
    expect(fullJitter(retries, 1, () => 0.5)).to.equal(25)
  })

  it('spreads evenly', () => {
    const random = seeded(61)
    const tenths = new Array(10).fill(0)
    for (let i = 0; i < 10_000; i++) tenths[Math.floor(fullJitter(retries, 4, random) / 25)]++
    // Five standard deviations of the binomial.
    for (const count of tenths) expect(count).to.be.closeTo(1000, 5 * Math.sqrt(10_000 * 0.09))
  })

  it('grows from the least to the most, never shorter than said and at most half longer', () => {
    const said = [0, 1, 2, 5, 6, 7].map(level => growing(ejections, level, () => 0))
    expect(said).to.deep.equal([1000, 2000, 4000, 32_000, 60_000, 60_000])
    expect(growing(ejections, 0, () => 0.5)).to.equal(1250)
    const random = seeded(62)
    for (let i = 0; i < 1000; i++) expect(growing(ejections, 3, random)).to.be.within(8000, 12_000)
  })

  it('is a number at any height', () => {
    for (const many of [53, 1023, 1024, 1e9, Number.MAX_SAFE_INTEGER]) {
      expect(growing(ejections, many, () => 0)).to.equal(60_000)
      expect(fullJitter(retries, many, () => 0.5)).to.equal(125)
      expect(growing({ least: 0, most: 0 }, many, () => 0.5)).to.equal(0)
      expect(fullJitter({ least: 0, most: 100 }, many, () => 0.5)).to.equal(0)
    }
  })
})
