// `req.sessionStore` with `hashIds` or `encrypt`: an app goes on asking for sessions by their ids, and gets them readable.
// Ids as the store has them, which is what `all` names, are taken too.

import { SessionContended } from '../errors.ts'
import { lifeLeft } from '../sessions/cookie-life.ts'
import type { Callback, SessionData } from '../sessions/session.ts'
import { isSession, parse } from '../sessions/snapshot.ts'
import { type SessionStore, Store } from '../stores/store.ts'
import { isStoredId } from './hashed-ids.ts'

const TRIES = 50

export interface Drivers {
  /** Asked each time, since methods of a store may be replaced. */
  byId(): SessionStore
  byKey(): SessionStore
}

export class HardenedStore extends Store {
  readonly #store: Store
  readonly #drivers: Drivers

  constructor(store: Store, drivers: Drivers) {
    super()
    this.#store = store
    this.#drivers = drivers
    this.generate = request => store.generate(request)
  }

  override get(id: string, callback: (error: any, session?: any) => void): void {
    reply(this.#read(this.#for(id), id), callback)
  }

  override set(id: string, session: any, callback?: Callback): void {
    reply(this.#write(this.#for(id), id, session), callback)
  }

  override touch(id: string, session: any, callback?: Callback): void {
    const driver = this.#for(id)
    const touched = async () => driver.touch(id, { session, life: lifeLeft(session?.cookie) })
    reply(touched(), callback)
  }

  override destroy(id: string, callback?: Callback): void {
    const driver = this.#for(id)
    reply((async () => driver.destroy(id))(), callback)
  }

  override all(callback: (error: any, sessions?: any) => void): void {
    reply(this.#all(), callback)
  }

  override length(callback: (error: any, length?: number) => void): void {
    this.#passOn('length', callback)
  }

  override clear(callback?: Callback): void {
    this.#passOn('clear', callback ?? (() => {}))
  }

  #passOn(method: 'length' | 'clear', callback: (error: any, value?: any) => void): void {
    if (this.#store[method]) this.#store[method](callback)
    else process.nextTick(callback, new TypeError(`the session store has no ${method}()`))
  }

  #for(id: string): SessionStore {
    return isStoredId(id) ? this.#drivers.byKey() : this.#drivers.byId()
  }

  async #read(driver: SessionStore, id: string): Promise<SessionData | undefined> {
    const { parsed } = parse(await driver.load(id, undefined))
    if (!driver.compares) return parsed as SessionData | undefined
    if (!isSession(parsed)) return undefined
    const { cookie } = parsed as { cookie: { expires: unknown; originalMaxAge: unknown } }
    // Not the expiry of the last write: a session that is in use would be over for whoever saves it.
    if (typeof cookie.originalMaxAge === 'number')
      cookie.expires = new Date(Date.now() + cookie.originalMaxAge).toISOString()
    return parsed as SessionData
  }

  /** As `set` of a store does: over whatever is there. */
  async #write(driver: SessionStore, id: string, session: any): Promise<void> {
    const snapshot = { json: JSON.stringify(session), life: lifeLeft(session?.cookie), session }
    if (snapshot.life <= 0) return void (await driver.destroy(id))
    for (let nth = 0; nth < TRIES; nth++) {
      // Where it is stored, and under which key, is known to `replace` alone.
      const seen = await driver.load(id, undefined)
      if (typeof seen !== 'string' || !isSession(parse(seen).parsed)) return driver.create(id, snapshot)
      if ((await driver.replace(id, snapshot, seen)) === 'saved') return
    }
    throw new SessionContended(TRIES)
  }

  async #all(): Promise<SessionData[]> {
    const driver = this.#drivers.byKey()
    if (driver.ids === undefined) throw new TypeError('the session store cannot list its ids: all() is not available')
    const sessions: SessionData[] = []
    for await (const id of driver.ids()) {
      const session = await this.#read(driver, id)
      if (session) sessions.push(Object.assign(session, { id }))
    }
    return sessions
  }
}

function reply<T>(work: Promise<T>, callback: ((error: any, value?: any) => void) | undefined): void {
  work.then(
    value => callback && process.nextTick(callback, null, value),
    error => callback && process.nextTick(callback, error),
  )
}
