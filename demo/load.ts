// A closed loop: each client waits for its answer, thinks, and asks again. Every answer has to be the one that belongs to
// the request, whole: each request has an id of its own, which only `orders`, at the far end, puts into the answer.
import { setMaxListeners } from 'node:events'
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Dispatcher, Pool } from 'undici'

export interface Load {
  /** Since the start. */
  readonly total: Tally
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

export interface Tally {
  readonly seconds: number
  readonly requests: number
  readonly failed: number
  /** Milliseconds; of answers of either kind. */
  readonly p50: number
  readonly p99: number
  readonly slowest: number
  /** How often each thing went wrong. */
  readonly reasons: ReadonlyMap<string, number>
}

export function startLoad(url: string): Load {
  const timeouts = { headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS, connectTimeout: PATIENCE_MS }
  const pool = new Pool(new URL(url).origin, { connections: CLIENTS, ...timeouts })
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal)
  const total = createTally()
  let window = createTally()
  const counts = new Set<typeof total>()
  const clients = Array.from({ length: CLIENTS }, (_, i) => client(`customer-${i + 1}`))

  async function client(name: string): Promise<void> {
    await think()
    for (let i = 1; !stopping.signal.aborted; i++) {
      const begun = performance.now()
      const failure = await ask(pool, `${name}-${i}`, i % 4 === 0 ? ORDER : VISIT)
      const ms = performance.now() - begun
      for (const tally of [total, window, ...counts]) tally.add(ms, failure)
      await think()
    }
  }

  function think(): Promise<void> {
    return sleep(2 * THINK_MS * Math.random(), undefined, { signal: stopping.signal }).catch(() => {})
  }

  return {
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

/** One kind of request, and what is wrong with an answer to it. */
interface Kind {
  readonly name: string
  request(id: string): Dispatcher.RequestOptions
  fault(id: string, status: number, body: string): string | undefined
}

const VISIT: Kind = {
  name: 'GET /',
  request: id => ({ method: 'GET', path: `/?customer=${id}` }),
  fault(id, status, body) {
    if (status !== 200) return String(status)
    if (!body.endsWith('</html>\n')) return 'a page without its end'
    return body.includes(`data-customer="${id}"`) ? undefined : 'a page that belongs to another request'
  },
}

const ORDER: Kind = {
  name: 'POST /orders',
  request: id => ({
    method: 'POST',
    path: '/orders',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id, item: 'paddle', quantity: 1 }),
  }),
  fault(id, status, body) {
    if (status !== 201) return String(status)
    return idOf(body) === id ? undefined : 'JSON that belongs to another request'
  },
}

/** Resolves with what went wrong, if anything did. */
async function ask(pool: Pool, id: string, kind: Kind): Promise<string | undefined> {
  try {
    const { statusCode, headers, body } = await pool.request(kind.request(id))
    const text = await body.text()
    const fault = kind.fault(id, statusCode, text)
    if (fault === undefined) return undefined
    const why = headers['x-outrigger-reason'] ?? errorOf(text)
    return `${kind.name} was answered with ${fault}${why === undefined ? '' : ` (${why})`}`
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return `${kind.name} got no answer: ${code ?? message}`
  }
}

function idOf(body: string): unknown {
  try {
    return JSON.parse(body).id
  } catch {
    return undefined
  }
}

/** `web` says in JSON what it could not do. */
function errorOf(body: string): string | undefined {
  return /^\{"error":"([^"]{1,80})/.exec(body)?.[1]
}

function createTally() {
  const begun = performance.now()
  const microseconds: RecordableHistogram = createHistogram()
  const reasons = new Map<string, number>()
  let requests = 0
  let failed = 0
  return {
    add(ms: number, failure: string | undefined): void {
      requests++
      microseconds.record(Math.max(1, Math.round(ms * 1000)))
      if (failure === undefined) return
      failed++
      const reason = reasons.has(failure) || reasons.size < REASONS ? failure : 'other reasons'
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    },
    read(): Tally {
      const at = (percent: number) => (requests === 0 ? 0 : microseconds.percentile(percent) / 1000)
      const seconds = (performance.now() - begun) / 1000
      return { seconds, requests, failed, p50: at(50), p99: at(99), slowest: at(100), reasons: new Map(reasons) }
    },
  }
}

/** An error with an id in its text would otherwise fill the memory. */
const REASONS = 20
