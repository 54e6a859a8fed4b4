import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const MODULE = fileURLToPath(new URL('../../dist/sidecar/young-generation.js', import.meta.url))
const MIB = 1024 * 1024

// In processes of their own: the flag is for all of a process, and cannot be taken back.
describe('young generation', () => {
  function grown(limit: string): number {
    const script = `
      const { limitYoungGeneration, youngGeneration } = await import(${JSON.stringify(MODULE)})
      ${limit}
      // It looks now and then.
      await new Promise(resolve => setTimeout(resolve, 700))
      let keep = []
      for (let round = 0; round < 40; round++) {
        for (let i = 0; i < 200_000; i++) {
          keep.push({ i })
          if (keep.length > 60_000) keep = keep.slice(30_000)
        }
        await new Promise(resolve => setTimeout(resolve, 1))
      }
      console.log(youngGeneration())`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    expect(stderr).to.equal('')
    return Number(stdout)
  }

  it('stops growing when it is enough, on this version of Node', () => {
    const free = grown('')
    const limited = grown('limitYoungGeneration(1)')
    expect(free, 'without a limit').to.be.at.least(16 * MIB)
    expect(limited).to.be.below(free)
  })
})
