import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { assert } from 'chai'

const script = new URL('../../scripts/launch.mjs', import.meta.url).href

/** The launched: says when it is there, and which signals it gets. */
const CHILD = `
  setInterval(() => {}, 1_000)
  const say = text => process.stdout.write(text + '\\n')
  for (const signal of ['SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      say(signal)
      setTimeout(() => process.exit(3), signal === 'SIGHUP' ? 1_500 : 0)
    })
  }
  say('ready')`

/** What run.mjs does with it. */
const RUN = `
  import { launch } from ${JSON.stringify(script)}
  process.exitCode = await launch(['-e', ${JSON.stringify(CHILD)}])
  process.stdout.write('code ' + process.exitCode)`

describe('scripts/launch', () => {
  it('ends what it has launched when npm alone is killed', async () => {
    const npm = start(`
      const { spawn } = require('node:child_process')
      spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(RUN)}], { stdio: 'inherit' })`)
    await npm.says('ready')
    npm.process.kill('SIGKILL')
    // The pipe ends with the last process that has it.
    assert.equal(await npm.all(), 'ready\nSIGTERM\ncode 3')
  })

  it('passes on a signal, once, even if npm is gone then', async () => {
    const npm = start(`
      const { spawn } = require('node:child_process')
      const run = spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(RUN)}], { stdio: 'inherit' })
      process.on('SIGUSR2', () => {
        run.kill('SIGHUP')
        process.kill(process.pid, 'SIGKILL')
      })`)
    await npm.says('ready')
    npm.process.kill('SIGUSR2')
    assert.equal(await npm.all(), 'ready\nSIGHUP\ncode 3')
  })
})

function start(code: string) {
  const env = { ...process.env, npm_lifecycle_event: 'start' }
  const child = spawn(process.execPath, ['-e', code], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', chunk => {
    text += chunk
  })
  const closed = once(child.stdout, 'close')
  return {
    process: child,
    async says(line: string) {
      while (!text.includes(line)) await once(child.stdout, 'data')
    },
    async all() {
      await closed
      return text
    },
  }
}
