// Two sides of a store: `Store` is express-session's, which every store there is extends; `SessionStore` is the small
// driver that our engine works with. A driver stores, the engine decides.
import { EventEmitter } from 'node:events'
import { Cookie } from '../sessions/cookie.ts'
import { fallback } from '../sessions/keeper.ts'
import { type Callback, type Keeper, Session, type SessionData, type SessionRequest } from '../sessions/session.ts'
import { handleOf } from '../users/handle.ts'
import type { StoreVitals } from './vitals.ts'

export type Awaitable<T> = T | Promise<T>

/** One session on its way into a store. */
export interface Snapshot {
  /** With `cookie`, as express-session and connect-redis write it. */
  readonly json: string
  /** Milliseconds until it expires. */
  readonly life: number
  /** What `json` is the text of. */
  readonly session: Session
}

/** `gone`: there is no such session any more. `current`: it is not what was seen; this is what is there now. */
export type Replaced = 'saved' | 'gone' | { readonly current: string }

export interface SessionStore {
  /** Whether loading starts the life of a session anew. */
  readonly slides: boolean
  /** Whether `replace` compares. Where it does not, the later of two writers wins. */
  readonly compares: boolean
  /**
   * The JSON, or what it says. `life` in milliseconds: from now on, where loading slides; undefined: leave it.
   * `fresh`: not from a cache.
   */
  load(id: string, life: number | undefined, fresh?: boolean): Awaitable<string | object | undefined>
  create(id: string, snapshot: Snapshot): Awaitable<void>
  /** Creates where nothing is, and says whether it has; `hashIds` needs it for sessions that are there already. */
  add?(id: string, snapshot: Snapshot): Awaitable<boolean>
  /** Writes only over what was `seen`, and creates nothing. */
  replace(id: string, snapshot: Snapshot, seen: string): Awaitable<Replaced>
  /** Puts a blank behind the JSON, so that those who compare fail, and returns what is there then. */
  claim?(id: string): Awaitable<string | undefined>
  touch(id: string, snapshot: Omit<Snapshot, 'json'>): Awaitable<void>
  /** The ids of all that is stored. */
  ids?(): Iterable<string> | AsyncIterable<string>
  /** False: there was none. */
  destroy(id: string): Awaitable<unknown>
  /** What the option `indexBy` needs. */
  readonly index?: SessionIndex
  /** What its guards have counted. */
  vitals?(): StoreVitals
  ready?(): Promise<void>
  /** Why its connection is not there, as far as that is known. */
  lastError?(): Error | undefined
  close?(): Promise<void>
}

export interface SessionFound {
  readonly json: string
  /** Milliseconds until it expires. */
  readonly left: number
}

/**
 * For each user, keys of sessions. It keeps what it is told: when entries are made and what they are worth is decided in
 * `user-index.ts`. A key is what the store keeps a session under; what it cannot be used for is to open the session.
 */
export interface SessionIndex {
  /** Of a session's id. Absent: the id itself. */
  keyOf?(id: string): string
  /** Keeps the entry for at least so many milliseconds from now; never less long than before. */
  add(user: string, key: string, lasting: number): Awaitable<unknown>
  remove(user: string, keys: readonly string[]): Awaitable<unknown>
  /** In pages. All keys that are entered from beginning to end; of others and twice is no harm. */
  list(user: string): AsyncIterable<string[]>
  /** The sessions under these keys, in this order, their lives untouched. */
  peek(keys: readonly string[]): Awaitable<(SessionFound | undefined)[]>
  /** How many there were. */
  destroy(keys: readonly string[]): Awaitable<number>
}

/** A store that has a driver of its own. */
export interface Driven {
  readonly driver: SessionStore
  /** False as soon as somebody has replaced or overridden a method that the driver would go around. */
  readonly genuine: boolean
}

/** `session` is SessionData or null. Not said in the type: else express-session's types would not take our stores. */
type Found = (error: any, session?: any) => void

/** express-session's `Store`. `get`, `set` and `destroy` are what a store has to bring. */
export interface Store extends EventEmitter {
  get(id: string, callback: Found): void
  set(id: string, session: any, callback?: Callback): void
  destroy(id: string, callback?: Callback): void
  touch?(id: string, session: any, callback?: Callback): void
  all?(callback: (error: any, sessions?: any) => void): void
  length?(callback: (error: any, length?: number) => void): void
  clear?(callback?: Callback): void
  generate(request: any): void
  regenerate(request: any, callback: Callback): void
  /** Gives a Session. */
  load(id: string, callback: (error?: any, session?: any) => void): void
  /** Returns a Session. */
  createSession(request: any, data: any): any
}

/** A function and no class: stores written before there were classes call it without `new`. */
export const Store = function (this: EventEmitter) {
  EventEmitter.call(this as never)
} as unknown as { new (options?: unknown): Store; readonly prototype: Store }

Object.setPrototypeOf(Store, EventEmitter)
Object.setPrototypeOf(Store.prototype, EventEmitter.prototype)

Object.assign(Store.prototype, {
  regenerate(this: Store, request: any, callback: Callback) {
    this.destroy(request.sessionID, error => {
      this.generate(request)
      callback(error)
    })
  },

  load(this: Store, id: string, callback: (error?: any, session?: Session) => void) {
    this.get(id, (error, data) => {
      if (error) return callback(error)
      if (!data) return callback()
      callback(null, this.createSession({ sessionID: id, sessionStore: this }, data))
    })
  },

  createSession(request: any, data: any) {
    // A TypeError for data without a cookie, as in express-session: it was not a session that was stored.
    const expires = data.cookie.expires
    const originalMaxAge = data.cookie.originalMaxAge
    const cookie = new Cookie(data.cookie)
    if (typeof expires === 'string') cookie.expires = new Date(expires)
    cookie.originalMaxAge = originalMaxAge
    data.cookie = cookie
    request.session = new Session(request, data)
    return request.session
  },
})

fallback.keeper = (request: SessionRequest) => storeKeeper(request, request.sessionStore)

/** Of a session that was made outside of our middleware: by `store.load()`, or by express-session. */
function storeKeeper(request: SessionRequest, store: Store): Keeper {
  const get = (id: string) => promised<SessionData | null | undefined>(done => store.get(id, done))
  const set = (session: Session) => promised<void>(done => store.set(session.id, session, done))
  return {
    outage: undefined,
    handle: session => handleOf(session.id),
    async revokeOthers() {
      throw new TypeError('revokeOthers needs a session of a middleware with the option indexBy')
    },
    save: set,
    async reload(session) {
      const data = await get(session.id)
      if (!data) throw new Error('failed to load session')
      store.createSession(request, data)
    },
    destroy(session) {
      delete request.session
      return promised(done => store.destroy(session.id, done))
    },
    async regenerate(session, { keep }) {
      await promised(done => store.regenerate(request, done))
      if (keep) Object.assign(request.session, { ...session, cookie: request.session.cookie })
    },
    async update<T>(session: Session, change: (data: any) => T): Promise<Awaited<T>> {
      const result = await change(session)
      await set(session)
      return result
    },
  }
}

export function promised<T>(start: (done: (error?: any, value?: any) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value)))
  })
}

/** For a method of a store: errors go to the callback; without one they go nowhere, as in connect-redis. */
export function reply<T>(work: Promise<T>, callback: ((error: any, value?: any) => void) | undefined): void {
  work.then(
    value => callback && process.nextTick(callback, null, value),
    error => callback && process.nextTick(callback, error),
  )
}
