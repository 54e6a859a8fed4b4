// Health for machines and people: `/livez` says that the process answers, `/readyz` whether it should get requests.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { getHeapStatistics } from 'node:v8'
import { messageOf } from '../errors.ts'
import { refuseUnknown } from '../option-names.ts'
import { isDraining } from './draining.ts'
import { watchEventLoop } from './event-loop.ts'
import { milliseconds } from './milliseconds.ts'
import { wholePath } from './whole-path.ts'

/** Fails by throwing, rejecting, returning false, or by taking too long. */
export type Check = (signal: AbortSignal) => unknown

export interface HealthOptions {
  /** By name. Readiness fails while one of them does. `sessions.ready` of the session middleware is one. */
  checks?: Readonly<Record<string, Check>> | undefined
  /** Milliseconds that a check may take. Default 1000. */
  timeout?: number | undefined
  /** Milliseconds that its result is used again: whoever asks more often costs nothing. Default 1000. */
  cache?: number | undefined
  /** Milliseconds by which the event loop may be late in 99 of 100 cases, lately; above, not ready. Default: no limit. */
  eventLoopDelay?: number | undefined
  /** Share of the heap limit that may be in use; above, not ready. Default: no limit. */
  heap?: number | undefined
  /** Default `/livez`. */
  live?: string | undefined
  /** Default `/readyz`. */
  ready?: string | undefined
  /** Whether answers tell why a check failed: for those who cannot be reached from outside. Default false. */
  details?: boolean | undefined
}

export type HealthState = 'ready' | 'not ready' | 'draining'

export interface CheckReport {
  readonly status: 'ok' | 'failed'
  /** Milliseconds that it took. */
  readonly ms: number
  readonly error?: string
}

export interface HealthReport {
  readonly status: HealthState
  readonly checks: Readonly<Record<string, CheckReport>>
  readonly eventLoop: { readonly delay: number; readonly utilization: number; readonly late: boolean }
  readonly heap: { readonly used: number; readonly limit: number; readonly full: boolean }
}

type Next = (error?: unknown) => unknown

export interface Health {
  (request: IncomingMessage, response: ServerResponse, next: Next): void
  /** Koa. */
  (context: { req: IncomingMessage; res: ServerResponse; respond?: boolean | undefined }, next: Next): unknown
  /** What `/readyz` says. Never rejects. */
  report(): Promise<HealthReport>
}

interface Result {
  readonly at: number
  readonly report: CheckReport
}

const OPTIONS = ['checks', 'timeout', 'cache', 'eventLoopDelay', 'heap', 'live', 'ready', 'details']

/** Throws a TypeError that names the option. */
export function health(options: HealthOptions = {}): Health {
  refuseUnknown('health', options, OPTIONS)
  const { checks = {}, live = '/livez', ready = '/readyz', details = false } = options
  const timeout = milliseconds('health', 'timeout', options.timeout, 1_000, 1)
  const cache = milliseconds('health', 'cache', options.cache, 1_000)
  const lateFrom = milliseconds('health', 'eventLoopDelay', options.eventLoopDelay, Number.POSITIVE_INFINITY, 1)
  const fullFrom = share(options.heap)
  for (const [name, check] of Object.entries(checks))
    if (typeof check !== 'function')
      throw new TypeError(`health: checks.${name} must be a function, not ${typeof check}`)
  const results = new Map<string, Result | Promise<Result>>()
  const loop = watchEventLoop()

  function look(name: string): Promise<Result> | Result {
    const known = results.get(name)
    if (known instanceof Promise || (known !== undefined && performance.now() - known.at < cache)) return known
    const running = run(checks[name]!, timeout).then(report => {
      const result = { at: performance.now(), report }
      results.set(name, result)
      return result
    })
    results.set(name, running)
    return running
  }

  async function report(): Promise<HealthReport> {
    const names = Object.keys(checks)
    const found = await Promise.all(names.map(look))
    const all = Object.fromEntries(names.map((name, nth) => [name, shown(found[nth]!.report)]))
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
    const { delay, utilization } = loop.read()
    const [late, full] = [delay > lateFrom, used / limit > fullFrom]
    const fit = !late && !full && found.every(({ report }) => report.status === 'ok')
    const status = isDraining() ? 'draining' : fit ? 'ready' : 'not ready'
    return { status, checks: all, eventLoop: { delay, utilization, late }, heap: { used, limit, full } }
  }

  function shown({ error, ...rest }: CheckReport): CheckReport {
    return details && error !== undefined ? { ...rest, error } : rest
  }

  function middleware(first: any, second: any, third?: any) {
    // Koa calls with a context and `next`.
    const [req, res, next]: [IncomingMessage, ServerResponse, Next] =
      third === undefined ? [first.req, first.res, second] : [first, second, third]
    const path = wholePath(req)
    if ((path !== live && path !== ready) || (req.method !== 'GET' && req.method !== 'HEAD')) return next()
    if (third === undefined) first.respond = false
    if (path === live) return void answer(res, 200, { status: 'live' })
    return report().then(found => answer(res, found.status === 'ready' ? 200 : 503, found))
  }

  return Object.assign(middleware, { report }) as Health
}

function answer(res: ServerResponse, status: number, body: object): void {
  if (res.headersSent || res.writableEnded) return
  const text = `${JSON.stringify(body)}\n`
  res.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Length': Buffer.byteLength(text),
  })
  res.end(text)
}

async function run(check: Check, timeout: number): Promise<CheckReport> {
  const begun = performance.now()
  const over = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no result within ${timeout} ms`)
      over.abort(error)
      reject(error)
    }, timeout)
  })
  const took = () => Math.round((performance.now() - begun) * 10) / 10
  try {
    const result = await Promise.race([(async () => check(over.signal))(), expired])
    return result === false ? { status: 'failed', ms: took(), error: 'it says no' } : { status: 'ok', ms: took() }
  } catch (error) {
    return { status: 'failed', ms: took(), error: messageOf(error) }
  } finally {
    clearTimeout(timer)
  }
}

function share(value: number | undefined): number {
  if (value === undefined) return Number.POSITIVE_INFINITY
  if (typeof value === 'number' && value > 0 && value <= 1) return value
  throw new TypeError(`health: heap must be a share of the heap limit, above 0 and up to 1, not ${String(value)}`)
}
