import { expect } from 'chai'
import { createTimeline } from '../../simulate/timeline.ts'
import { seeded } from '../support/random.ts'

describe('simulate/timeline', () => {
  it('lets things happen in the order of their times, and at them', () => {
    const seed = Date.now() % 2 ** 31
    const random = seeded(seed)
    const timeline = createTimeline()
    const times = Array.from({ length: 2_000 }, () => Math.floor(random() * 500))
    const happened: { time: number; now: number; order: number }[] = []
    for (const [order, time] of times.entries()) {
      timeline.at(time, () => happened.push({ time, now: timeline.now, order }))
    }
    timeline.run()
    expect(happened).to.have.length(times.length)
    expect(happened.every(({ time, now }) => time === now)).to.equal(true)
    const sorted = [...happened].sort((a, b) => a.time - b.time || a.order - b.order)
    expect(happened, `seed ${seed}`).to.deep.equal(sorted)
  })

  it('takes what is added meanwhile, also for now', () => {
    const timeline = createTimeline()
    const happened: string[] = []
    timeline.at(5, () => {
      happened.push('a')
      timeline.at(5, () => happened.push('c'))
      timeline.at(6, () => happened.push('d'))
    })
    timeline.at(5, () => happened.push('b'))
    timeline.run()
    expect(happened.join('')).to.equal('abcd')
    expect(timeline.now).to.equal(6)
  })

  it('stays in order while as much goes as comes', () => {
    const seed = Date.now() % 2 ** 31
    const random = seeded(seed)
    const timeline = createTimeline()
    let last = 0
    let left = 20_000
    const act = () => {
      expect(timeline.now, `seed ${seed}`).to.be.at.least(last)
      last = timeline.now
      if (left-- > 0) timeline.at(last + random() * 100, act)
    }
    for (let n = 0; n < 50; n++) timeline.at(random() * 100, act)
    timeline.run()
    expect(left).to.equal(-50)
  })

  it('refuses what is over, and what is no time', () => {
    const timeline = createTimeline()
    timeline.at(10, () => expect(() => timeline.at(9, () => {})).to.throw('9 is over: it is 10.'))
    timeline.run()
    expect(() => timeline.at(Number.NaN, () => {})).to.throw(RangeError)
  })
})
