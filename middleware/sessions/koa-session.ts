// What a handler of Koa holds: a Session that also answers to what koa-session's does.
// The types of Koa come from the app's own @types/koa; at run time there is nothing of it here.
/// <reference types="koa" preserve="true" />

import { KEEPER } from './keeper.ts'
import { kindOf } from './koa-session-options.ts'
import { takes } from './own-keys.ts'
import { type Regenerate, Session, type SessionData, type SessionRequest } from './session.ts'
import type { Visit } from './sessions.ts'

export class KoaSession extends Session {
  /** Whether it was begun in this request. */
  get isNew(): boolean {
    return visitOf(this.req).isNew
  }

  /** How many keys an app has put into it. */
  get length(): number {
    return Object.keys(this).length - 1
  }

  get populated(): boolean {
    return this.length > 0
  }

  /** Milliseconds; `session`: until the browser is closed. Setting it sends the cookie again. */
  get maxAge(): number | 'session' {
    return this.cookie.originalMaxAge ?? 'session'
  }

  set maxAge(ms: number | 'session') {
    if (ms !== 'session' && !Number.isFinite(ms))
      throw new TypeError(`session.maxAge must be milliseconds or 'session', not ${kindOf(ms)}`)
    this.cookie.maxAge = ms === 'session' ? null : ms
    visitOf(this.req).resends = true
  }

  /** Writes now, unless there is nothing in a session that is not stored yet. */
  manuallyCommit(): Promise<void> {
    return this.isNew && !this.populated ? Promise.resolve() : this.save()
  }

  /** A new id. As in koa-session the data stays, unless `keep` is false; `ctx.session` is another object then. */
  override regenerate(how?: Regenerate): Promise<void>
  override regenerate(callback: (error?: any) => void): this
  override regenerate(how: Regenerate, callback: (error?: any) => void): this
  override regenerate(how: any = {}, callback?: any): any {
    if (typeof how === 'function') return super.regenerate({ keep: true }, how)
    return super.regenerate({ keep: true, ...how }, callback)
  }
}

interface HasRequest {
  readonly req: SessionRequest
}

/** `ctx.session` */
export const SESSION: PropertyDescriptor & ThisType<HasRequest> = {
  configurable: true,
  enumerable: true,
  get() {
    return this.req.session
  },
  set(content: unknown) {
    assign(this.req, content)
  },
}

/** `ctx.loadSession` */
export const LOAD: PropertyDescriptor & ThisType<HasRequest> = {
  configurable: true,
  value() {
    return (this.req as unknown as { loadSession(): Promise<unknown> }).loadSession()
  },
}

const ENDED = Symbol('outrigger.ended')

/** `ctx.session = content`. Throws a TypeError when `content` is neither an object nor null. */
function assign(request: SessionRequest & { [ENDED]?: Session }, content: unknown): void {
  if (typeof content !== 'object' || Array.isArray(content))
    throw new TypeError(`ctx.session can be set to an object or to null, not to ${kindOf(content)}`)
  const visit = visitOf(request)
  if (!visit.loaded && content !== null)
    throw new Error('ctx.session is set before it was loaded: await ctx.loadSession() first')
  if (content === null) {
    request[ENDED] ??= request.session
    request.session = null
  } else if (content !== request.session) {
    const all = { ...content } as Record<string, unknown>
    const foreign = Object.keys(all).find(key => key !== 'cookie' && !takes(KoaSession.prototype, key))
    if (foreign !== undefined) throw new TypeError(`ctx.session.${foreign} is the session's own: use another key`)
    // As in koa-session, one that was set to null comes back under its id.
    const session = (request.session ??= request[ENDED] ?? visit.generate())
    for (const key of Object.keys(session)) if (key !== 'cookie') delete session[key]
    // Of `{ ...ctx.session, more }` it is the one that the session has.
    delete all.cookie
    Object.assign(session, all)
  }
}

function visitOf(request: object): Visit {
  return (request as { [KEEPER]: Visit })[KEEPER]
}

declare module 'koa' {
  interface ExtendableContext {
    get session(): KoaSession & Partial<SessionData>
    /** An object replaces what is in the session; null destroys it. */
    set session(content: object | null)
    /** With `lazy: true`: loads the session, once. */
    loadSession(): Promise<KoaSession & Partial<SessionData>>
  }
}
