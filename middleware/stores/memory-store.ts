// Sessions in the process: for tests and for one process only. They end with it, and no other process sees them.
import { lifeLeft } from '../sessions/cookie-life.ts'
import type { Callback, SessionData } from '../sessions/session.ts'
import { memoryIndex } from './memory-index.ts'
import { type Driven, type Replaced, type SessionStore, type Snapshot, Store } from './store.ts'

const SWEEP_AFTER = 1_000

export class MemoryStore extends Store implements Driven {
  /** Id to JSON, as in express-session. */
  sessions: Record<string, string> = Object.create(null)
  readonly driver: SessionStore
  #until = new Map<string, number>()
  #sweepAt = SWEEP_AFTER

  constructor() {
    super()
    this.driver = {
      slides: true,
      compares: true,
      load: (id, life) => {
        const json = this.#read(id)
        if (json !== undefined && life !== undefined) this.#until.set(id, Date.now() + life)
        return json
      },
      create: (id, snapshot) => this.#write(id, snapshot),
      add: (id, snapshot) => {
        const isFree = this.#read(id) === undefined
        if (isFree) this.#write(id, snapshot)
        return isFree
      },
      replace: (id, snapshot, seen): Replaced => {
        const current = this.#read(id)
        if (current === undefined) return 'gone'
        if (current !== seen) return { current }
        this.#write(id, snapshot)
        return 'saved'
      },
      touch: (id, { life }) => {
        if (this.#read(id) !== undefined) this.#until.set(id, Date.now() + life)
      },
      destroy: id => this.#remove(id),
      ids: () => Object.keys(this.sessions),
      index: memoryIndex({ peek: id => this.#peek(id), destroy: id => this.#remove(id) }),
    }
  }

  get genuine(): boolean {
    const { get, set, touch, destroy } = MemoryStore.prototype
    return this.get === get && this.set === set && this.touch === touch && this.destroy === destroy
  }

  override get(id: string, callback: (error: any, session?: any) => void): void {
    setImmediate(callback, null, this.#inflated(id))
  }

  override set(id: string, session: any, callback?: Callback): void {
    this.#set(id, session)
    if (callback) setImmediate(callback)
  }

  override touch(id: string, session: any, callback?: Callback): void {
    const json = this.#read(id)
    // As in express-session, what is stored follows the cookie.
    if (json !== undefined) this.#set(id, { ...JSON.parse(json), cookie: session.cookie })
    if (callback) setImmediate(callback)
  }

  override destroy(id: string, callback?: Callback): void {
    this.#remove(id)
    if (callback) setImmediate(callback)
  }

  override all(callback: (error: any, sessions?: any) => void): void {
    setImmediate(callback, null, this.#all())
  }

  override length(callback: (error: any, length?: number) => void): void {
    setImmediate(callback, null, Object.keys(this.#all()).length)
  }

  override clear(callback?: Callback): void {
    this.sessions = Object.create(null)
    this.#until.clear()
    if (callback) setImmediate(callback)
  }

  #set(id: string, session: any): void {
    this.#write(id, { json: JSON.stringify(session), life: lifeLeft(session?.cookie) })
  }

  #all(): Record<string, SessionData> {
    const found = Object.create(null)
    for (const id of Object.keys(this.sessions)) {
      const session = this.#inflated(id)
      if (session) found[id] = session
    }
    return found
  }

  #inflated(id: string): SessionData | undefined {
    const json = this.#read(id)
    if (json === undefined) return undefined
    const session = JSON.parse(json)
    // Loading slides the life without writing: the text still has the expiry of the last write.
    if (session.cookie?.expires) session.cookie.expires = new Date(this.#until.get(id)!).toISOString()
    return session
  }

  #read(id: string): string | undefined {
    const until = this.#until.get(id)
    if (until === undefined || until > Date.now()) return until === undefined ? undefined : this.sessions[id]
    this.#remove(id)
    return undefined
  }

  #write(id: string, { json, life }: Pick<Snapshot, 'json' | 'life'>): void {
    this.sessions[id] = json
    this.#until.set(id, Date.now() + life)
    if (this.#until.size > this.#sweepAt) this.#sweep()
  }

  #peek(id: string): { json: string; left: number } | undefined {
    const json = this.#read(id)
    return json === undefined ? undefined : { json, left: this.#until.get(id)! - Date.now() }
  }

  /** Whether it was alive. */
  #remove(id: string): boolean {
    const until = this.#until.get(id)
    delete this.sessions[id]
    this.#until.delete(id)
    return until !== undefined && until > Date.now()
  }

  /** Sessions that nobody asks for again; amortised, each time that their number has doubled. */
  #sweep(): void {
    const now = Date.now()
    for (const [id, until] of this.#until) if (until <= now) this.#remove(id)
    this.#sweepAt = Math.max(SWEEP_AFTER, this.#until.size * 2)
  }
}
