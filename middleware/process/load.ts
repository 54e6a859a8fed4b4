// Tells with each answer how busy this process is, in the form of ORCA, so that many sidecars who each see a small part of
// its requests agree on who is busy. And, if asked to, turns some requests away while the event loop is late.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { whenOver } from './answer-over.ts'
import { type LoopPace, watchPace } from './loop-pace.ts'
import { wholePath } from './whole-path.ts'

export interface LoadOptions {
  /**
   * Which answers say it: `always`, or only when it is `asked` for with `endpoint-load-metrics-format` in the request, as
   * some load balancers do; ours takes the field out of the answers, so there nobody else sees it. Default `always`.
   */
  send?: 'always' | 'asked' | undefined
  /** Paths that are neither counted nor turned away, as `/readyz`. Default those of `health()`: `/livez`, `/readyz`. */
  except?: readonly string[] | undefined
  /** Turns requests away while the event loop is late. Default false. */
  shed?: false | ShedOptions | undefined
}

export interface ShedOptions {
  /**
   * Milliseconds. From here on some are turned away, the more the later the loop is: half of them at twice the delay, up
   * to `most`.
   */
  delay: number
  /** Share of the requests that are turned away at most, so that some are always answered. Default 0.9. */
  most?: number | undefined
  /** Whole seconds in Retry-After, for which a sidecar prefers others; 0 for none. Default 1. */
  retryAfter?: number | undefined
}

type Next = (error?: unknown) => unknown

export interface Load {
  (request: IncomingMessage, response: ServerResponse, next: Next): void
  /** Koa. */
  (context: { req: IncomingMessage; res: ServerResponse; respond?: boolean | undefined }, next: Next): unknown
  /** Requests under way in this process now, for all that use `load()`. */
  readonly inFlight: number
  /** Share of the time that the event loop was busy in the last second. */
  readonly utilization: number
  /** Milliseconds by which the event loop is late. */
  readonly late: number
  /** Requests that this one has turned away. */
  readonly shed: number
}

/** Of the process: it has one event loop, whatever listens on it. */
let inFlight = 0

const FIELD = 'endpoint-load-metrics'
const COUNTED = Symbol('load: counted')
const HEAD = Symbol('load: writeHead before')

type Counted = ServerResponse & { [COUNTED]?: boolean; [HEAD]?: ServerResponse['writeHead'] }

/** Throws a TypeError that names the option that is not as it should be. */
export function load(options: LoadOptions = {}): Load {
  const { send, except, shed } = checked(options)
  const pace = watchPace()
  let turnedAway = 0

  function middleware(first: any, second: any, third?: any) {
    // Koa calls with a context and `next`.
    const koa = third === undefined
    const req: IncomingMessage = koa ? first.req : first
    const res: Counted = koa ? first.res : second
    const next: Next = koa ? second : third
    // Mounted twice, in an app and in one within it, it is one request.
    if (res[COUNTED] || except.has(wholePath(req))) return next()
    enter(res)
    if (send === 'always' || asks(req)) announce(res)
    if (shed !== undefined && Math.random() < shareOf(pace.late, shed)) {
      turnedAway++
      if (koa) first.respond = false
      return turnAway(res, shed.retryAfter)
    }
    return next()
  }

  return Object.defineProperties(middleware, {
    inFlight: { get: () => inFlight },
    utilization: { get: () => pace.utilization },
    late: { get: () => pace.late },
    shed: { get: () => turnedAway },
  }) as unknown as Load
}

/** One listener for all requests: no closure per request. It is called once, whether it was answered or broke off. */
function enter(res: Counted): void {
  res[COUNTED] = true
  inFlight++
  whenOver(res, leave)
}

function leave(): void {
  inFlight--
}

/** When the head leaves, and not before: what is true then is what the sidecar can reckon with. */
function announce(res: Counted): void {
  res[HEAD] = res.writeHead
  res.writeHead = writeHead
}

function writeHead(this: Counted, ...args: any[]): any {
  const before = this[HEAD]!
  // An app that says more of itself is not corrected.
  if (!this.headersSent && !this.hasHeader(FIELD)) this.setHeader(FIELD, report(watchPace()))
  return Reflect.apply(before, this, args)
}

function report({ utilization }: LoopPace): string {
  return `TEXT application_utilization=${Math.round(utilization * 1000) / 1000}, named_metrics.in_flight=${inFlight}`
}

function asks(req: IncomingMessage): boolean {
  const format = req.headers['endpoint-load-metrics-format']
  return typeof format === 'string' && format.toLowerCase() === 'text'
}

/** 0 up to `delay`, half at twice as much, three quarters at four times. */
export function shareOf(late: number, { delay, most }: { readonly delay: number; readonly most: number }): number {
  return late <= delay ? 0 : Math.min(most, 1 - delay / late)
}

const BUSY = '{"title":"Service Unavailable","status":503,"reason":"event-loop-late"}\n'

function turnAway(res: ServerResponse, retryAfter: number): void {
  res.writeHead(503, {
    'Content-Type': 'application/problem+json',
    'Content-Length': BUSY.length,
    'Cache-Control': 'no-store',
    'X-Outrigger-Reason': 'event-loop-late',
    ...(retryAfter > 0 && { 'Retry-After': String(retryAfter) }),
  })
  res.end(res.req.method === 'HEAD' ? undefined : BUSY)
}

function checked({ send = 'always', except = ['/livez', '/readyz'], shed = false }: LoadOptions) {
  if (send !== 'always' && send !== 'asked') throw wrong('send', send, "'always' or 'asked'")
  if (!Array.isArray(except) || !except.every(path => typeof path === 'string' && path.startsWith('/')))
    throw wrong('except', except, 'a list of paths that begin with /')
  return { send, except: new Set<string>(except), shed: shed === false ? undefined : checkedShed(shed) }
}

function checkedShed(shed: ShedOptions) {
  if (typeof shed !== 'object' || shed === null) throw wrong('shed', shed, 'false, or an object like { delay: 200 }')
  const { delay, most = 0.9, retryAfter = 1 } = shed
  if (!(typeof delay === 'number' && delay > 0 && Number.isFinite(delay)))
    throw wrong('shed.delay', delay, 'milliseconds above 0')
  if (!(typeof most === 'number' && most > 0 && most < 1)) throw wrong('shed.most', most, 'a share between 0 and 1')
  if (!(Number.isInteger(retryAfter) && retryAfter >= 0))
    throw wrong('shed.retryAfter', retryAfter, 'whole seconds, 0 or more (RFC 9110 section 10.2.3)')
  return { delay, most, retryAfter }
}

function wrong(name: string, value: unknown, expected: string): TypeError {
  const shown = typeof value === 'number' || typeof value === 'string' ? JSON.stringify(value) : typeof value
  return new TypeError(`load: ${name} must be ${expected}, not ${value === null ? 'null' : shown}`)
}
