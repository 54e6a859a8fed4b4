/** A real redis-server that a test starts, stops, kills and freezes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

export interface RedisServer {
  readonly port: number
  readonly url: string
  /** For looking at what is stored; not counted among the `commands`. */
  readonly client: Redis
  /** On the same port, empty. */
  start(): Promise<void>
  /** As a crash: connections are reset, data is lost. */
  kill(): Promise<void>
  /** Keeps connections open and answers nothing. */
  freeze(): void
  thaw(): void
  /** Runs `work`, and says how often clients called which command meanwhile. */
  counting(work: () => Promise<unknown>): Promise<Record<string, number>>
  close(): Promise<void>
}

export async function startRedis(...settings: string[]): Promise<RedisServer> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-redis-'))
  const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => 20 })
  client.on('error', () => {})
  let child: ChildProcess | undefined
  const base = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder]

  async function start() {
    const started = spawn('redis-server', [...base, ...settings], { stdio: 'ignore' })
    const failed = once(started, 'error').then(([error]) => {
      if (error.code === 'ENOENT')
        error.message = 'redis-server is not on the PATH. On Debian: apt-get install redis-server'
      throw error
    })
    child = started
    if (client.status === 'wait') client.connect().catch(() => {})
    const ready = async () => {
      while (!(await client.ping().catch(() => false))) await new Promise(resolve => setTimeout(resolve, 10))
    }
    await Promise.race([ready(), failed])
  }

  async function end(signal: NodeJS.Signals) {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill(signal)
    await exit
  }

  const server: RedisServer = {
    port,
    url: `redis://127.0.0.1:${port}`,
    client,
    start,
    kill: () => end('SIGKILL'),
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async counting(work) {
      await client.config('RESETSTAT')
      await work()
      const info = await client.info('commandstats')
      const found = [...info.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)].map(([, name, calls]) => [name!, Number(calls)])
      for (const own of ['info', 'config|resetstat', 'ping']) {
        const at = found.findIndex(([name]) => name === own)
        if (at !== -1) found.splice(at, 1)
      }
      return Object.fromEntries(found)
    },
    async close() {
      client.disconnect()
      await end('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
  await start()
  return server
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  return port
}
