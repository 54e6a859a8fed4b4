// Sessions in LMDB, in a folder of this host: shared by its processes, and there after a restart. What `sessions()`
// takes when it is given neither `redis` nor `store`; as a Store it also works inside express-session.
import { resolve } from 'node:path'
import { lifeLeft } from '../sessions/cookie-life.ts'
import type { Callback, SessionData } from '../sessions/session.ts'
import { type EmbeddedDriver, embeddedDriver } from './embedded-driver.ts'
import type { GuardOptions } from './guard.ts'
import { type Driven, reply, type SessionStore, Store } from './store.ts'

export interface EmbeddedStoreOptions extends GuardOptions {
  /** Folder of the files, made with mode 0700 when it is not there. Default `./.outrigger/sessions`. */
  path?: string | undefined
  /** Bytes that the sessions may take, from 1 MiB; over it no session is made or grows. Default 268435456, 256 MiB. */
  maxSize?: number | undefined
  /** Milliseconds that a write may take. Default 5000. */
  deadline?: number | undefined
}

const PATH = '.outrigger/sessions'
const SIZE = 256 * 1024 * 1024
const LEAST_SIZE = 1024 * 1024
const DEADLINE = 5_000

export class EmbeddedStore extends Store implements Driven {
  readonly driver: SessionStore
  /** The folder, absolute. */
  readonly path: string
  #driver: EmbeddedDriver

  /** Opens nothing. Throws a TypeError for options that cannot be. */
  constructor({ path = PATH, maxSize = SIZE, deadline = DEADLINE }: EmbeddedStoreOptions = {}) {
    super()
    if (typeof path !== 'string' || path === '')
      throw new TypeError(`path option must be the name of a folder, not ${path === '' ? 'empty' : kindOf(path)}`)
    if (!Number.isSafeInteger(maxSize) || maxSize < LEAST_SIZE)
      throw new TypeError(`maxSize option must be a whole number of bytes, at least ${LEAST_SIZE}, not ${maxSize}`)
    this.path = resolve(path)
    this.driver = this.#driver = embeddedDriver({ path: this.path, maxSize, deadline })
  }

  get genuine(): boolean {
    const { get, set, touch, destroy } = EmbeddedStore.prototype
    return this.get === get && this.set === set && this.touch === touch && this.destroy === destroy
  }

  /** Opens the files. Rejects with StoreUnavailable, which names the folder and the reason. */
  ready(): Promise<void> {
    return this.#driver.ready()
  }

  /** For good. What is being written is finished first. */
  close(): Promise<void> {
    return this.#driver.close()
  }

  override get(id: string, callback: (error: any, session?: any) => void): void {
    reply(this.#get(id), callback)
  }

  override set(id: string, session: any, callback?: Callback): void {
    reply(this.#set(id, session), callback)
  }

  override touch(id: string, session: any, callback?: Callback): void {
    reply(
      (async () => this.#driver.touch(id, { life: lifeLeft(session?.cookie), session }))(),
      callback && (error => callback(error)),
    )
  }

  override destroy(id: string, callback?: Callback): void {
    reply((async () => this.#driver.destroy(id))(), callback && (error => callback(error)))
  }

  /** By id, as MemoryStore gives them. */
  override all(callback: (error: any, sessions?: any) => void): void {
    const read = async () => {
      const found: Record<string, SessionData> = Object.create(null)
      for await (const id of this.#driver.ids()) {
        const session = await this.#get(id)
        if (session) found[id] = session
      }
      return found
    }
    reply(read(), callback)
  }

  override length(callback: (error: any, length?: number) => void): void {
    const count = async () => {
      let length = 0
      for await (const _ of this.#driver.ids()) length++
      return length
    }
    reply(count(), callback)
  }

  override clear(callback?: Callback): void {
    reply(this.#driver.clear(), callback)
  }

  async #get(id: string): Promise<SessionData | undefined> {
    const found = this.#driver.find(id)
    if (found === undefined) return undefined
    const session = JSON.parse(found.json)
    const written = session.cookie?.expires
    if (!written) return session
    // Not the expiry that was written: a touch does not change the JSON. Within what writing took it is the same.
    const expires = found.until - found.slack
    if (Math.abs(expires - new Date(written).valueOf()) > 50) session.cookie.expires = new Date(expires).toISOString()
    return session
  }

  async #set(id: string, session: any): Promise<void> {
    const life = lifeLeft(session?.cookie)
    // A cookie that the app has let expire ends the session.
    if (life <= 0) await this.#driver.destroy(id)
    else await this.#driver.create(id, { json: JSON.stringify(session), life, session })
  }
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value
}
