import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assert } from 'chai'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('scripts/reporter', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'outrigger-reporter-'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  const run = (text: string) => {
    writeFileSync(join(folder, 'a.cjs'), text)
    const report = join(folder, 'report.json')
    const args = [
      'node_modules/mocha/bin/mocha.js',
      '--no-config',
      '--reporter',
      'scripts/reporter.mjs',
      '--reporter-option',
      'linger=100',
    ]
    const { status, stdout, stderr } = spawnSync(process.execPath, [...args, join(folder, 'a.cjs')], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, OUTRIGGER_TEST_REPORT: report },
    })
    const { passes, failures, pending } = JSON.parse(readFileSync(report, 'utf8'))
    return { status, stdout, stderr, passes, failures, pending }
  }

  it('counts what passed, failed and was skipped', () => {
    const {
      status,
      stdout,
      stderr: _,
      ...counts
    } = run("it('a', () => {}); it('b', () => {}); it.skip('c', () => {}); it('d', () => { throw Error('no') })")
    assert.deepEqual(counts, { passes: 2, failures: 1, pending: 1 })
    assert.match(stdout, /a\.cjs +2 passed, 1 FAILED, 1 skipped, \d+ ms/)
    assert.equal(status, 1)
  })

  it('counts a hook that failed', () => {
    const { status, passes, failures } = run(
      "describe('a', () => { before(() => { throw Error('no') }); it('b', () => {}) })",
    )
    assert.deepEqual([passes, failures], [0, 1])
    assert.equal(status, 1)
  })

  it('ends a run that something keeps open, and fails it', () => {
    const { status, stderr } = run("it('a', () => { setInterval(() => {}, 1000) })")
    assert.match(stderr, /Still open 0\.1 s after the last test: .*Timeout/)
    assert.equal(status, 1)
  })
})
