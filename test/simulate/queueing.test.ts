import { expect } from 'chai'
import { exponential } from '../../simulate/dice.ts'
import { measureStay } from '../../simulate/queueing.ts'
import { atRandom, firstToBeFree } from '../../simulate/references.ts'
import { anyService, oneQueue, supermarket } from '../../simulate/theory.ts'

// What needs no balancer of ours is known exactly: so the simulator is right, too.
describe('simulate/queueing', () => {
  const setting = { seed: Date.now() % 2 ** 31, scale: 1 }
  const queues = { name: 'test', hosts: 5, load: 0.7, mean: 10, service: exponential, requests: 200_000 }

  it('finds M/M/1 when members are drawn at random', () => {
    const { mean, margin, p50, p99 } = measureStay(queues, () => atRandom, setting)
    const expected = 10 * supermarket(0.7, 1)
    expect(mean, `seed ${setting.seed}`).to.be.closeTo(expected, 0.1 * expected)
    expect(margin, `seed ${setting.seed}`).to.be.lessThan(0.1 * expected)
    // The time in M/M/1 is exponential itself.
    expect(p50, `seed ${setting.seed}`).to.be.closeTo(Math.LN2 * expected, 0.1 * expected)
    expect(p99, `seed ${setting.seed}`).to.be.closeTo(Math.log(100) * expected, 0.6 * expected)
  })

  it('finds M/M/n when all wait in one queue', () => {
    const { mean } = measureStay(queues, firstToBeFree, setting)
    expect(mean, `seed ${setting.seed}`).to.be.closeTo(10 * oneQueue(0.7, 5), 0.8)
  })

  it('finds M/D/1 when the service takes always the same time', () => {
    const constant = { ...queues, service: (mean: number) => () => mean }
    const { mean } = measureStay(constant, () => atRandom, setting)
    expect(mean, `seed ${setting.seed}`).to.be.closeTo(10 * anyService(0.7, 0), 1.5)
  })
})
