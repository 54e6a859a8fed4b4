// Cases run several at a time, from the start of their topic; each `it` only waits for its own and says what was wrong.

import { expect } from 'chai'
import type { Case } from './case.ts'
import { topics } from './cases.ts'
import { type Result, runAll } from './run.ts'

describe('conformance battery', () => {
  it('gives every case a name of its own', () => {
    const names = Object.values(topics).flatMap(cases => cases.map(test => test.name))
    const twice = names.filter((name, i) => names.indexOf(name) !== i)
    expect(twice).to.deep.equal([])
  })

  for (const [topic, cases] of Object.entries(topics)) {
    describe(topic, () => {
      let results: ReadonlyMap<Case, Promise<Result>>
      before(async () => {
        const { openOurs } = await import('./ours.ts')
        results = runAll(cases, openOurs)
      })

      for (const test of cases) {
        it(test.name, async () => {
          const { wrong, summary } = await results.get(test)!
          if (wrong !== undefined) expect.fail(`expected ${test.expect.label}: ${wrong} [${summary}]`)
        })
      }
    })
  }
})
