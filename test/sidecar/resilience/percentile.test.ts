import { expect } from 'chai'
import { createPercentile, type Percentile } from '../../../sidecar/resilience/percentile.ts'
import { seeded } from '../../support/random.ts'

const ERROR = 0.032

function recording(samples: Iterable<number>): Percentile {
  const percentile = createPercentile()
  for (const ms of samples) percentile.record(ms)
  return percentile
}

const same = (ms: number, times: number) => new Array<number>(times).fill(ms)

/** The smallest sample that is not exceeded by `share` of them. */
function exact(samples: readonly number[], share: number): number {
  return [...samples].sort((a, b) => a - b)[Math.ceil(samples.length * share) - 1]!
}

describe('resilience: percentile', () => {
  it('says nothing before a hundred samples', () => {
    const percentile = recording(same(10, 99))
    expect(percentile.at(0.5)).to.equal(undefined)
    percentile.record(10)
    expect(percentile.at(0.5)).to.be.closeTo(10, 10 * ERROR)
  })

  it('is 3 % off at most, from a tenth of a millisecond to two minutes', () => {
    for (let ms = 0.1; ms <= 120_000; ms *= 1.013) {
      expect(recording(same(ms, 100)).at(0.95), `${ms} ms`).to.be.closeTo(ms, ms * ERROR)
    }
  })

  for (const [what, draw] of Object.entries<(random: () => number) => number>({
    'even ones': random => 1 + 99 * random(),
    'a long tail': random => 5 * Math.exp(6 * random() ** 3),
    'two kinds': random => (random() < 0.7 ? 2 + random() : 300 + 100 * random()),
  })) {
    it(`finds every percentile of ${what}`, () => {
      const random = seeded(71)
      const samples = Array.from({ length: 999 }, () => draw(random))
      const percentile = recording(samples)
      for (const share of [0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999]) {
        const ms = exact(samples, share)
        expect(percentile.at(share), `share ${share}`).to.be.closeTo(ms, ms * ERROR)
      }
    })
  }

  it('finds the only slow one, and what all others are', () => {
    const percentile = recording([...same(1, 199), 5000])
    expect(percentile.at(1)).to.be.closeTo(5000, 5000 * ERROR)
    expect(percentile.at(0.99)).to.be.closeTo(1, ERROR)
  })

  it('counts what it cannot measure as the least or the most', () => {
    for (const ms of [0, -1, Number.NaN, 0.0001]) {
      expect(recording(same(ms, 100)).at(0.5), `${ms}`).to.be.closeTo(0.1, 0.1 * ERROR)
    }
    for (const ms of [120_001, 1e9, Number.POSITIVE_INFINITY]) {
      expect(recording(same(ms, 100)).at(0.5), `${ms}`).to.be.closeTo(120_000, 120_000 * ERROR)
    }
  })

  it('lets old samples fade', () => {
    const percentile = recording(same(100, 10_000))
    const fadedAfter = (share: number) => {
      for (let recorded = 1; recorded <= 10_000; recorded++) {
        percentile.record(10)
        if (percentile.at(share)! < 50) return recorded
      }
      return Number.POSITIVE_INFINITY
    }
    expect(fadedAfter(0.5)).to.be.within(500, 2000)
    expect(fadedAfter(0.95)).to.be.within(1000, 5000)
  })

  it('keeps a thin tail, however often it fades', () => {
    const random = seeded(72)
    const percentile = createPercentile()
    for (let i = 0; i < 200_000; i++) percentile.record(i % 50 === 0 ? 1000 + 1000 * random() : 10)
    expect(percentile.at(0.97)).to.be.closeTo(10, 10 * ERROR)
    expect(percentile.at(0.985)).to.be.within(1000, 2000)
  })

  it('is asked for several shares in turn', () => {
    const percentile = recording(Array.from({ length: 900 }, (_, i) => i + 1))
    for (let i = 0; i < 3; i++) {
      expect(percentile.at(0.5)).to.be.closeTo(450, 450 * ERROR)
      expect(percentile.at(0.9)).to.be.closeTo(810, 810 * ERROR)
    }
  })

  it('notices a change soon, though it does not look each time', () => {
    const percentile = recording(same(10, 200))
    expect(percentile.at(1)).to.be.closeTo(10, 10 * ERROR)
    let recorded = 0
    while (percentile.at(1)! < 100 && recorded < 100) {
      percentile.record(1000)
      recorded++
    }
    expect(recorded).to.be.within(1, 5)
  })
})
