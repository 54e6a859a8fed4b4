// READ FIRST. The life of a session during one request, in order: open (read the cookie, load) - what the handler asks
// of it - setCookie (as the head is frozen) - commit (before the answer leaves). All policy is here.

import { SessionGone, StoreUnavailable } from '../errors.ts'
import { type Commit, described, KEPT, settled } from './commit.ts'
import type { Cookie, CookieOptions } from './cookie.ts'
import { differs, lifeOf, newCookie } from './cookie-life.ts'
import { unsent } from './cookie-prefix.ts'
import type { House } from './house.ts'
import { clearId, readId, type Secret, writeId } from './id-cookie.ts'
import { checkId } from './option-checks.ts'
import { driverOf, isSecure, type OutagePolicy } from './options.ts'
import { listed } from './secrets.ts'
import type { Keeper, Outage, Regenerate, Session, SessionRequest } from './session.ts'
import { dataIn, dataOf, jsonOf } from './snapshot.ts'
import { SAME_LIFE, StoredCopy } from './stored-copy.ts'
import { dataToStore, touch, unstorable } from './unstorable.ts'

export class Visit implements Keeper {
  readonly #house: House
  readonly #request: SessionRequest
  readonly #secrets: readonly Secret[]
  readonly #copy: StoredCopy
  readonly #cookieOptions: CookieOptions
  /** The id that the client sent. */
  #sent: string | undefined
  /** Id and data as the request began. */
  #original: { id: string; data: string } | undefined
  #touched = false
  #destroyed = false
  #abandoned = false
  #commits = false
  /** The commit of a session with a new id, begun as the head left. */
  #early: Promise<Commit> | undefined
  /** The cookie is sent whether or not it has to be. */
  resends = false
  #data: string | undefined
  outage: Outage | undefined

  constructor(house: House, request: SessionRequest, cookieOptions: CookieOptions) {
    this.#house = house
    this.#request = request
    this.#secrets = house.settings.secrets ?? listed(request.secret!)
    const driver = driverOf(house.settings)
    this.#copy = new StoredCopy(house, house.index?.over(driver) ?? driver)
    this.#cookieOptions = cookieOptions
  }

  get loaded(): boolean {
    return this.#original !== undefined || this.outage !== undefined
  }

  get isNew(): boolean {
    return this.#sent !== this.#request.sessionID
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
    if (this.loaded) return
    const id = this.#sent!
    const life = this.#copy.lifeAhead(this.#cookieOptions)
    let loaded: Awaited<ReturnType<StoredCopy['load']>>
    try {
      loaded = await this.#copy.load(id, life)
    } catch (error) {
      return this.#unavailable(error)
    }
    if (loaded === undefined) return this.#begin()
    this.#inflate(loaded.parsed, loaded.json, life ?? 0)
    this.#original = { id, data: this.#copy.data! }
    if (this.#house.settings.resave || this.#copy.isUnstamped) this.#copy.data = undefined
  }

  /** A new session with a new id, in `req.session`. */
  generate(): Session {
    const { settings } = this.#house
    const request = this.#request
    request.sessionID = settings.genid(request)
    checkId(request.sessionID)
    const session = new this.#house.Session(request)
    session.cookie = this.#newCookie()
    request.session = session
    this.#copy.reset()
    this.#touched = false
    return session
  }

  /** The text of the Set-Cookie field that fits what is known now. Throws what `cookie` throws for a bad option. */
  setCookie(): string | undefined {
    if (this.#abandoned) return undefined
    const { settings } = this.#house
    const session = this.#current()
    const id = this.#request.sessionID
    if (session == null) {
      const ended = this.#destroyed || this.#isUnset()
      return ended && this.#sent !== undefined ? clearId(settings.name, this.#newCookie().data) : undefined
    }
    // Without a cookie it is no session any more, and the commit will say so.
    if (this.outage !== undefined || typeof id !== 'string' || !session.cookie) return undefined
    if (!this.#deservesCookie(session)) return undefined
    if (session.cookie.secure && !isSecure(this.#request, settings.proxy)) return unsent(this.#request, settings.proxy)
    this.#touch(session)
    // A stream: the old session must not live on until its end.
    if (this.#copy.isLeaving && !this.#commits) this.#early = this.commit(false)
    const value = this.#house.ids.signed(id, this.#secrets[0]!)
    return writeId(settings.name, value, session.cookie.data)
  }

  /** Writes what has to be written. Undefined when that is nothing; never rejects. `touches` false: it is not the last. */
  commit(touches = true): Promise<Commit> | undefined {
    if (this.#abandoned) return undefined
    try {
      return this.#commit(touches)
    } catch (error) {
      this.abandon()
      return Promise.resolve({ kind: 'refused', error: unstorable(error, this.#request.session) })
    }
  }

  #commit(touches: boolean): Promise<Commit> | undefined {
    const early = this.#early
    if (early !== undefined) {
      this.#early = undefined
      return early.then(commit => (commit.kind === 'kept' ? (this.commit(touches) ?? commit) : commit))
    }
    this.#commits = true
    this.#data = undefined
    const session = this.#current()
    if (this.outage === 'anonymous') return undefined
    if (session == null) return this.#leaves() ? this.#settle(this.#copy.remove(this.#request.sessionID!)) : undefined
    this.#touch(session)
    if (typeof this.#request.sessionID !== 'string') return undefined
    if (this.#deservesSaving(session)) return this.#settle(this.#write(session))
    if (!touches || this.outage !== undefined || this.isNew || this.#copy.hasSlid(session)) return undefined
    const touching = this.#copy.touch(session)
    // With a driver of ours nothing is lost but a slide; others report it as express-session does.
    return this.#copy.driver.compares
      ? touching.then(
          () => KEPT,
          () => KEPT,
        )
      : this.#settle(touching)
  }

  /** A commit failed and the app has been told: no cookie, and no second try. */
  abandon(): void {
    this.#abandoned = true
  }

  async save(session: Session): Promise<void> {
    if (this.outage === 'anonymous') throw new StoreUnavailable('the session is not kept')
    this.#data = undefined
    this.#copy.check(session, this.#dataOf(session))
    try {
      await this.#write(session, true)
    } catch (error) {
      throw this.#described(error)
    }
  }

  async reload(session: Session): Promise<void> {
    const { parsed, json } = await this.#copy.reload(session.id)
    this.#inflate(parsed, json, this.#copy.slid)
  }

  async destroy(session: Session): Promise<void> {
    if (this.#request.session === session) delete this.#request.session
    // Of a session that could not be loaded, what is meant is the one that the client has.
    const id = (this.outage === 'anonymous' && this.#sent) || session.id
    await this.#copy.destroy(id).catch(error => {
      throw this.#described(error)
    })
    this.#destroyed = true
  }

  async regenerate(session: Session, { keep }: Regenerate): Promise<void> {
    const copy = this.#copy
    // Data that go on stay where they are until they are written under the new id. See docs/decisions.md.
    const user = keep ? copy.leave(session.id) : undefined
    if (!keep && (copy.mayBeStored || copy.isLeaving || !copy.driver.compares)) await copy.remove(session.id)
    const fresh = this.generate()
    if (!keep) return
    const { cookie, ...data } = session
    Object.assign(fresh, data)
    if (cookie.originalMaxAge !== fresh.cookie.originalMaxAge) fresh.cookie.maxAge = cookie.originalMaxAge
    // Now: what lists or revokes the sessions of the user next must find the new one, and not the old one.
    if (user !== undefined) await this.save(fresh)
  }

  async update<T>(session: Session, change: (data: any) => T): Promise<Awaited<T>> {
    // Nothing to compare with: a session of this request alone, or a store that cannot.
    if (this.#copy.json === undefined || !this.#copy.driver.compares) {
      const result = await this.#copy.changing.run(change, session)
      await this.save(session)
      return result
    }
    return this.#copy.update(session, change, error => this.#described(error))
  }

  handle(session: Session): string {
    return this.#house.users.handleOf(session)
  }

  async revokeOthers(session: Session): Promise<number> {
    // Not 0: that would say that there are none.
    if (this.outage === 'anonymous') throw new StoreUnavailable('whose session this is cannot be told')
    return this.#house.users.revokeOthers(session)
  }

  #begin(): undefined {
    const session = this.generate()
    this.#original = { id: session.id, data: '{}' }
  }

  #inflate(parsed: any, json: string | undefined, slid: number): void {
    // A TypeError, as from express-session, when what was stored is no session.
    const expires: unknown = parsed.cookie.expires
    const copy = this.#copy
    const cut = json === undefined ? undefined : dataIn(json, parsed, copy.isStamped)
    copy.take(parsed)
    const data = cut ?? dataOf(parsed)
    const stored = parsed.cookie
    const cookie = this.#newCookie()
    // How long it lives was decided for this session; how the cookie is sent, by the options of today.
    cookie._expires = typeof expires === 'string' ? new Date(expires) : ((expires as Date | null | undefined) ?? null)
    cookie.originalMaxAge = stored.originalMaxAge
    parsed.cookie = cookie
    const session = new this.#house.Session(this.#request, parsed)
    // Now and not at the end: what was written is the expiry of the last write, and a save() would take it for the life.
    if (cookie._expires !== null && typeof cookie.originalMaxAge === 'number') session.touch()
    this.#request.session = session
    copy.json = json ?? jsonOf(cookie, data)
    copy.data = data
    copy.slid = slid
    copy.cookie = stored
    if (slid > 0 && Math.abs(lifeOf(cookie) - slid) > SAME_LIFE) {
      this.#house.mixedLives = true
      // Now: an event stream, an upgrade or a client that leaves has no end to do it at. An error costs a slide.
      if (copy.driver.slides && !copy.hasSlid(session)) copy.touch(session).catch(() => {})
    }
  }

  #newCookie(): Cookie {
    return newCookie(this.#cookieOptions, () => isSecure(this.#request, this.#house.settings.proxy))
  }

  /** What is in `req.session`; a session that was not asked for is left where it is. */
  #current(): Session | null | undefined {
    return this.loaded ? this.#request.session : undefined
  }

  #leaves(): boolean {
    if (!this.#request.sessionID) return false
    if (this.#copy.isLeaving) return true
    if (this.#destroyed || !this.#isUnset()) return false
    return !this.loaded || this.#copy.json !== undefined || !this.#copy.driver.compares
  }

  /** By `req.session = null`, with `lazy` also for a session that nobody has looked at. */
  #isUnset(): boolean {
    if (!this.#house.settings.unsetDestroys) return false
    return this.loaded ? this.#original !== undefined : this.#request.session === null
  }

  #touch(session: Session): void {
    if (!this.#touched) touch(session)
    this.#touched = true
  }

  #dataOf(session: Session): string {
    return (this.#data ??= dataToStore(session))
  }

  #isModified(session: Session): boolean {
    return this.#original?.id !== session.id || this.#original.data !== this.#dataOf(session)
  }

  #deservesCookie(session: Session): boolean {
    const { rolling, saveUninitialized } = this.#house.settings
    if (this.isNew) return saveUninitialized || this.#isModified(session)
    return (
      rolling ||
      this.resends ||
      this.#cookieDiffers(session) ||
      (session.cookie.expires != null && this.#isModified(session))
    )
  }

  #deservesSaving(session: Session): boolean | undefined {
    if (this.isNew && this.#copy.data === undefined && !this.#house.settings.saveUninitialized)
      return this.#isModified(session)
    if (this.#copy.data !== this.#dataOf(session)) return true
    const { cookie } = this.#copy
    return this.#cookieDiffers(session) || (cookie && cookie.originalMaxAge !== session.cookie.originalMaxAge)
  }

  #cookieDiffers(session: Session): boolean {
    const { cookie } = this.#copy
    return cookie !== undefined && differs(cookie, session.cookie, this.#cookieOptions)
  }

  async #write(session: Session, stays = false): Promise<void> {
    const data = this.#dataOf(session)
    // Only the session of the request is known to be, or not to be, in the store.
    if (session.id !== this.#request.sessionID) throw new SessionGone()
    await this.#copy.write(session, data, stays)
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
      this.#original = { id: this.#sent!, data: this.#copy.data! }
      this.outage = 'stale'
    } else throw this.#described(error)
  }

  /** undefined: as in express-session, for stores that are not ours, unless a policy was asked for. */
  #policy(): OutagePolicy | undefined {
    const policy = this.#house.settings.outage(this.#request)
    return policy ?? (this.#copy.driver.compares ? 'fail' : undefined)
  }

  #described(error: unknown): unknown {
    return described(error, this.#policy())
  }

  #settle(work: Promise<unknown>): Promise<Commit> {
    return settled(work, this.#house.counts, () => this.#policy())
  }
}
