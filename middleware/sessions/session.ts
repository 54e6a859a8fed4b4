// What a handler holds. Its own enumerable keys are the data and `cookie`, so that it reads, spreads and serialises as
// with express-session. What its methods do is decided by the keeper of its request.
import type { IncomingMessage } from 'node:http'
import type { Cookie } from './cookie.ts'
import type { Secret } from './id-cookie.ts'
import { fallback, KEEPER } from './keeper.ts'
import { hide, takes } from './own-keys.ts'

/** `declare module 'outrigger' { interface SessionData { user: string } }` adds the keys of an app. */
export interface SessionData {
  cookie: Cookie
}

export type Callback = (error?: any) => void

export interface Regenerate {
  /**
   * The new session starts with the data of the old one, which ends when the new one has been written: with the next
   * `save()`, or before the answer leaves. With `indexBy`, a user's is written at once; rejects with SessionGone when it was
   * revoked meanwhile. Default false: the old one has ended when this resolves, as in express-session.
   */
  keep?: boolean
}

/** The outage policy that a session lives under while its store is away. */
export type Outage = 'anonymous' | 'stale'

export interface SessionRequest extends IncomingMessage {
  session?: any
  sessionID?: string | undefined
  sessionStore?: any
  originalUrl?: string
  secret?: Secret | readonly Secret[]
  secure?: boolean
}

/** Carries out what is asked of a session. */
export interface Keeper {
  readonly outage: Outage | undefined
  save(session: Session): Promise<void>
  reload(session: Session): Promise<void>
  destroy(session: Session): Promise<void>
  regenerate(session: Session, how: Regenerate): Promise<void>
  update<T>(session: Session, change: (data: any) => T): Promise<Awaited<T>>
  handle(session: Session): string
  revokeOthers(session: Session): Promise<number>
}

const OWN = Symbol('outrigger.own')

export class Session {
  declare cookie: Cookie

  /** `data`: what a store returned, with `cookie` already a Cookie. Keys that it does not take are left out. */
  constructor(request: object, data?: object | null) {
    Object.defineProperty(this, OWN, { value: { request, id: (request as SessionRequest).sessionID } })
    if (typeof data !== 'object' || data === null) return
    const own = this as Record<string, unknown>
    for (const key in data) if (takes(own, key)) own[key] = (data as Record<string, unknown>)[key]
  }

  get id(): string {
    return ownOf(this).id
  }

  /** Names the session, opens nothing: for pages and logs. A key `handle` that an app puts into a session hides it. */
  get handle(): string {
    return keeperOf(this).handle(this)
  }

  set handle(value: any) {
    hide(this, 'handle', value)
  }

  get req(): any {
    return ownOf(this).request
  }

  /** Set while the store is away and the policy lets requests through; what is changed then is not kept. */
  get outage(): Outage | undefined {
    return keeperOf(this).outage
  }

  set outage(value: any) {
    hide(this, 'outage', value)
  }

  /** Starts the life of the session anew. */
  touch(): this {
    return this.resetMaxAge()
  }

  resetMaxAge(): this {
    this.cookie.maxAge = this.cookie.originalMaxAge
    return this
  }

  /** Writes now. Rejects with SessionGone when another request has destroyed the session: nothing is written then. */
  save(): Promise<void>
  save(callback: Callback | undefined): this
  save(callback?: Callback): this | Promise<void> {
    return answer(this, keeperOf(this).save(this), callback)
  }

  /** Puts what is stored now into `req.session`; what was not saved is lost. */
  reload(): Promise<void>
  reload(callback: Callback | undefined): this
  reload(callback?: Callback): this | Promise<void> {
    return answer(this, keeperOf(this).reload(this), callback)
  }

  destroy(): Promise<void>
  destroy(callback: Callback | undefined): this
  destroy(callback?: Callback): this | Promise<void> {
    return answer(this, keeperOf(this).destroy(this), callback)
  }

  /** A new id, against session fixation: after every change of rights. `req.session` is another object then. */
  regenerate(how?: Regenerate): Promise<void>
  regenerate(callback: Callback): this
  regenerate(how: Regenerate, callback: Callback): this
  regenerate(how: Regenerate | Callback = {}, callback?: Callback): this | Promise<void> {
    if (typeof how === 'function') return answer(this, keeperOf(this).regenerate(this, {}), how)
    return answer(this, keeperOf(this).regenerate(this, how ?? {}), callback)
  }

  /**
   * An atomic change of what is stored: `change` gets the newest data, without `cookie`, changes it in place, and is
   * called again when another request was faster. Resolves with what it returned.
   */
  update<T>(change: (data: any) => T): Promise<Awaited<T>> {
    return quiet(keeperOf(this).update(this, change))
  }

  /**
   * Ends all other sessions of the user whose session this is, by the option `indexBy`; with their number, 0 when it is
   * nobody's. Rejects with RevocationIncomplete: repeat it then.
   */
  revokeOthers(): Promise<number> {
    return quiet(keeperOf(this).revokeOthers(this))
  }
}

function ownOf(session: object): { request: SessionRequest; id: string } {
  return (session as { [OWN]: { request: SessionRequest; id: string } })[OWN]
}

function keeperOf(session: Session): Keeper {
  const { request } = ownOf(session)
  return (request as { [KEEPER]?: Keeper })[KEEPER] ?? (fallback.keeper(request) as Keeper)
}

function answer(session: any, work: Promise<void>, callback: Callback | undefined): any {
  // express-session takes null and false for none; what is no function must not be called where nobody catches.
  if (typeof callback !== 'function') return quiet(work)
  // Out of the promise: what a callback throws is its caller's to see, not a rejection.
  work.then(
    () => process.nextTick(callback),
    error => process.nextTick(callback, error),
  )
  return session
}

/** express-session swallows the errors of calls that nobody listens to; Node would end the process for a rejection. */
function quiet<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {})
  return work
}
