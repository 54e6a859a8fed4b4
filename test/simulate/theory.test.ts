import { expect } from 'chai'
import { anyService, oneQueue, shareWhenEven, supermarket } from '../../simulate/theory.ts'

describe('simulate/theory', () => {
  it('has one choice from M/M/1, two from the sum, and three better than two', () => {
    expect(supermarket(0.9, 1)).to.be.closeTo(10, 1e-9)
    // 1 + 1/4 + 1/64 + 1/16384 + 1/2^30 + ...
    expect(supermarket(0.5, 2)).to.be.closeTo(1.265686, 1e-6)
    expect([0.7, 0.9, 0.95, 0.99].map(load => Number(supermarket(load, 2).toFixed(3)))).to.deep.equal([
      ...[1.614, 2.614, 3.383, 5.432],
    ])
    expect(supermarket(0.9, 3)).to.be.lessThan(supermarket(0.9, 2))
  })

  it('has one queue from Erlang: M/M/1 for one, 1 / (1 - load^2) for two, no waiting for very many', () => {
    expect(oneQueue(0.9, 1)).to.be.closeTo(10, 1e-9)
    expect(oneQueue(0.9, 2)).to.be.closeTo(1 / (1 - 0.81), 1e-9)
    expect(oneQueue(0.5, 1_000)).to.be.closeTo(1, 1e-9)
  })

  it('has any service from Pollaczek and Khinchine: M/M/1 when it is exponential, half the wait when it is constant', () => {
    expect(anyService(0.9, 1)).to.be.closeTo(10, 1e-9)
    expect(anyService(0.9, 0)).to.be.closeTo(5.5, 1e-9)
  })

  it('shares requests by speed when all have as many in flight', () => {
    expect(shareWhenEven(20, 9, 20)).to.be.closeTo(0.1, 1e-9)
    expect(shareWhenEven(1, 9, 20)).to.be.closeTo(20 / 29, 1e-9)
    expect(shareWhenEven(1, 9, 41)).to.be.closeTo(0.82, 1e-9)
  })
})
