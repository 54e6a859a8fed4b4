// What the store holds of one session, as far as its request knows. All that is asked of the store about a session of a
// request is asked here, so that whatever has to go with a write or a removal has one place.

import { SessionGone } from '../errors.ts'
import type { SessionStore, Snapshot } from '../stores/store.ts'
import { Changing } from './changing.ts'
import type { CookieData, CookieOptions } from './cookie.ts'
import { Cookie } from './cookie.ts'
import { lifeOf } from './cookie-life.ts'
import type { House } from './house.ts'
import { bounded } from './lifetime.ts'
import { type Data, merger, rebase } from './merge.ts'
import type { Session } from './session.ts'
import { dataIn, isSession, jsonOf, parse, STAMP } from './snapshot.ts'

/** Lives that differ by less are the same: a cookie's maxAge is off by what its making took. */
export const SAME_LIFE = 1_000

export interface Loaded {
  readonly parsed: any
  readonly json: string | undefined
}

export class StoredCopy {
  readonly driver: SessionStore
  readonly #house: House
  /** The whole of it; undefined when the session is not in the store. */
  json: string | undefined
  /** Its data, when that needs no writing. */
  data: string | undefined
  cookie: CookieOptions | undefined
  /** Milliseconds to which loading has set the life; 0 when it has not. */
  slid = 0
  /** When the session was made, as `lifetime.absolute` counts. */
  #created: number | undefined
  /** Made before anybody counted: from now on it is, and that has to be written. */
  isUnstamped = false
  /** Sessions whose data go on under a new id, until they are written there; `user`: whose they are in the store. */
  #left: { readonly id: string; readonly user: string | undefined }[] | undefined
  #parting: Promise<void> | undefined
  /** Made by the first `update`. */
  #changing: Changing | undefined
  /** Creating it is on its way. */
  #isBeingMade = false
  /** Another one with each session of the request: what was on its way for a former one says nothing of this one. */
  #era = 0
  /** The session that the app has destroyed. */
  #ended: string | undefined

  constructor(house: House, driver: SessionStore) {
    this.#house = house
    this.driver = driver
  }

  /** Of a new session there is none. */
  reset(): void {
    this.#era++
    this.#isBeingMade = false
    this.json = this.data = this.cookie = undefined
    this.#created = Date.now()
  }

  /**
   * The data of this session go on under a new id: it stays until they are there. `write` ends it, before the answer
   * leaves. Returns the user, by `indexBy`, whose session it is in the store.
   */
  leave(id: string): string | undefined {
    // What was never stored need not be removed.
    if (!this.mayBeStored && this.driver.compares) return undefined
    const user = this.json === undefined ? undefined : this.#house.index?.userStored(this.json)
    ;(this.#left ??= []).push({ id, user })
    return user
  }

  get mayBeStored(): boolean {
    return this.json !== undefined || this.#isBeingMade
  }

  get isLeaving(): boolean {
    return this.#left !== undefined
  }

  /** Ends what was left, now that its data are under `id`. */
  async #part(id: string): Promise<void> {
    for (const old of this.#left!) {
      if ((await this.#end(old.id)) !== false || old.user === undefined) continue
      // Logged out or revoked meanwhile: the login in its data must not live on. Whoever writes again finds nothing.
      await this.#end(id)
      throw new SessionGone()
    }
    this.#left = undefined
  }

  /** To which loading may set the life; undefined: not known before the session is. */
  lifeAhead(options: CookieOptions): number | undefined {
    const idle = this.#house.settings.lifetime?.idle
    return idle ?? (this.#house.mixedLives ? undefined : lifeOf(new Cookie(options)))
  }

  /** `life` in milliseconds: from now on, where loading slides; undefined: leave it. */
  async load(id: string, life: number | undefined): Promise<Loaded | undefined> {
    const { counts, known, index } = this.#house
    counts.loads++
    const stored = await this.driver.load(id, life)
    const { parsed, json } = parse(stored)
    if (parsed === undefined || (json !== undefined && !isSession(parsed))) {
      counts[stored === undefined ? 'misses' : 'corrupt']++
      return undefined
    }
    if (this.#isPast(parsed)) {
      counts.expired++
      await this.remove(id)
      return undefined
    }
    if (json !== undefined) known?.keep(id, json)
    index?.saw(id, parsed, life)
    return { parsed, json }
  }

  /** Whether what is stored says when it was made. Else the key for that is one of the app's, if there is any. */
  get isStamped(): boolean {
    return this.#house.settings.lifetime?.absolute !== undefined
  }

  /** Not from a cache, and its life untouched. */
  async reload(id: string): Promise<{ parsed: any; json: string | undefined }> {
    const { parsed, json } = parse(await this.driver.load(id, undefined, true))
    if (parsed === undefined || this.#isPast(parsed)) throw new Error('failed to load session')
    return { parsed, json }
  }

  /** Takes out of what was stored what is not the app's. */
  take(parsed: any): void {
    if (!this.isStamped) return
    const now = Date.now()
    const created: unknown = parsed[STAMP]
    this.isUnstamped = typeof created !== 'number'
    this.#created = typeof created === 'number' ? Math.min(created, now) : now
    if (created !== undefined) delete parsed[STAMP]
  }

  #isPast(parsed: any): boolean {
    const absolute = this.#house.settings.lifetime?.absolute
    return absolute !== undefined && typeof parsed[STAMP] === 'number' && parsed[STAMP] + absolute <= Date.now()
  }

  /** Milliseconds from now. */
  #life(cookie: Cookie): number {
    const { lifetime } = this.#house.settings
    return lifetime === undefined ? lifeOf(cookie) : bounded(lifeOf(cookie), lifetime, this.#created)
  }

  /** What is written beside the data; nothing when nobody counts. */
  get #stamp(): number | undefined {
    return this.isStamped ? this.#created : undefined
  }

  /** Whether loading has already given it the life of its cookie. */
  hasSlid(session: Session): boolean {
    return this.driver.slides && this.slid > 0 && Math.abs(this.#life(session.cookie) - this.slid) <= SAME_LIFE
  }

  async touch(session: Session): Promise<void> {
    this.slid = this.#life(session.cookie)
    await this.driver.touch(session.id, { life: this.slid, session })
  }

  /** Throws for what cannot be written. That is the app's own error, and no outage of the store. */
  check({ cookie }: Session, data: string): void {
    jsonOf(cookie, data)
    this.#life(cookie)
  }

  /** `stays`: the handler goes on with the session, so what others wrote has to show in it. */
  async write(session: Session, data: string, stays: boolean): Promise<unknown> {
    const { id } = session
    // Who holds on to a session of after its end must not bring it to life again.
    if (id === this.#ended) throw new SessionGone()
    const life = this.#life(session.cookie)
    const seen = this.json
    const era = this.#era
    if (life <= 0) return seen === undefined && !this.isLeaving ? undefined : this.remove(id)
    const written = jsonOf(session.cookie, data, this.#stamp)
    let json = written
    // The commit is waited for by no callback.
    const free = stays ? this.#changing?.free() : undefined
    if (free !== undefined) await free
    this.#house.counts.writes++
    if (seen === undefined) {
      this.#isBeingMade = true
      await this.driver.create(id, { json, life, session: this.#whole(session) } satisfies Snapshot)
    } else if (this.driver.compares) {
      let merge: ((target: Data) => void) | undefined
      const apply = (current: Data) => (merge ??= merger(seen, written, this.isStamped))(current)
      json = await this.#house.writers(this.driver).write(id, { seen, json, session, life, apply })
      if (stays) rebase(session as never, written, json, this.isStamped)
    } else await this.driver.replace(id, { json, life, session: this.#whole(session) }, seen)
    if (era !== this.#era) return
    this.#remember(id, json)
    // Once, if several write at the same time: the second to remove it would take it for revoked.
    if (this.#left !== undefined)
      await (this.#parting ??= this.#part(id).finally(() => {
        this.#parting = undefined
      }))
    this.data = json === written || !stays ? data : this.#dataIn(json)
    this.cookie = session.cookie.data satisfies CookieData
  }

  get changing(): Changing {
    return (this.#changing ??= new Changing())
  }

  /** Only where the driver compares, and the session is in the store. */
  async update<T>(
    session: Session,
    change: (data: any) => T,
    failed: (error: unknown) => unknown,
  ): Promise<Awaited<T>> {
    const free = this.changing.free()
    if (free !== undefined) await free
    const before = this.json!
    const era = this.#era
    let result: Awaited<T>
    let thrown: { error: unknown } | undefined
    const apply = async (current: Data) => {
      const { cookie } = current
      const created = this.isStamped ? (current[STAMP] ?? this.#stamp) : undefined
      if (this.isStamped) delete current[STAMP]
      try {
        result = await this.changing.run(change, current)
        // What cannot be written fails here, alone, and not with all that are written together.
        JSON.stringify(current)
      } catch (error) {
        thrown = { error }
        throw error
      }
      current.cookie = cookie
      if (created !== undefined) current[STAMP] = created
    }
    const life = this.#life(session.cookie)
    const now = await this.#house
      .writers(this.driver)
      .write(session.id, { seen: before, session, life, apply })
      .catch(error => {
        throw thrown?.error === error ? error : failed(error)
      })
    if (era !== this.#era) return result!
    // What the handler changed and has not saved stays changed. Another update of this request may have come first: what it
    // brought into the session is no change of the handler's, and must not be written over what came after it.
    rebase(session as never, this.json ?? before, now, this.isStamped)
    this.#remember(session.id, now)
    this.data = this.#dataIn(now)
    return result!
  }

  /** As `remove`, for good. */
  destroy(id: string): Promise<unknown> {
    this.#ended = id
    return this.remove(id)
  }

  /** False: there was none. */
  async remove(id: string): Promise<unknown> {
    for (const old of this.#left ?? []) if (old.id !== id) await this.#end(old.id)
    this.#left = undefined
    const era = this.#era
    const removed = await this.#end(id)
    if (era === this.#era) this.json = undefined
    return removed
  }

  async #end(id: string): Promise<unknown> {
    const { known } = this.#house
    known?.forget(id)
    const removed = await this.driver.destroy(id)
    // A request that was reading it meanwhile has kept it again.
    known?.forget(id)
    return removed
  }

  /** What a store is handed that takes objects: the stamp is no key of the app's session. */
  #whole(session: Session): Session {
    const created = this.#stamp
    if (created === undefined || this.driver.compares) return session
    const { cookie, ...data } = session
    return { cookie, [STAMP]: created, ...data } as never
  }

  /** After a merge: when it was made, too, is what the store says. */
  #dataIn(json: string): string {
    const parsed = JSON.parse(json)
    if (this.isStamped && typeof parsed[STAMP] === 'number') this.#created = parsed[STAMP]
    return dataIn(json, parsed, this.isStamped)
  }

  #remember(id: string, json: string): void {
    this.json = json
    this.#house.known?.keep(id, json)
  }
}
