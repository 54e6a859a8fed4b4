// docs/adopting.md: its programs run, and the sessions of a step are as long-lived as it says.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assert } from 'chai'
import { lastingPorts } from '../demo/ports.ts'
import { call, closing } from './support/clients.ts'
import { pause } from './support/raw.ts'
import { type RedisServer, startRedis } from './support/redis.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

describe('docs/adopting.md', () => {
  const keep = closing()
  const page = readFileSync(join(ROOT, 'docs/adopting.md'), 'utf8')
  const programs = new Map(
    page
      .split(/^## /m)
      .slice(1)
      .flatMap(step => [...step.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, text]) => [step[0]!, text!] as const)),
  )
  // Below the root, so that 'outrigger' is this package.
  const folder = join(ROOT, '.outrigger', `adopting-${process.pid}`)
  let redis: RedisServer
  before(async () => {
    redis = await startRedis()
    mkdirSync(folder, { recursive: true })
    for (const [step, text] of programs) writeFileSync(join(folder, `step${step}.mjs`), text)
  })
  after(async () => {
    rmSync(folder, { recursive: true, force: true })
    await redis.close()
  })

  async function start(step: string, port: number): Promise<ChildProcess> {
    const env = { ...process.env, PORT: String(port), REDIS_URL: redis.url }
    const child = spawn(process.execPath, [`step${step}.mjs`], { cwd: folder, env, stdio: 'ignore' })
    await keep({ close: () => child.kill('SIGKILL') })
    for (let left = 500; left > 0 && child.exitCode === null; left--) {
      if ((await call(`127.0.0.1:${port}`, '/livez').catch(() => undefined)) !== undefined) return child
      await pause(20)
    }
    throw new Error(`the program of step ${step} does not answer`)
  }

  it('has programs for the steps 0, 1, 2 and 4', () => {
    assert.deepEqual([...programs.keys()], ['0', '1', '2', '4'])
  })

  for (const [step, after] of Object.entries({ 0: 'visit 1', 1: 'visit 2', 2: 'visit 2', 4: 'visit 2' })) {
    it(`step ${step}: after a restart it is ${after}`, async () => {
      const [port] = await lastingPorts(1)
      const address = `127.0.0.1:${port}`
      const first = await start(step, port!)
      const visit = await call(address)
      assert.equal(visit.text, 'visit 1')
      const exit = once(first, 'exit')
      first.kill('SIGKILL')
      await exit
      await start(step, port!)
      const cookie = visit.headers['set-cookie']![0]!.split(';')[0]!
      assert.equal((await call(address, '/', { headers: { cookie } })).text, after)
      if (step >= '2') assert.equal((await call(address, '/readyz')).status, 200)
    })
  }
})
