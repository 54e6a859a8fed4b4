/**
 * Clients with sessions, each with one request at a time on kept connections. A client knows two addresses, as from DNS:
 * it goes to the other one when a connection is refused (nothing was sent then) and when it is told `Connection: close`.
 * It repeats nothing that was sent. Whatever else happens to it is a failure.
 */
import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Random } from '../../sidecar/model/candidate.ts'
import { pause } from '../support/raw.ts'

export interface Visitors {
  readonly requests: number
  readonly writes: number
  /** What went wrong, in words. */
  readonly failures: readonly string[]
  /** Ends them; each looks a last time whether all that it has written is there. */
  stop(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly text: string
}

export function startVisitors(edges: readonly string[], count: number, think: number, random: Random): Visitors {
  const failures: string[] = []
  let [requests, writes, over] = [0, 0, false]
  const done = Array.from({ length: count }, (_, i) => visit(`visitor ${i + 1}`, i % edges.length))

  async function visit(name: string, first: number): Promise<void> {
    const client = createClient(edges, first)
    let written = 0
    const ask = async (method: string, path: string) => {
      requests++
      const answer = await client.ask(method, path).catch((error: Error) => ({ status: 0, text: error.message }))
      const what = judge(answer, { user: name, written })
      if (what !== undefined) failures.push(`${name}: ${method} ${path} after ${written} writes: ${what}`)
      return what === undefined
    }
    await pause(random() * think)
    await ask('POST', `/login?name=${encodeURIComponent(name)}`)
    while (!over) {
      await pause(think * (0.5 + random()))
      if (random() < 0.5) await ask('GET', '/')
      else {
        written++
        // What came of it is not known then.
        if (!(await ask('POST', '/write'))) return
        writes++
      }
    }
    await ask('GET', '/')
    client.close()
  }

  return {
    get requests() {
      return requests
    },
    get writes() {
      return writes
    },
    failures,
    async stop() {
      over = true
      await Promise.all(done)
    },
  }
}

/** What is wrong with an answer, in words. */
function judge({ status, text }: Answer, expected: { user: string; written: number }): string | undefined {
  if (status !== 200) return `${status} ${text.slice(0, 200)}`
  const { user, written } = JSON.parse(text)
  if (user !== expected.user) return `logged out: the user is ${user}`
  if (written !== expected.written) return `${expected.written} written, ${written} there`
  return undefined
}

function createClient(edges: readonly string[], first: number) {
  const agents = edges.map(() => new Agent({ keepAlive: true, maxSockets: 1 }))
  let at = first
  let cookie = ''

  function send(method: string, path: string): Promise<IncomingMessage> {
    const [host, port] = edges[at]!.split(':')
    return new Promise((resolve, reject) => {
      const outgoing = request({ host, port, path, method, headers: { cookie }, agent: agents[at]! }, resolve)
      outgoing.once('error', reject).end()
    })
  }

  return {
    async ask(method: string, path: string): Promise<Answer> {
      for (let left = edges.length; ; ) {
        try {
          const answer = await send(method, path)
          if (answer.headers.connection === 'close') at = (at + 1) % edges.length
          cookie = answer.headers['set-cookie']?.[0]?.split(';')[0] ?? cookie
          return { status: answer.statusCode!, text: await text(answer) }
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED' || --left === 0) throw error
          at = (at + 1) % edges.length
        }
      }
    },
    close() {
      for (const agent of agents) agent.destroy()
    },
  }
}
