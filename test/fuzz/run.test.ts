import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { assert } from 'chai'

const script = fileURLToPath(new URL('../../fuzz/run.ts', import.meta.url))

describe('fuzz/run', () => {
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, ...args], {
      encoding: 'utf8',
    })
    return { status, stdout, stderr }
  }

  it('says what it takes', () => {
    const { status, stdout, stderr } = run('--help')
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /^npm run fuzz -- \[options\]\n[\s\S]*--seconds[\s\S]*--seed[\s\S]*--iterations[\s\S]*--help/)
  })

  for (const [args, message] of [
    [['--fast'], "Unknown option '--fast'"],
    [['now'], "Unexpected argument 'now'"],
    [['--seed'], "Option '--seed <value>' argument missing"],
    [['--seconds', '10s'], '--seconds wants a number; "10s" is none'],
    [['--iterations', ''], '--iterations wants a number; "" is none'],
  ] as const) {
    it(`refuses ${args.join(' ')}`, () => {
      assert.deepEqual(run(...args), { status: 2, stdout: '', stderr: `${message}; see npm run fuzz -- --help\n` })
    })
  }

  it('runs', () => {
    const { status, stdout, stderr } = run('--iterations', '3', '--seed', '5')
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /^seed 5, 60 s, [\s\S]*\n3 iterations/)
  })
})
