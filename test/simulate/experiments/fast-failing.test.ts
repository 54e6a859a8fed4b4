import { expect } from 'chai'
import { type FailingHostRow, measureFailingHost } from '../../../simulate/experiments/fast-failing.ts'
import { shareWhenEven } from '../../../simulate/theory.ts'

describe('simulate/experiments/fast-failing', () => {
  const setting = { seed: Date.now() % 2 ** 31, scale: 0.2 }
  let rows: FailingHostRow[]
  let told: string
  before(() => {
    rows = measureFailingHost(setting)
    told = `seed ${setting.seed}: ${JSON.stringify(rows)}`
  })
  const find = (name: string, means: string) =>
    rows.find(({ balance, against }) => balance === name && against === means)!

  it('loses its turns with round-robin', () => {
    const { errors, half } = find('round-robin', 'nothing')
    for (const share of Object.values(errors)) expect(share, told).to.be.closeTo(0.1, 0.01)
    expect(half.errors, told).to.be.closeTo(0.05, 0.01)
  })

  it('loses the more the higher the load by counting, and no more than when all have as many in flight', () => {
    const { errors, half } = find('least-connections', 'nothing')
    expect(errors[1_000], told).to.be.greaterThan(2 * errors[200])
    expect(errors[5_000], told).to.be.within(errors[1_000], shareWhenEven(1, 9, 20))
    expect(half.share, told).to.be.within(0.12, 0.3)
  })

  it('loses most of an idle service when ties go to the first', () => {
    expect(find('first of the least', 'nothing').errors[200], told).to.be.greaterThan(0.75)
  })

  it('loses next to nothing with either remedy, however much it fails', () => {
    for (const means of ['penalty', 'ejection', 'penalty and ejection']) {
      const { errors, half } = find('least-connections', means)
      for (const share of [...Object.values(errors), half.errors]) expect(share, `${means}, ${told}`).to.be.below(0.01)
    }
  })
})
