import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { assert } from 'chai'

const apps = fileURLToPath(new URL('../../../demo/apps', import.meta.url))

describe('demo/apps/freezer', () => {
  const started: ChildProcess[] = []

  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL')
  })

  for (const [what, end] of [
    ['it is asked to end', (freezer: ChildProcess) => freezer.kill('SIGTERM')],
    ['whoever started it is gone', (freezer: ChildProcess) => freezer.disconnect()],
  ] as const) {
    it(`keeps a process stopped until ${what}`, async function () {
      if (process.platform !== 'linux') this.skip() // only /proc tells that a process is stopped
      const frozen = node('-e', 'setInterval(() => {}, 1000)')
      await once(frozen, 'spawn')
      const freezer = node('--import', `file://${apps}/lifeline.mjs`, `${apps}/freezer.mjs`, String(frozen.pid))
      await once(freezer.stdout!, 'data')
      await until(() => stateOf(frozen) === 'T')
      end(freezer)
      const [code] = await once(freezer, 'exit')
      assert.equal(code, 0)
      await until(() => 'RS'.includes(stateOf(frozen)))
    })
  }

  it('minds nothing when that process is gone', async () => {
    const frozen = node('-e', '')
    await once(frozen, 'exit')
    const freezer = node('--import', `file://${apps}/lifeline.mjs`, `${apps}/freezer.mjs`, String(frozen.pid))
    await once(freezer.stdout!, 'data')
    freezer.kill('SIGTERM')
    assert.deepEqual(await once(freezer, 'exit'), [0, null])
  })

  function node(...args: string[]): ChildProcess {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
    started.push(child)
    return child
  }
})

/** As in ps: R and S live, T is stopped. */
function stateOf({ pid }: ChildProcess): string {
  return / \((?:.*)\) (.)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))![1]!
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 5_000; !condition(); await sleep(10)) {
    assert.isBelow(performance.now(), deadline, 'nothing happened')
  }
}
