/** Instances of an app with state in memory, as processes, behind a balancer that knows nothing of clients. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Call, call, type Reply } from './clients.ts'

export const KEY = 'the key of these tests'

export interface Instance {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly child: ChildProcess
  /** The next message with this word. */
  said(word: string): Promise<unknown>
  counts(): Promise<Record<string, number>>
  kill(signal?: NodeJS.Signals): Promise<void>
}

export interface Site {
  readonly instances: readonly Instance[]
  /** Of the balancer: one connection to each in turn; who refuses is passed over. */
  readonly address: string
  add(instance: Instance): void
  close(): Promise<void>
}

/** `options` and what else the app takes; `of` the addresses of all. */
export interface Order {
  readonly kind?: 'express' | 'koa'
  readonly parsesFirst?: boolean
  /** Says 100 itself. */
  readonly continues?: boolean
  readonly drains?: object
  options(nth: number, addresses: readonly string[]): object
}

export async function startSite(count: number, order: Order): Promise<Site> {
  const ports = await freePorts(count)
  const addresses = ports.map(port => `127.0.0.1:${port}`)
  const instances = await Promise.all(
    ports.map((port, nth) => startInstance(port, order.options(nth, addresses), order)),
  )
  const sockets = new Set<Socket>()
  let turn = 0
  const balancer = createServer({ allowHalfOpen: true }, client => {
    sockets.add(client.on('error', () => {}).on('close', () => sockets.delete(client)))
    const attempt = (left: number) => {
      if (left === 0) return void client.destroy()
      const { port } = instances[turn++ % instances.length]!
      const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      let connected = false
      server.on('connect', () => {
        connected = true
        client.pipe(server).pipe(client)
        client.on('close', () => server.destroy())
      })
      server.on('error', () => (connected ? client.destroy() : attempt(left - 1)))
    }
    attempt(instances.length)
  })
  balancer.listen(0, '127.0.0.1')
  await once(balancer, 'listening')
  return {
    instances,
    address: `127.0.0.1:${(balancer.address() as AddressInfo).port}`,
    add: instance => void instances.push(instance),
    async close() {
      balancer.close()
      for (const socket of sockets) socket.destroy()
      await Promise.all(instances.map(each => each.kill()))
    },
  }
}

export async function startInstance(
  port: number,
  options: object,
  order: Omit<Order, 'options'> = {},
): Promise<Instance> {
  const script = fileURLToPath(new URL('./sticky-app.mjs', import.meta.url))
  const { kind, parsesFirst, continues, drains } = order
  const shape = JSON.stringify({ kind, parsesFirst, continues, drains, port, options: { key: KEY, ...options } })
  // They are told that Redis is away.
  const env = { ...process.env, NODE_NO_WARNINGS: '1' }
  const child = fork(script, [shape], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const exit = once(child, 'exit')
  const said = async (word: string) => {
    for (;;) {
      const [message] = (await once(child, 'message')) as [Record<string, unknown>]
      if (word in message) return message[word]
    }
  }
  const name = String(await said('ready'))
  return {
    name,
    port,
    address: `127.0.0.1:${port}`,
    child,
    said,
    async counts() {
      const counts = said('counts')
      child.send('seen')
      return (await counts) as Record<string, number>
    },
    async kill(signal = 'SIGKILL') {
      if (child.exitCode !== null || child.signalCode !== null) return
      if (signal === 'SIGKILL') child.kill('SIGCONT')
      child.kill(signal)
      await exit
    },
  }
}

export async function freePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(probes.map(probe => once(probe, 'listening')))
  const ports = probes.map(probe => (probe.address() as AddressInfo).port)
  await Promise.all(probes.map(probe => new Promise(resolve => probe.close(resolve))))
  return ports
}

/** A browser's worth of cookies. */
export class Visitor {
  pin = ''
  /** Pins that it was given. */
  pinned = 0
  readonly who: string

  constructor(who: string) {
    this.who = who
  }

  async ask(
    address: string,
    path = `/count?who=${encodeURIComponent(this.who)}`,
    { headers, ...rest }: Call = {},
  ): Promise<Reply> {
    const cookie: Record<string, string> = this.pin === '' ? {} : { cookie: `theme=dark; ${this.pin}` }
    const reply = await call(address, path, { ...rest, headers: { ...cookie, ...headers } })
    const set = reply.headers['set-cookie']?.find(each => each.startsWith('outrigger_pin='))
    if (set !== undefined) {
      this.pinned++
      this.pin = set.split(';', 1)[0]!
    }
    return reply
  }

  /** Where it was counted, and as which visit. */
  async count(address: string): Promise<{ name: string; count: number }> {
    const { status, text } = await this.ask(address)
    if (status !== 200) throw new Error(`${status}: ${text}`)
    return JSON.parse(text)
  }
}
