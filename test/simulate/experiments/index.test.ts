import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { withRun } from '../../../bench/page.ts'
import type { Report } from '../../../simulate/experiment.ts'
import { experiments } from '../../../simulate/experiments/index.ts'

describe('simulate/experiments', () => {
  const seed = Date.now() % 2 ** 31
  const scale = 0.02
  const page = readFileSync(new URL('../../../docs/balancing.md', import.meta.url), 'utf8')

  for (const [name, experiment] of Object.entries(experiments)) {
    describe(name, () => {
      let rows: Report['rows']
      let table: Report['table']
      before(() => {
        const report = experiment.run({ seed, scale })
        rows = report.rows
        table = report.table
      })

      it('finds the same with the same seed', () => {
        expect(experiment.run({ seed, scale }), `seed ${seed}`).to.deep.equal({ rows, table })
      })

      it('finds something else with another', () => {
        expect(experiment.run({ seed: seed + 1, scale }).rows, `seed ${seed}`).not.to.deep.equal(rows)
      })

      it('has a table as wide as its head, with its source and a verdict', () => {
        for (const row of table.rows) expect(row).to.have.length(table.head.length)
        expect(table.rows).to.have.length(rows.length)
        expect(JSON.stringify(rows), 'no figure is missing').not.to.include('null')
        expect(table.notes.filter(note => /^(?:Published|Computed):/.test(note))).to.have.length(1)
        expect(table.notes.some(note => /^(?:Agrees|Differs):/.test(note))).to.equal(true)
      })

      it('is in the documentation', () => {
        expect(page).to.include(`**${table.title}**`)
        expect(page).to.include(`\n- **${name}**: `)
      })
    })
  }

  it('have a place in the documentation', () => {
    expect(withRun(page, 'a new run', 'run')).to.include('\na new run\n')
  })
})
