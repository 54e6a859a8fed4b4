/** Peers as processes, to be killed, frozen and made to misbehave; and a crowd of clients that counts what it gets. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'

export interface Behaviour {
  /** One of the process's peers; all of them when left out. */
  readonly at?: number
  readonly mode?: 'good' | 'bad'
  /** Of the requests that a bad one answers with 503. */
  readonly share?: number
  /** Of a good answer, milliseconds. */
  readonly delay?: number
}

export interface Peers {
  readonly addresses: readonly string[]
  be(behaviour: Behaviour): void
  /** Requests that each has had, without checks. */
  asked(): Promise<readonly number[]>
  signal(name: NodeJS.Signals): void
  /** After a kill: the same ports again. */
  restart(): Promise<void>
  close(): void
}

export async function startPeers(count: number): Promise<Peers> {
  let ports: number[] = Array(count).fill(0)
  let child: ChildProcess
  async function start() {
    child = fork(fileURLToPath(new URL('peer.mjs', import.meta.url)), [JSON.stringify(ports)])
    const [message] = (await once(child, 'message')) as [{ ports: number[] }]
    ports = message.ports
  }
  await start()
  return {
    addresses: ports.map(port => `127.0.0.1:${port}`),
    be: behaviour => void child.send(behaviour),
    async asked() {
      child.send({ asked: true })
      const [message] = (await once(child, 'message')) as [{ asked: number[] }]
      return message.asked
    },
    signal: name => void child.kill(name),
    async restart() {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      await start()
    },
    close: () => void child.kill('SIGKILL'),
  }
}

export interface Crowd {
  readonly requests: number
  /** Since the start or the last `forget`, by what came of them: `503`, `ECONNRESET`. */
  readonly failures: ReadonlyMap<string, number>
  /** Milliseconds. */
  readonly slowest: number
  forget(): void
  stop(): Promise<void>
}

/** So many clients ask one GET after the other, each with that many milliseconds between. */
export function startCrowd(address: string, clients: number, think = 0): Crowd {
  const pool = new Pool(`http://${address}`, { connections: clients, pipelining: 1 })
  const failures = new Map<string, number>()
  let requests = 0
  let slowest = 0
  let stopped = false
  async function client() {
    while (!stopped) {
      const begun = performance.now()
      const failure = await ask()
      slowest = Math.max(slowest, performance.now() - begun)
      requests++
      if (failure !== undefined) failures.set(failure, (failures.get(failure) ?? 0) + 1)
      await new Promise(resolve => setTimeout(resolve, think))
    }
  }
  async function ask(): Promise<string | undefined> {
    try {
      const { statusCode, body } = await pool.request({ method: 'GET', path: '/' })
      const text = await body.text()
      if (statusCode !== 200) return String(statusCode)
      return text === 'fine' ? undefined : 'another answer'
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error)
    }
  }
  const all = Promise.all(Array.from({ length: clients }, client))
  return {
    get requests() {
      return requests
    },
    failures,
    get slowest() {
      return slowest
    },
    forget() {
      requests = 0
      slowest = 0
      failures.clear()
    },
    async stop() {
      stopped = true
      await all
      await pool.destroy()
    },
  }
}
