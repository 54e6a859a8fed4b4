import { expect } from 'chai'
import { createLimiter, type Limiter } from '../../../sidecar/resilience/limiter.ts'
import { exponential, fixed, longTailed, type Simulation, simulate, summary, WORK } from './simulated-service.ts'

function feed(limiter: Limiter, times: number, ms: number, inFlight = () => limiter.limit) {
  for (let i = 0; i < times; i++) limiter.record(ms, inFlight(), false)
}

describe('resilience: limiter, sample by sample', () => {
  it('starts at the least, and doubles while all of it is used and nothing gets slower', () => {
    const limiter = createLimiter({ least: 5, most: 100 })
    expect(limiter.limit).to.equal(5)
    const seen = [5]
    for (let i = 0; i < 1000; i++) {
      limiter.record(10, limiter.limit, false)
      if (limiter.limit !== seen.at(-1)) seen.push(limiter.limit)
    }
    expect(seen).to.deep.equal([5, 10, 20, 40, 80, 100])
  })

  it('leaves the limit alone while less than half of it is used', () => {
    const limiter = createLimiter({ least: 10, most: 1000 })
    feed(limiter, 1000, 10, () => 4)
    feed(limiter, 1000, 500, () => 4)
    expect(limiter.limit).to.equal(10)
  })

  it('goes down when latency goes up, step by step', () => {
    const limiter = createLimiter({ least: 10, most: 160 })
    feed(limiter, 1000, 10)
    expect(limiter.limit).to.equal(160)
    let lowest = 160
    for (let i = 0; i < 160 * 12; i++) {
      const before = limiter.limit
      limiter.record(10_000, before, false)
      // A probe halves it for a moment, perhaps just after a tenth has gone.
      expect(limiter.limit).to.be.at.least(Math.floor(before * 0.45))
      lowest = Math.min(lowest, limiter.limit)
    }
    expect(lowest).to.be.within(10, 40)
  })

  it('is lowered by what ran into a timeout, if enough was in flight', () => {
    const limiter = createLimiter({ least: 5, most: 100 })
    feed(limiter, 1000, 10)
    expect(limiter.limit).to.equal(100)
    limiter.record(10, 20, true)
    expect(limiter.limit).to.equal(100)
    limiter.record(10, 100, true)
    expect(limiter.limit).to.equal(99)
    for (let i = 0; i < 10_000; i++) limiter.record(10, limiter.limit, true)
    expect(limiter.limit).to.equal(5)
  })

  it('stays within its bounds and whole whatever it is told', () => {
    const limiter = createLimiter({ least: 3, most: 50 })
    for (const ms of [0, 1, 1e9, 0, Number.MIN_VALUE, 5]) {
      for (const dropped of [false, true]) {
        for (let i = 0; i < 2000; i++) {
          limiter.record(ms, 50, dropped)
          if (!Number.isInteger(limiter.limit) || limiter.limit < 3 || limiter.limit > 50) {
            expect.fail(`limit ${limiter.limit} after ${ms} ms`)
          }
        }
      }
    }
  })
})

/** Twenty places with 50 ms of work each do 400 requests a second; twice as many come. */
describe('resilience: limiter, before a simulated service', () => {
  for (const seed of [81, 82]) {
    for (const [what, work, tail] of [
      ['always takes the same', fixed, 1],
      ['varies', exponential, 4.6],
      ['has a long tail', longTailed, 10],
    ] as const) {
      it(`settles between the places and twice as many when the work ${what} (seed ${seed})`, () => {
        const seconds = simulate({ seed, work, seconds: 300 })
        for (const from of [60, 120, 180, 240]) {
          const { limit, done, p99 } = summary(seconds, from, from + 60)
          expect(limit, `limit from ${from} s`).to.be.within(20, 40)
          expect(done, `done per second from ${from} s`).to.be.above(370)
          // The tail of the work itself, and a queue of its average.
          expect(p99, `p99 from ${from} s`).to.be.below(WORK * (tail + 2.5))
        }
      })
    }
  }

  for (const places of [1, 5, 100]) {
    it(`finds ${places} places as well`, () => {
      const work: Simulation['work'] = random => exponential(random, 0)
      const load = places / 10
      const seconds = simulate({ seed: 83, work, least: 1, places: () => places, load: () => load, seconds: 300 })
      const { limit, done } = summary(seconds, 100)
      // The headroom of a square root is much for one place.
      expect(limit).to.be.within(places, 2 * places + 4)
      expect(done).to.be.above(places * 20 * 0.9)
    })
  }

  it('is there in a few seconds', () => {
    const { limit, done } = summary(simulate({ seed: 84, work: exponential, seconds: 10 }), 5)
    expect(limit).to.be.within(20, 60)
    expect(done).to.be.above(350)
  })

  it('turns nothing away that the service can do', () => {
    for (const load of [0.3, 0.6, 0.8]) {
      const seconds = simulate({ seed: 85, work: exponential, load: () => load, seconds: 200 })
      expect(summary(seconds, 20).done, `load ${load}`).to.be.closeTo(400 * load, 400 * load * 0.03)
    }
  })

  it('follows a slow spell down, and returns from it', () => {
    const slow = (second: number) => second >= 100 && second < 160
    const work: Simulation['work'] = (random, second) => exponential(random, second) * (slow(second) ? 5 : 1)
    const seconds = simulate({ seed: 86, work, seconds: 400 })
    const before = summary(seconds, 40, 100)
    const during = summary(seconds, 130, 160)
    const soon = summary(seconds, 170, 180)
    const after = summary(seconds, 340, 400)
    expect(during.limit).to.be.within(3, 40)
    expect(during.p99, 'in the spell the work alone has a p99 of 1150').to.be.below(1600)
    expect(soon.done, 'all places at work again').to.be.above(370)
    expect(after.limit).to.be.within(20, 44)
    expect(after.p99).to.be.below(before.p99 * 1.3)
  })

  it('accepts in the end that a service has become slower', () => {
    const work: Simulation['work'] = (random, second) => exponential(random, second) * (second >= 60 ? 3 : 1)
    const { limit, done } = summary(simulate({ seed: 87, work, seconds: 400 }), 300)
    expect(limit).to.be.within(18, 40)
    expect(done).to.be.above((400 / 3) * 0.85)
  })

  it('follows when most of the places are lost', () => {
    const seconds = simulate({
      seed: 88,
      work: exponential,
      places: second => (second >= 60 ? 4 : 20),
      seconds: 300,
    })
    const { limit, done, p99 } = summary(seconds, 200)
    expect(limit).to.be.within(4, 16)
    expect(done).to.be.above(80 * 0.9)
    expect(p99).to.be.below(WORK * 9)
  })

  it('holds a timeout at bay', () => {
    const seconds = simulate({ seed: 89, work: fixed, timeout: 200, load: () => 4, least: 5, seconds: 120 })
    const late = seconds.slice(20).filter(({ p99 }) => p99 >= 200)
    expect(late).to.deep.equal([])
  })

  it('drifts by little when four callers share the service and none sees the others', () => {
    const seconds = simulate({ seed: 90, work: exponential, callers: 4, least: 2, seconds: 600 })
    const early = summary(seconds, 60, 120)
    const late = summary(seconds, 540, 600)
    expect(late.done).to.be.above(380)
    expect(late.p99, `${early.p99} at first`).to.be.below(early.p99 * 1.5)
  })
})
