import { expect } from 'chai'
import { measureQueues, type QueueRow } from '../../../simulate/experiments/two-choices.ts'

describe('simulate/experiments/two-choices', () => {
  const setting = { seed: Date.now() % 2 ** 31, scale: 1 }
  const cells = [
    { load: 0.5, hosts: 100, requests: 60_000, single: 60_000 },
    { load: 0.9, hosts: 100, requests: 200_000, single: 200_000 },
  ]
  let rows: QueueRow[]
  let told: string
  before(() => {
    rows = measureQueues(setting, cells)
    told = `seed ${setting.seed}: ${JSON.stringify(rows)}`
  })

  it('follows the law', () => {
    for (const { twoChoices } of rows) {
      expect(twoChoices.ours, told).to.be.closeTo(twoChoices.computed, 0.07 * twoChoices.computed)
    }
    expect(rows[0]!.random!.ours, told).to.be.closeTo(2, 0.1)
  })

  it('is far better than one choice, and not as good as looking at all', () => {
    for (const { random, twoChoices, leastConnections } of rows) {
      expect(twoChoices.ours, told).to.be.within(leastConnections!.ours, random!.ours)
      expect(leastConnections!.ours, told).to.be.greaterThan(0.97 * leastConnections!.computed)
    }
    expect(rows[1]!.random!.ours / rows[1]!.twoChoices.ours, told).to.be.greaterThan(2)
  })
})
