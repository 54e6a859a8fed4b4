import { expect } from 'chai'
import { firstDelay, nextDelay } from '../../../sidecar/health/schedule.ts'
import { seeded } from '../../support/random.ts'

const healthy = { every: 5000, initial: 'healthy' } as const
const unhealthy = { every: 5000, initial: 'unhealthy' } as const

describe('health: schedule', () => {
  it('begins within a second or an interval, and soon where nothing is let in before', () => {
    const latest = (pace: Parameters<typeof firstDelay>[0]) => firstDelay(pace, () => 1)
    expect(latest(healthy)).to.equal(1000)
    expect(latest({ ...healthy, every: 200 })).to.equal(200)
    expect(latest(unhealthy)).to.equal(100)
    expect(latest({ ...unhealthy, every: 20 })).to.equal(20)
    expect(firstDelay(healthy, () => 0)).to.equal(0)
    expect(firstDelay(healthy, () => 0.5)).to.equal(500)
  })

  it('goes on after the interval, 20 % more or less', () => {
    expect([0, 0.5, 1].map(die => nextDelay(healthy, true, () => die))).to.deep.equal([4000, 5000, 6000])
  })

  it('looks twice as often while a verdict is in doubt', () => {
    expect([0, 0.5, 1].map(die => nextDelay(healthy, false, () => die))).to.deep.equal([2000, 2500, 3000])
  })

  it('finds a member that is back healthy within two intervals, if it rises with two', () => {
    // At worst it came back just after a check that failed.
    const worst = nextDelay(healthy, true, () => 1) + nextDelay(healthy, false, () => 1)
    expect(worst).to.be.below(2 * healthy.every)
  })

  it('throws the dice each time, so that members drift apart', () => {
    const random = seeded(91)
    const due = new Array<number>(100).fill(0)
    for (let i = 0; i < 50 * due.length; i++) due[i % due.length]! += nextDelay(healthy, true, random)
    const tenths = new Set(due.map(at => Math.floor((at % healthy.every) / (healthy.every / 10))))
    expect(tenths.size).to.equal(10)
  })
})
