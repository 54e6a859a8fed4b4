// READ FIRST. The life of a session during one request, in order: open (read the cookie, load) - what the handler asks
// of it - setCookie (as the head is frozen) - commit (before the answer leaves). All policy is here.
import { type Commit, described, failed, KEPT } from './commit.ts'
import { Cookie, type CookieOptions } from './cookie.ts'
import { differs, lifeOf, newCookie } from './cookie-life.ts'
import { SessionGone, StoreUnavailable } from './errors.ts'
import type { House } from './house.ts'
import { clearId, readId, type Secret, writeId } from './id-cookie.ts'
import { type Data, merger, rebase } from './merge.ts'
import { driverOf, isSecure, type OutagePolicy } from './options.ts'
import { type Keeper, type Outage, type Regenerate, Session, type SessionRequest } from './session.ts'
import { dataIn, dataOf, jsonOf, parse } from './snapshot.ts'
import type { SessionStore, Snapshot } from './store.ts'

/** Lives that differ by less are the same: a cookie's maxAge is off by what its making took. */
const SAME_LIFE = 1_000

export class Visit implements Keeper {
  readonly #house: House
  readonly #request: SessionRequest
  readonly #secrets: readonly Secret[]
  readonly #driver: SessionStore
  readonly #cookieOptions: CookieOptions
  /** The id that the client sent. */
  #sent: string | undefined
  /** Id and data as the request began. */
  #original: { id: string; data: string } | undefined
  /** The JSON in the store, as far as we know, of the session that is in `req.session`. */
  #seen: string | undefined
  /** The data of it that needs no writing. */
  #saved: string | undefined
  /** The cookie as it is in the store. */
  #stored: CookieOptions | undefined
  /** Milliseconds to which loading has set the life; 0 when it has not. */
  #slid = 0
  #touched = false
  #destroyed = false
  #data: string | undefined
  outage: Outage | undefined

  constructor(house: House, request: SessionRequest, cookieOptions: CookieOptions) {
    this.#house = house
    this.#request = request
    this.#secrets = house.settings.secrets ?? [request.secret!]
    this.#driver = driverOf(house.settings.store)
    this.#cookieOptions = cookieOptions
  }

  /** Undefined when nothing has to be waited for. Rejects with what `next` is to be told. */
  open(): Promise<void> | undefined {
    const { settings } = this.#house
    this.#sent = readId(this.#request, settings.name, this.#secrets, this.#house.ids)
    this.#request.sessionID = this.#sent
    if (this.#sent === undefined) return this.#begin()
    return settings.lazy ? undefined : this.load()
  }

  /** The session that the client named; a new one when there is none. */
  async load(): Promise<void> {
    if (this.#original !== undefined || this.outage !== undefined) return
    const id = this.#sent!
    const { counts, known, mixedLives } = this.#house
    const life = mixedLives ? undefined : lifeOf(new Cookie(this.#cookieOptions))
    counts.loads++
    let stored: string | object | undefined
    try {
      stored = await this.#driver.load(id, life)
    } catch (error) {
      return this.#unavailable(error)
    }
    const { parsed, json } = parse(stored)
    if (parsed === undefined) {
      counts[stored === undefined ? 'misses' : 'corrupt']++
      return this.#begin()
    }
    if (json !== undefined) known?.keep(id, json)
    this.#inflate(parsed, json, life ?? 0)
    this.#original = { id, data: this.#saved! }
    if (this.#house.settings.resave) this.#saved = undefined
  }

  /** A new session with a new id, in `req.session`. */
  generate(): Session {
    const { settings } = this.#house
    const request = this.#request
    request.sessionID = settings.genid(request)
    const session = new Session(request)
    session.cookie = this.#newCookie()
    request.session = session
    this.#seen = this.#saved = this.#stored = undefined
    this.#touched = false
    return session
  }

  /** The text of the Set-Cookie field that fits what is known now. Throws what `cookie` throws for a bad option. */
  setCookie(): string | undefined {
    const { settings } = this.#house
    const session = this.#current()
    const id = this.#request.sessionID
    if (session == null) {
      const ended = this.#destroyed || (settings.unsetDestroys && this.#original !== undefined)
      return ended && this.#sent !== undefined ? clearId(settings.name, this.#newCookie().data) : undefined
    }
    if (this.outage !== undefined || typeof id !== 'string' || !this.#deservesCookie(session)) return undefined
    if (session.cookie.secure && !isSecure(this.#request, settings.proxy)) return undefined
    this.#touch(session)
    const value = this.#house.ids.signed(id, this.#secrets[0]!)
    return writeId(settings.name, value, session.cookie.data)
  }

  /** Writes what has to be written. Undefined when that is nothing; never rejects. */
  commit(): Promise<Commit> | undefined {
    this.#data = undefined
    const session = this.#current()
    if (this.outage === 'anonymous') return undefined
    if (session == null) return this.#leaves() ? this.#settle(this.#remove(this.#request.sessionID!)) : undefined
    this.#touch(session)
    if (typeof this.#request.sessionID !== 'string') return undefined
    if (this.#deservesSaving(session)) return this.#settle(this.#write(session))
    if (this.outage !== undefined || this.#sent !== this.#request.sessionID || this.#hasSlid(session)) return undefined
    const life = lifeOf(session.cookie)
    const touching = Promise.resolve(this.#driver.touch(session.id, { life, session }))
    // With a driver of ours nothing is lost but a slide; others report it as express-session does.
    return this.#driver.compares
      ? touching.then(
          () => KEPT,
          () => KEPT,
        )
      : this.#settle(touching)
  }

  async save(session: Session): Promise<void> {
    if (this.outage === 'anonymous') throw new StoreUnavailable('the session is not kept')
    this.#data = undefined
    try {
      await this.#write(session, true)
    } catch (error) {
      throw this.#described(error)
    }
  }

  async reload(session: Session): Promise<void> {
    const { parsed, json } = parse(await this.#driver.load(session.id, undefined))
    if (parsed === undefined) throw new Error('failed to load session')
    this.#inflate(parsed, json, this.#slid)
  }

  async destroy(session: Session): Promise<void> {
    if (this.#request.session === session) delete this.#request.session
    await this.#remove(session.id).catch(error => {
      throw this.#described(error)
    })
    this.#destroyed = true
  }

  async regenerate(session: Session, { keep }: Regenerate): Promise<void> {
    // What was never stored need not be removed.
    if (this.#seen !== undefined || !this.#driver.compares) await this.#remove(session.id)
    const fresh = this.generate()
    if (!keep) return
    const { cookie, ...data } = session
    Object.assign(fresh, data)
    if (cookie.originalMaxAge !== fresh.cookie.originalMaxAge) fresh.cookie.maxAge = cookie.originalMaxAge
  }

  async update<T>(session: Session, change: (data: any) => T): Promise<Awaited<T>> {
    // Nothing to compare with: a session of this request alone, or a store that cannot.
    if (this.#seen === undefined || !this.#driver.compares) {
      const result = await change(session)
      await this.save(session)
      return result
    }
    const before = this.#seen
    let result: Awaited<T>
    let thrown: { error: unknown } | undefined
    const apply = async (current: Data) => {
      const { cookie } = current
      try {
        result = await change(current)
      } catch (error) {
        thrown = { error }
        throw error
      }
      current.cookie = cookie
    }
    const life = lifeOf(session.cookie)
    const now = await this.#house
      .writers(this.#driver)
      .write(session.id, { seen: before, session, life, apply })
      .catch(error => {
        throw thrown?.error === error ? error : this.#described(error)
      })
    // What the handler changed and has not saved stays changed.
    rebase(session as never, before, now)
    this.#remember(session.id, now)
    this.#saved = dataIn(now, JSON.parse(now))
    return result!
  }

  #begin(): undefined {
    const session = this.generate()
    this.#original = { id: session.id, data: '{}' }
  }

  #inflate(parsed: any, json: string | undefined, slid: number): void {
    // A TypeError, as from express-session, when what was stored is no session.
    const expires: unknown = parsed.cookie.expires
    const data = json === undefined ? dataOf(parsed) : dataIn(json, parsed)
    const stored = parsed.cookie
    const cookie = this.#newCookie()
    // How long it lives was decided for this session; how the cookie is sent, by the options of today.
    cookie._expires = typeof expires === 'string' ? new Date(expires) : ((expires as Date | null | undefined) ?? null)
    cookie.originalMaxAge = stored.originalMaxAge
    parsed.cookie = cookie
    const session = new Session(this.#request, parsed)
    // Now and not at the end: what was written is the expiry of the last write, and a save() would take it for the life.
    if (cookie._expires !== null && typeof cookie.originalMaxAge === 'number') session.touch()
    this.#request.session = session
    this.#seen = json ?? jsonOf(cookie, data)
    this.#saved = data
    this.#slid = slid
    this.#stored = stored
    if (slid > 0 && Math.abs(lifeOf(cookie) - slid) > SAME_LIFE) this.#house.mixedLives = true
  }

  #newCookie(): Cookie {
    return newCookie(this.#cookieOptions, () => isSecure(this.#request, this.#house.settings.proxy))
  }

  /** What is in `req.session`; a session that was not asked for is left where it is. */
  #current(): Session | null | undefined {
    return this.#original === undefined && this.outage === undefined ? undefined : this.#request.session
  }

  #leaves(): boolean {
    if (!this.#request.sessionID || !this.#house.settings.unsetDestroys || this.#destroyed) return false
    return this.#original !== undefined && (this.#seen !== undefined || !this.#driver.compares)
  }

  #touch(session: Session): void {
    if (!this.#touched) session.touch()
    this.#touched = true
  }

  #dataOf(session: Session): string {
    return (this.#data ??= dataOf(session))
  }

  #isModified(session: Session): boolean {
    return this.#original?.id !== session.id || this.#original.data !== this.#dataOf(session)
  }

  #deservesCookie(session: Session): boolean {
    const { rolling, saveUninitialized } = this.#house.settings
    if (this.#sent !== this.#request.sessionID) return saveUninitialized || this.#isModified(session)
    return rolling || this.#cookieDiffers(session) || (session.cookie.expires != null && this.#isModified(session))
  }

  #deservesSaving(session: Session): boolean | undefined {
    const isNew = this.#sent !== this.#request.sessionID
    if (isNew && this.#saved === undefined && !this.#house.settings.saveUninitialized) return this.#isModified(session)
    if (this.#saved !== this.#dataOf(session)) return true
    return (
      this.#cookieDiffers(session) || (this.#stored && this.#stored.originalMaxAge !== session.cookie.originalMaxAge)
    )
  }

  #cookieDiffers(session: Session): boolean {
    return this.#stored !== undefined && differs(this.#stored, session.cookie, this.#cookieOptions)
  }

  #hasSlid(session: Session): boolean {
    return this.#driver.slides && this.#slid > 0 && Math.abs(lifeOf(session.cookie) - this.#slid) <= SAME_LIFE
  }

  /** `stays`: the handler goes on with the session, so what others wrote has to show in it. */
  async #write(session: Session, stays = false): Promise<void> {
    const data = this.#dataOf(session)
    const life = lifeOf(session.cookie)
    const { id } = session
    const seen = this.#seen
    // Only the session of the request is known to be, or not to be, in the store.
    if (id !== this.#request.sessionID) throw new SessionGone()
    if (life <= 0) return seen === undefined ? undefined : this.#remove(id)
    const written = jsonOf(session.cookie, data)
    let json = written
    this.#house.counts.writes++
    if (seen === undefined) await this.#driver.create(id, { json, life, session } satisfies Snapshot)
    else if (this.#driver.compares) {
      let merge: ((target: Data) => void) | undefined
      const apply = (current: Data) => (merge ??= merger(seen, written))(current)
      json = await this.#house.writers(this.#driver).write(id, { seen, json, session, life, apply })
      if (stays) rebase(session as never, written, json)
    } else await this.#driver.replace(id, { json, life, session }, seen)
    this.#remember(id, json)
    this.#saved = json === written || !stays ? data : dataIn(json, JSON.parse(json))
    this.#stored = session.cookie.data
  }

  #remember(id: string, json: string): void {
    this.#seen = json
    this.#house.known?.keep(id, json)
  }

  async #remove(id: string): Promise<void> {
    this.#house.known?.forget(id)
    await this.#driver.destroy(id)
    this.#seen = undefined
  }

  /** Loading failed. */
  #unavailable(error: unknown): void {
    const policy = this.#policy()
    if (policy === undefined) throw error
    this.#house.counts.unavailable++
    const stale = policy === 'stale' ? this.#house.known?.find(this.#sent!) : undefined
    if (policy === 'anonymous') {
      this.generate()
      this.outage = 'anonymous'
    } else if (stale !== undefined) {
      this.#inflate(JSON.parse(stale), stale, 0)
      this.#original = { id: this.#sent!, data: this.#saved! }
      this.outage = 'stale'
    } else throw this.#described(error)
  }

  /** undefined: as in express-session, for stores that are not ours, unless a policy was asked for. */
  #policy(): OutagePolicy | undefined {
    const policy = this.#house.settings.outage(this.#request)
    return policy ?? (this.#driver.compares ? 'fail' : undefined)
  }

  #described(error: unknown): unknown {
    return described(error, this.#policy())
  }

  #settle(work: Promise<unknown>): Promise<Commit> {
    return work.then(
      () => KEPT,
      error => {
        const commit = failed(error, this.#policy())
        this.#house.counts[commit.kind === 'gone' ? 'gone' : 'unavailable']++
        return commit
      },
    )
  }
}
