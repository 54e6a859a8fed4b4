import { readFileSync } from 'node:fs'
import { assert } from 'chai'
import { withRun } from '../../bench/page.ts'

describe('bench/page', () => {
  it('replaces what stands between the markers, and nothing else', () => {
    const page = '# A\n<!-- begin: run -->\nold\n<!-- end: run -->\nB\n'
    assert.equal(withRun(page, 'new\n', 'run'), '# A\n<!-- begin: run -->\nnew\n<!-- end: run -->\nB\n')
  })

  it('refuses a page without them', () => {
    assert.throws(
      () => withRun('# A\n<!-- end: run --><!-- begin: run -->', 'new', 'run'),
      /has no <!-- begin: run -->/,
    )
  })

  it('finds them in the documentation', () => {
    const page = readFileSync(new URL('../../docs/benchmarks.md', import.meta.url), 'utf8')
    for (const name of ['run', 'sessions']) assert.include(withRun(page, 'a new run', name), '\na new run\n')
  })
})
