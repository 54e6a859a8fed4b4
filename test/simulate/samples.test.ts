import { expect } from 'chai'
import { dice } from '../../simulate/dice.ts'
import { createSamples, marginOf, meanOf } from '../../simulate/samples.ts'

describe('simulate/samples', () => {
  it('say nothing when there are none', () => {
    const samples = createSamples()
    expect([samples.mean(), samples.quantile(0.5), samples.within(1)].every(Number.isNaN)).to.equal(true)
  })

  it('keep all that is added', () => {
    const samples = createSamples()
    for (let n = 5_000; n >= 1; n--) samples.add(n)
    expect(samples.count).to.equal(5_000)
    expect(samples.mean()).to.equal(2_500.5)
    expect([0, 0.5, 0.99, 1].map(share => samples.quantile(share))).to.deep.equal([1, 2_500, 4_950, 5_000])
    expect(samples.within(1_000)).to.equal(0.2)
    samples.add(0)
    expect(samples.quantile(0), 'sorted again').to.equal(0)
  })

  it('come in twenty batches, in their order', () => {
    const samples = createSamples()
    for (let n = 0; n < 45; n++) samples.add(n)
    expect(samples.batches()).to.deep.equal(Array.from({ length: 20 }, (_, i) => 2 * i + 0.5))
  })

  it('have a margin that holds the true mean 95 times in 100', () => {
    const seed = Date.now() % 2 ** 31
    const random = dice(seed, 'margin')
    let held = 0
    for (let trial = 0; trial < 1_000; trial++) {
      const batches = Array.from({ length: 20 }, random)
      if (Math.abs(meanOf(batches) - 0.5) <= marginOf(batches)) held++
    }
    // Six standard deviations of the trials themselves.
    expect(held, `seed ${seed}`).to.be.within(950 - 42, 950 + 42)
  })
})
