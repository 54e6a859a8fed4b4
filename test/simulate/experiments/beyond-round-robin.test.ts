import { expect } from 'chai'
import {
  beyondRoundRobin,
  measureSlowHost,
  type SlowHostRow,
} from '../../../simulate/experiments/beyond-round-robin.ts'

describe('simulate/experiments/beyond-round-robin', () => {
  const setting = { seed: Date.now() % 2 ** 31, scale: 0.05 }
  const find = (name: string) => rows.find(({ balance }) => balance === name)!
  let rows: SlowHostRow[]
  let told: string
  before(() => {
    rows = measureSlowHost(setting)
    told = `seed ${setting.seed}: ${JSON.stringify(rows)}`
  })

  it('loses a turn in eleven for half of the time with round-robin', () => {
    expect(find('round-robin').withinSecond, told).to.be.closeTo(1 - 1 / 22, 1e-3)
  })

  it('loses less by counting, and least by measuring', () => {
    const served = ['round-robin', 'two-choices', 'peak-ewma'].map(name => find(name).withinSecond)
    expect(served[1], told).to.be.greaterThan(served[0]! + 0.03)
    expect(served[2], told).to.be.greaterThan(served[1]! + 0.003)
    expect(find('least-connections').withinSecond, told).to.be.greaterThan(served[0]! + 0.03)
  })

  it('reproduces what the article says', () => {
    const { table } = beyondRoundRobin.run(setting)
    expect(
      table.notes.filter(note => note.startsWith('Differs')),
      told,
    ).to.deep.equal([])
  })

  it('loses next to nothing once time-outs eject, whatever balances', () => {
    for (const { balance, ejection, timeout } of rows) {
      expect(ejection, `${balance}, ${told}`).to.be.greaterThan(0.997)
      expect(ejection, `${balance}, ${told}`).to.be.greaterThan(timeout)
    }
  })
})
