// Keeps a client at one instance behind a balancer that does not: who is asked and is not the owner passes the request on,
// once. An owner that is gone is replaced by whoever was asked. For state that lives in a process; sessions need none of it.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server } from 'node:net'
import { createPins, type Pin } from '../pin.ts'
import { closeAtTheEnd, isDraining } from '../process/draining.ts'
import { isSecure } from '../sessions/options.ts'
import type { SessionRequest } from '../sessions/session.ts'
import { forward } from './forward.ts'
import { framingOf } from './forward-head.ts'
import { createForwards } from './forwarded.ts'
import { createInstances, type Owner } from './instances.ts'
import { pinCookies } from './pin-cookie.ts'
import { BodyTaken } from './sticky-errors.ts'
import { type StickyOptions, stickySettings } from './sticky-options.ts'
import { createSwitchboard } from './sticky-server.ts'

export interface StickyCounts {
  /** Requests that went to their owner, WebSockets among them. */
  forwarded: number
  /** Requests that another instance has passed on to this one. */
  received: number
  /** Clients that had no pin, and got one. */
  issued: number
  /** Clients whose owner was gone, and who live here now. */
  moved: number
  /** Requests that were answered with 502 or 504. */
  failed: number
  /** Served here because nobody could say whether the owner lives: Redis was away. */
  unknown: number
}

type Next = (error?: any) => unknown

export interface Sticky {
  (request: IncomingMessage, response: ServerResponse, next: Next): void
  /** Koa. */
  (context: { req: IncomingMessage; res: ServerResponse; respond?: boolean | undefined }, next: Next): Promise<any>
  /**
   * WebSocket handshakes go to their owners as well. Without it they do so from the first ordinary request on that comes
   * to the server. Returns the server.
   */
  attach<T extends Server>(server: T): T
  /** Resolves when this instance is announced: before that nobody is pinned. */
  ready(): Promise<void>
  /** The others learn at once that this instance is gone. `drain()` does it, too, behind the last answer. */
  close(): Promise<void>
  /** Plain numbers that only grow. */
  readonly counts: Readonly<StickyCounts>
}

/**
 * For Express, Connect, Koa and `node:http`; before everything that reads bodies, and best before everything else. Throws a
 * TypeError for options that are wrong. Calls `next` with OwnerLost (502), OwnerSilent (504), BadForward (400) and BodyTaken
 * (500); in Koa it throws them.
 */
export function sticky(options: StickyOptions): Sticky {
  const settings = stickySettings(options)
  const { self, timeout, proxy, service: scope, keys, idle, life } = settings
  const pins = createPins({ keys, scope, idle, life })
  const cookies = pinCookies(settings, pins)
  const forwards = createForwards(keys, scope)
  const instances = createInstances(settings, pins)
  const counts: StickyCounts = { forwarded: 0, received: 0, issued: 0, moved: 0, failed: 0, unknown: 0 }
  const switchboard = createSwitchboard({ handshake, passOn: forwards.line, timeout, counts })

  /** Undefined: it is served here. Else a promise of whether it is. */
  function enter(req: SessionRequest, res: ServerResponse): Promise<boolean> | undefined {
    // Mounted twice, it would take what was passed on for a client's own.
    if (seen.has(req)) return undefined
    seen.add(req)
    const { server } = req.socket as { server?: Server }
    if (server !== undefined) switchboard.attach(server)
    const passed = forwards.receive(req)
    if (req.readableDidRead && framingOf(req) !== '') throw new BodyTaken()
    const pin = cookies.read(req)
    const owner = ownerOf(pin, passed)
    if (owner instanceof Promise) return owner.then(found => follow(req, res, pin, found) ?? true)
    return follow(req, res, pin, owner)
  }

  function ownerOf(pin: Pin | undefined, passed: boolean): Owner | Promise<Owner> {
    if (passed) counts.received++
    if (pin === undefined) return 'gone'
    // Passed on once, it is served, whoever we think it belongs to.
    if (passed) return instances.isSelf(pin) ? 'self' : 'gone'
    return instances.ownerOf(pin)
  }

  function follow(
    req: SessionRequest,
    res: ServerResponse,
    pin: Pin | undefined,
    owner: Owner,
  ): Promise<boolean> | undefined {
    if (typeof owner === 'string') {
      serve(req, res, pin, owner)
      return undefined
    }
    counts.forwarded++
    return forward(req, res, owner, { timeout, lines: forwards.line(req) }).then(
      result => {
        if (result === 'answered') return false
        serve(req, res, pin, 'gone')
        return true
      },
      error => {
        counts.failed++
        throw error
      },
    )
  }

  function serve(req: SessionRequest, res: ServerResponse, pin: Pin | undefined, owner: Owner): void {
    const terms = termsOf(req, pin, owner)
    if (terms !== undefined) cookies.leave(res, self.name, terms)
  }

  /** What the pin to leave has to say, if one is to be left. */
  function termsOf(req: SessionRequest, pin: Pin | undefined, owner: Owner) {
    if (owner === 'unknown') {
      counts.unknown++
      return undefined
    }
    if (owner === 'self')
      return pin !== undefined && cookies.isStale(pin) ? { secure: isSecure(req, proxy), pin } : undefined
    // Who is on its way out takes nobody in.
    if (isDraining() || !instances.known) return undefined
    counts[pin === undefined ? 'issued' : 'moved']++
    return { secure: isSecure(req, proxy), pin: undefined }
  }

  /** Of an upgrade: the owner, or the line that makes the client's pin one to here. */
  function handshake(req: IncomingMessage): {
    owner: Owner | Promise<Owner>
    line: (owner: Owner) => string | undefined
  } {
    seen.add(req)
    const passed = forwards.receive(req)
    const pin = cookies.read(req)
    return {
      owner: ownerOf(pin, passed),
      line(owner) {
        const terms = termsOf(req, pin, owner)
        return terms && `Set-Cookie: ${cookies.line(self.name, terms)}\r\n`
      },
    }
  }

  function middleware(first: any, second: any, third?: any): unknown {
    if (third === undefined) return inKoa(first, second)
    let work: Promise<boolean> | undefined
    try {
      work = enter(first, second)
    } catch (error) {
      return third(error)
    }
    if (work === undefined) return third()
    // Outside of the promise: what a handler throws is its own, and never calls `next` again.
    work.then(
      here => here && process.nextTick(third),
      error => process.nextTick(third, error),
    )
  }

  async function inKoa(ctx: any, next: Next): Promise<unknown> {
    const { req, res } = ctx
    req.originalUrl ??= ctx.originalUrl
    req.secure ??= ctx.secure
    const work = enter(req, res)
    if (work === undefined || (await work)) return next()
    ctx.respond = false
  }

  async function close(): Promise<void> {
    forget()
    switchboard.close()
    await instances.close()
  }
  const forget = closeAtTheEnd(close)

  return Object.assign(middleware, {
    attach<T extends Server>(server: T): T {
      switchboard.attach(server)
      return server
    },
    ready: () => instances.ready(),
    close,
    counts,
  }) as Sticky
}

/** Of the whole process. */
const seen = new WeakSet<object>()
