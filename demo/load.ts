// A closed loop: each client signs in, and then waits for its answer, thinks, and asks again. Every answer has to be the
// one that belongs to the request, whole, and every page has to know its visitor: see visitor.ts.
import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { ask, type Question } from './ask.ts'
import { createTally, type OpenTally, type Tally } from './tally.ts'
import { createVisitor, type Kept } from './visitor.ts'

export interface Load {
  /** Since the start. */
  readonly total: Tally
  readonly kept: Readonly<Kept>
  /** Since it was last asked. */
  lately(): Tally
  /** From now on, until it is stopped. */
  count(): Count
  /** Nothing new is asked; resolves when what was asked is answered or has had its time. */
  stop(): Promise<void>
}

export interface Count {
  stop(): Tally
}

export function startLoad(url: string): Load {
  const timeouts = { headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS, connectTimeout: PATIENCE_MS }
  const pool = new Pool(new URL(url).origin, { connections: CLIENTS, ...timeouts })
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal)
  const total = createTally()
  let window = createTally()
  const counts = new Set<OpenTally>()
  const kept: Kept = { sessions: 0, changes: 0, lost: 0 }
  const clients = Array.from({ length: CLIENTS }, (_, i) => client(`customer-${i + 1}`))

  async function client(name: string): Promise<void> {
    const visitor = createVisitor(name, kept)
    await think()
    for (let i = 1; !stopping.signal.aborted; i++) {
      // At once: a sign-in is answered with the way to the page, which another instance may have to answer.
      if (!visitor.isSignedIn) await measured(visitor.signIn())
      const id = `${name}-${i}`
      if (i % 8 === 0) await Promise.all(visitor.fillCart().map(measured))
      else await measured(i % 4 === 0 ? visitor.order(id) : visitor.visit(id))
      await think()
    }
  }

  async function measured(question: Question): Promise<void> {
    const begun = performance.now()
    const failure = await ask(pool, question)
    const ms = performance.now() - begun
    for (const tally of [total, window, ...counts]) tally.add(ms, failure)
  }

  function think(): Promise<void> {
    return sleep(2 * THINK_MS * Math.random(), undefined, { signal: stopping.signal }).catch(() => {})
  }

  return {
    kept,
    get total() {
      return total.read()
    },
    lately() {
      const seen = window.read()
      window = createTally()
      return seen
    },
    count() {
      const tally = createTally()
      counts.add(tally)
      return {
        stop() {
          counts.delete(tally)
          return tally.read()
        },
      }
    },
    async stop() {
      stopping.abort()
      const timer = setTimeout(() => pool.destroy(new Error('no answer when the demo ended')), LAST_WAIT_MS)
      await Promise.all(clients)
      clearTimeout(timer)
      await pool.destroy()
    },
  }
}

/** 40 clients that think 80 ms make some 400 requests per second: enough to see, and the machine stays usable. */
const CLIENTS = 40
const THINK_MS = 80
const PATIENCE_MS = 10_000
const LAST_WAIT_MS = 5_000
