import { expect } from 'chai'
import { createTripwire } from '../../../sidecar/resilience/index.ts'
import { failureRate, slowRate } from '../../../sidecar/resilience/rate.ts'

const RATE = { above: 0.2, of: 5, within: 10_000 }

describe('resilience: rate', () => {
  it('trips above the share, not at it', () => {
    const rate = failureRate(RATE)
    for (let n = 0; n < 8; n++) expect(rate.record(true, 1, n)).to.equal(false)
    expect(rate.record(false, 1, 8)).to.equal(false)
    expect(rate.record(false, 1, 9), '2 of 10').to.equal(false)
    expect(rate.record(false, 1, 10), '3 of 11').to.equal(true)
  })

  it('says nothing of fewer results than it wants', () => {
    const rate = failureRate(RATE)
    for (let n = 0; n < 4; n++) expect(rate.record(false, 1, n)).to.equal(false)
    expect(rate.record(false, 1, 4)).to.equal(true)
  })

  it('forgets what is older than the window', () => {
    const rate = failureRate(RATE)
    for (let n = 0; n < 4; n++) rate.record(false, 1, 0)
    expect(rate.record(false, 1, 11_000)).to.equal(false)
    for (let n = 0; n < 3; n++) rate.record(false, 1, 11_000)
    expect(rate.record(false, 1, 11_001)).to.equal(true)
  })

  it('never trips by a good result, however bad those before it were', () => {
    const rate = failureRate(RATE)
    for (let n = 0; n < 10; n++) rate.record(false, 1, 0)
    expect(rate.record(true, 1, 1)).to.equal(false)
    expect(rate.record(false, 1, 2)).to.equal(true)
  })

  it('begins anew when it is reset', () => {
    const rate = failureRate(RATE)
    for (let n = 0; n < 10; n++) rate.record(false, 1, 0)
    rate.reset()
    expect(rate.record(false, 1, 1)).to.equal(false)
  })

  it('counts what is slow, succeeded or not', () => {
    const rate = slowRate({ ...RATE, above: 0.5, slower: 100 })
    for (let n = 0; n < 3; n++) expect(rate.record(true, 100, n)).to.equal(false)
    expect(rate.record(true, 101, 3)).to.equal(false)
    expect(rate.record(true, 500, 4)).to.equal(false)
    expect(rate.record(false, Number.POSITIVE_INFINITY, 5), '3 of 6').to.equal(false)
    expect(rate.record(true, 101, 6), '4 of 7').to.equal(true)
  })
})

describe('resilience: tripwires together', () => {
  it('trip by any of them, and all hear of everything', () => {
    const both = createTripwire({
      consecutive: 3,
      failureRate: { above: 0.5, of: 4, within: 10_000 },
      slowRate: undefined,
    })
    both.record(false, 1, 0)
    both.record(false, 1, 1)
    expect(both.record(false, 1, 2), 'three in a row').to.equal(true)
    both.record(true, 1, 3)
    expect(both.record(false, 1, 4), '4 of 5').to.equal(true)
  })

  it('leave out the one whose number is infinite', () => {
    const rule = createTripwire({ consecutive: Number.POSITIVE_INFINITY, failureRate: RATE, slowRate: undefined })
    for (let n = 0; n < 4; n++) rule.record(true, 1, 0)
    expect(rule.record(false, 1, 0)).to.equal(false)
  })
})
