import { expect } from 'chai'
import { dice, exponential, gaussian } from '../../simulate/dice.ts'

const THROWS = 200_000

describe('simulate/dice', () => {
  const seed = Date.now() % 2 ** 31
  const first = (seed: number, name: string) => {
    const random = dice(seed, name)
    return Array.from({ length: 20 }, random)
  }

  it('are the same for a seed and a name, and others for another of either', () => {
    expect(first(seed, 'gaps')).to.deep.equal(first(seed, 'gaps'))
    expect(first(seed, 'gaps'), `seed ${seed}`).not.to.deep.equal(first(seed, 'work'))
    expect(first(seed, 'gaps'), `seed ${seed}`).not.to.deep.equal(first(seed + 1, 'gaps'))
  })

  it('fall evenly between 0 and 1', () => {
    const random = dice(seed, 'even')
    const tenths = new Array<number>(10).fill(0)
    for (let n = 0; n < THROWS; n++) tenths[Math.floor(random() * 10)]!++
    // Six standard deviations.
    for (const count of tenths) expect(count, `seed ${seed}`).to.be.closeTo(THROWS / 10, 6 * Math.sqrt(THROWS * 0.09))
  })

  it('give exponential times of the mean that was asked for', () => {
    const { mean, variance } = moments(exponential(5, dice(seed, 'exponential')))
    expect(mean, `seed ${seed}`).to.be.closeTo(5, 0.1)
    expect(variance, `seed ${seed}`).to.be.closeTo(25, 1.5)
  })

  it('give normal deviates', () => {
    const { mean, variance } = moments(gaussian(dice(seed, 'normal')))
    expect(mean, `seed ${seed}`).to.be.closeTo(0, 0.02)
    expect(variance, `seed ${seed}`).to.be.closeTo(1, 0.03)
  })

  function moments(draw: () => number): { mean: number; variance: number } {
    let sum = 0
    let squares = 0
    for (let n = 0; n < THROWS; n++) {
      const value = draw()
      sum += value
      squares += value * value
    }
    const mean = sum / THROWS
    return { mean, variance: squares / THROWS - mean * mean }
  }
})
