import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { assert } from 'chai'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('demo/start', function () {
  this.timeout(60_000)
  this.slow(10_000)
  const started: Demo[] = []
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'outrigger-test-'))
  })

  afterEach(async () => {
    for (const { child, gone } of started.splice(0)) {
      child.kill('SIGKILL')
      await gone(2_000)
    }
    rmSync(folder, { recursive: true })
  })

  function start(...args: string[]): Demo {
    const demo = startDemo(args, folder)
    started.push(demo)
    return demo
  }

  it('ends by itself, says that no request failed, and leaves no process behind', async () => {
    const demo = start('--for', '3', '--port', '0')
    const { code, stdout, stderr } = await demo.end
    assert.equal(stderr, '')
    assert.match(stdout, /^ +\d+ s +[\d,]+ requests\/s .* web-3 .* orders-3 /m)
    assert.match(stdout, /^0 of [1-9][\d,]* requests failed\n$/m)
    assert.equal(code, 0)
    assert.isTrue(await demo.gone(2_000))
    assert.isEmpty(readdirSync(folder).filter(name => name.startsWith('outrigger')))
  })

  it('serves a page and the admin pages, and ends in order at Ctrl-C', async () => {
    const demo = start('--port', '0')
    const [page, status] = [await demo.printed(/http:\S+\/$/m), await demo.printed(/http:\S+\/status/)]
    assert.match(await (await fetch(page)).text(), /web-[123][\s\S]*orders-[123][\s\S]*Orders of guest/)
    assert.equal(((await (await fetch(status)).json()) as { state: string }).state, 'ready')
    // As a terminal does it: to everyone in the foreground, and npm passes it on once more.
    process.kill(-demo.child.pid!, 'SIGINT')
    process.kill(demo.child.pid!, 'SIGINT')
    const { code, stdout, stderr } = await demo.end
    assert.equal(stderr, '')
    assert.match(stdout, /^0 of [\d,]+ requests failed\n$/m)
    assert.equal(code, 0)
    assert.isTrue(await demo.gone(2_000))
  })

  it('takes all its processes along when it is killed', async function () {
    if (process.platform !== 'linux') this.skip() // only /proc tells whose a process without a parent is
    const demo = start('--port', '0')
    await demo.printed(/http:\S+\/$/m)
    assert.isAtLeast(demo.processes().length, 11)
    demo.child.kill('SIGKILL')
    assert.isTrue(await demo.gone(2_000), demo.processes().join(', '))
  })

  it('says who died, and ends', async function () {
    if (process.platform !== 'linux') this.skip() // only /proc tells which process is the one
    const demo = start('--port', '0')
    await demo.printed(/http:\S+\/$/m)
    process.kill(demo.processes('orders-2')[0]!, 'SIGKILL')
    const { code, stderr } = await demo.end
    assert.equal(stderr, 'orders-2 died unasked: signal SIGKILL\n')
    assert.equal(code, 1)
    assert.isTrue(await demo.gone(2_000))
  })

  it('kills, breaks and freezes instances one after the other, and no request fails', async () => {
    const { code, stdout, stderr } = await start('--for', '12', '--chaos', '--port', '0').end
    assert.equal(stderr, '')
    const told = [...stdout.matchAll(/^ *[\d.]+ s {2}(orders-\d .*)$/gm)].map(([, text]) => text!)
    assert.sameOrderedMembers(
      told.filter(text => !/is seen|serves again/.test(text)),
      [
        'orders-1 is killed (SIGKILL)',
        'orders-1 is started again, on the same port',
        'orders-2 answers 503 in 1 ms',
        'orders-2 is well again',
        'orders-3 is frozen (SIGSTOP)',
        'orders-3 goes on (SIGCONT)',
      ],
    )
    for (const name of ['before', 'orders-1 killed', 'orders-2 failing', 'orders-3 frozen']) {
      assert.match(stdout, new RegExp(`^${name} +[1-9][\\d,]* +0 +[\\d.,]+ ms `, 'm'))
    }
    assert.match(stdout, /^0 of [1-9][\d,]* requests failed\n$/m)
    assert.equal(code, 0)
    assert.isTrue(await started[0]!.gone(2_000))
  })

  it('leaves no process behind when it ends while one of them is frozen', async () => {
    const demo = start('--for', '10', '--chaos', '--port', '0')
    await demo.printed(/orders-3 is frozen/)
    demo.child.kill('SIGINT')
    const { stdout, stderr } = await demo.end
    assert.equal(stderr, '')
    assert.match(stdout, /^orders-3 frozen /m)
    assert.isTrue(await demo.gone(2_000), demo.processes().join(', '))
  })

  it('says in one line that the port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    try {
      const { code, stdout, stderr } = await start('--port', String(port)).end
      assert.equal(stderr, `Port ${port} on 127.0.0.1 is taken. Choose another with --port N; 0 is any free one.\n`)
      assert.deepEqual([code, stdout], [1, ''])
    } finally {
      server.close()
    }
  })

  it('explains itself', async () => {
    const { code, stdout } = await start('--help').end
    assert.include(stdout, '--for SECONDS')
    assert.equal(code, 0)
  })
})

interface Demo {
  readonly child: ChildProcess
  readonly end: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>
  /** Resolves with the first match in what it prints. */
  printed(pattern: RegExp): Promise<string>
  /** Its processes that are there now, itself included; those with this argument. */
  processes(argument?: string): number[]
  /** True when all of them have gone in so many milliseconds; always where nothing tells. */
  gone(ms: number): Promise<boolean>
}

function startDemo(args: readonly string[], folder: string): Demo {
  // Inherited by all that it starts: how they are known when their parent is gone.
  const mark = `OUTRIGGER_DEMO=${randomUUID()}`
  const [name, value] = mark.split('=') as [string, string]
  const child = spawn(process.execPath, ['--import', 'tsx', 'demo/start.ts', ...args], {
    cwd: root,
    env: { ...process.env, [name]: value, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let seen = ''
  child.stdout.on('data', chunk => {
    seen += chunk
  })
  const code = new Promise<number | null>(resolve => child.once('close', resolve))
  const end = Promise.all([code, text(child.stdout), text(child.stderr)])
  const processes = (argument = '') => marked(mark).filter(pid => fileOf(pid, 'cmdline').includes(argument))
  return {
    child,
    end: end.then(([code, stdout, stderr]) => ({ code, stdout, stderr })),
    async printed(pattern) {
      while (!pattern.test(seen)) {
        if (child.exitCode !== null) throw new Error(`ended early: ${seen}${(await end)[2]}`)
        await sleep(20)
      }
      return pattern.exec(seen)![0]
    },
    processes,
    async gone(ms) {
      const deadline = performance.now() + ms
      while (processes().length > 0 && performance.now() < deadline) await sleep(20)
      return processes().length === 0
    },
  }
}

function marked(mark: string): number[] {
  if (process.platform !== 'linux') return []
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.filter(pid => fileOf(Number(pid), 'environ').split('\0').includes(mark)).map(Number)
}

/** Empty for processes that are gone, or not ours. */
function fileOf(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}
