/** One redis-server process of a test's own: on free ports and in a folder of its own, ended with the test run. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

export interface RedisProcess {
  readonly port: number
  readonly url: string
  /** To look at what is stored, and to configure; reconnects by itself. */
  readonly client: Redis
  /** After a `kill`: the same port and folder. Resolves when it answers, by default when it serves. */
  start(answers?: 'serves' | 'speaks'): Promise<void>
  /** As a crash: connections are reset. */
  kill(): Promise<void>
  /** Keeps connections open and answers nothing. */
  freeze(): void
  thaw(): void
  close(): Promise<void>
}

export interface Launch {
  readonly port?: number
  /** As on a command line: `['--appendonly', 'yes']`. */
  readonly settings?: readonly string[]
  /** Text of a configuration file; it is run as a sentinel then. */
  readonly sentinel?: string
}

export async function launch({ port: wanted, settings = [], sentinel }: Launch = {}): Promise<RedisProcess> {
  const port = wanted ?? (await freePort())
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-redis-'))
  const secret = settings.indexOf('--requirepass')
  const client = new Redis(port, '127.0.0.1', {
    ...{ lazyConnect: true, retryStrategy: () => 20, enableReadyCheck: false },
    ...(secret === -1 ? {} : { password: settings[secret + 1]! }),
  })
  client.on('error', () => {})
  let child: ChildProcess | undefined
  const base = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
  if (sentinel !== undefined) await writeFile(join(folder, 'sentinel.conf'), sentinel)
  const argv =
    sentinel === undefined
      ? [...base, '--save', '', '--appendonly', 'no', ...settings]
      : [join(folder, 'sentinel.conf'), '--sentinel', ...base]
  const onExit = () => child?.kill('SIGKILL')
  process.on('exit', onExit)

  async function start(answers: 'serves' | 'speaks' = 'serves') {
    const started = spawn('redis-server', argv, { stdio: 'ignore' })
    const failed = once(started, 'error').then(([error]) => {
      if (error.code === 'ENOENT')
        error.message = 'redis-server is not on the PATH. On Debian: apt-get install redis-server'
      throw error
    })
    child = started
    if (client.status === 'wait') client.connect().catch(() => {})
    const loads = (error: Error) => answers === 'speaks' && /^LOADING/.test(error.message)
    const ready = until('redis-server answers', () => client.ping().catch(loads))
    await Promise.race([ready, failed])
  }

  async function end() {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    child.kill('SIGCONT')
    await exit
  }

  await start()
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    client,
    start,
    kill: end,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async close() {
      process.off('exit', onExit)
      client.disconnect()
      await end()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  return port
}

/** Polls until `reached`; throws after `ms`. */
export async function until(what: string, reached: () => unknown, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; ; ) {
    if (await reached()) return
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
