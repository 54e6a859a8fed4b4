import { expect } from 'chai'
import { type AmplificationRow, measureAmplification } from '../../../simulate/experiments/retry-amplification.ts'

describe('simulate/experiments/retry-amplification', () => {
  const setting = { seed: Date.now() % 2 ** 31, scale: 0.05 }
  let rows: AmplificationRow[]
  let told: string
  before(() => {
    rows = measureAmplification(setting)
    told = `seed ${setting.seed}: ${JSON.stringify(rows)}`
  })

  it('multiplies without a budget', () => {
    const [three, one] = rows.filter(({ budget }) => budget === undefined)
    expect(three!.mean, told).to.be.closeTo(64, 1)
    expect(one!.mean, told).to.be.closeTo(8, 0.2)
  })

  it('is held by a budget to what that allows at each layer, however often a request may be repeated', () => {
    const held = rows.filter(({ budget, members }) => budget !== undefined && members === 1)
    expect(held).to.have.length(3)
    for (const { mean, computed } of held) expect(mean, told).to.be.closeTo(computed, 0.05 * computed)
    expect(held[0]!.computed, told).to.be.closeTo(1.2 ** 3, 1e-9)
    expect(held[1]!.computed, told).to.equal(held[2]!.computed)
  })

  it('is held as well when a service has several endpoints, of which all fail', () => {
    const [one, several] = rows.slice(-2)
    expect(several, told).to.include({ members: 3, retries: one!.retries, computed: 1 })
    expect(several!.mean, told).to.be.within(1, 1.05 * one!.computed)
  })
})
