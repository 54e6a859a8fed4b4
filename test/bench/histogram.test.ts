import { assert } from 'chai'
import { Histogram } from '../../bench/histogram.ts'

describe('bench/histogram', () => {
  it('has percentiles within a percent', () => {
    const histogram = new Histogram()
    for (let ms = 1; ms <= 1_000; ms++) histogram.add(ms)
    assert.approximately(histogram.percentile(50), 500, 5)
    assert.approximately(histogram.percentile(99), 990, 10)
  })

  it('takes anything from nothing to an hour', () => {
    const histogram = new Histogram()
    for (const ms of [0, 3_600_000]) histogram.add(ms)
    assert.approximately(histogram.percentile(50), 0.001, 0.0001)
    assert.isAbove(histogram.percentile(100), 10_000)
  })

  it('is 0 when it is empty', () => assert.equal(new Histogram().percentile(99), 0))
})
