import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

describe('simulate/run', () => {
  const command = fileURLToPath(new URL('../../simulate/run.ts', import.meta.url))

  function run(...args: string[]) {
    return spawnSync(process.execPath, ['--import', 'tsx', command, ...args], { encoding: 'utf8' })
  }

  it('prints the seed and a table', () => {
    const { status, stdout, stderr } = run('beyond-round-robin', '--quick', '--seed', '5')
    expect([status, stderr]).to.deep.equal([0, ''])
    expect(stdout).to.match(/^Seed 5, .*\n\nbeyond-round-robin: /)
  })

  it('prints figures for programs, and nothing else', () => {
    const { status, stdout } = run('beyond-round-robin', '--quick', '--json')
    expect(status).to.equal(0)
    const { seed, scale, ...found } = JSON.parse(stdout)
    expect([seed, scale, Object.keys(found)]).to.deep.equal([1, 0.05, ['beyond-round-robin']])
    expect(found['beyond-round-robin'].rows[0]).to.include({ balance: 'round-robin' })
  })

  it('says what there is when it is asked for something else', () => {
    const { status, stdout, stderr } = run('lottery')
    expect([status, stdout]).to.deep.equal([1, ''])
    expect(stderr).to.include('There is no experiment lottery.')
  })
})
