import { expect } from 'chai'
import { boundedPareto } from '../../simulate/bounded-pareto.ts'
import { dice } from '../../simulate/dice.ts'

describe('simulate/bounded-pareto', () => {
  const seed = Date.now() % 2 ** 31

  it('has the mean that was asked for, and nothing beyond its bounds', () => {
    const draw = boundedPareto(1.5, 100).times(10, dice(seed, 'pareto'))
    const values = Float64Array.from({ length: 200_000 }, draw).sort()
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    expect(mean, `seed ${seed}`).to.be.closeTo(10, 0.3)
    expect(values.at(-1)! / values[0]!, `seed ${seed}`).to.be.within(50, 100.001)
  })

  it('knows its variation', () => {
    const tail = boundedPareto(1.5, 10)
    const draw = tail.times(1, dice(seed, 'pareto'))
    let squares = 0
    for (let n = 0; n < 200_000; n++) squares += draw() ** 2
    expect(tail.variation, `seed ${seed}`).to.be.closeTo(squares / 200_000 - 1, 0.05)
  })

  it('varies the more the longer its longest, and not at all when that is the shortest', () => {
    expect(boundedPareto(1.5, 1_000).variation).to.be.closeTo(9.88, 0.01)
    expect(boundedPareto(1.5, 100).variation).to.be.lessThan(9)
    expect(boundedPareto(1.5, 1 + 1e-6).variation).to.be.closeTo(0, 1e-6)
  })
})
