import { expect } from 'chai'
import { type HeavyTailRow, measureHeavyTail } from '../../../simulate/experiments/heavy-tail.ts'

describe('simulate/experiments/heavy-tail', () => {
  const setting = { seed: Date.now() % 2 ** 31, scale: 0.1 }
  let rows: HeavyTailRow[]
  let told: string
  before(() => {
    rows = measureHeavyTail(setting)
    told = `seed ${setting.seed}: ${JSON.stringify(rows)}`
  })

  for (const load of [0.7, 0.9]) {
    it(`waits least by the oracle, then by all, by two, by one, at ${load}`, () => {
      const order = ['oracle', 'least-connections', 'two-choices', 'random']
      const found = order.map(name => rows.find(row => row.load === load && row.balance === name)!)
      for (const figure of ['mean', 'p99'] as const) {
        const values = found.map(row => row[figure])
        expect(values, `${figure}, ${told}`).to.deep.equal([...values].sort((a, b) => a - b))
      }
    })
  }

  it('waits at random for as long as Pollaczek and Khinchine say, as far as so few requests can tell', () => {
    const { mean, computed } = rows[0]!
    expect(mean, told).to.be.within(0.4 * computed!, 2.5 * computed!)
  })
})
