// Which sessions a user has: when a store's index is told of a session. An entry is only removed with its session, which
// never comes back. All others fade: readers go by what a session itself says, so an entry too many costs a look, and
// one that is removed while a request is about to write its session would be missing for good.

import { BadUser, messageOf } from '../errors.ts'
import { lifeAnew } from '../sessions/cookie-life.ts'
import { driverOf, type Settings } from '../sessions/options.ts'
import type { Session } from '../sessions/session.ts'
import { dataOf } from '../sessions/snapshot.ts'
import type { SessionIndex, SessionStore } from '../stores/store.ts'
import { handleOf } from './handle.ts'

/**
 * A live session is always listed. A write or a slide at `t` with the life L lets a session end at t + L, and
 *
 * 1. leaves an entry that ends at t + 2L or later: there is one when this process knows so, else one is made that ends
 *    at t + 3L. It is awaited before a write, and sent after the reading that slid.
 * 2. Ends are never lowered, whoever else writes them.
 *
 * So there is a spare life between the end of a session and that of its entry. It pays for all that 1 does not see: a
 * command that is carried out late; a refresh after a reading that fails; a long request that slides at its end what
 * has become another user's meanwhile. Each of these happened at t' <= t + L, where t is the last slide with an entry,
 * as the session was alive; it ends at t' + L <= t + 2L, and is listed until then. The next slide makes up for it.
 *
 * An entry that was made for 3L is enough for L: one refresh per session, process and life.
 */
const MADE_FOR = 3
const ENOUGH = 2

/** Entries that this process knows; of a session that was forgotten, the next request refreshes early. */
const MOST_KNOWN = 50_000
/** Milliseconds without a refresh after one that failed: reading goes on, also where Redis has no room to write. */
const PAUSE = 1_000
/** Milliseconds; three thousand years, and a number that Redis takes for a date. */
const LONGEST = 1e14

export interface UserIndex {
  readonly entries: SessionIndex
  /** `driver`, telling the index. */
  over(driver: SessionStore): SessionStore
  /** What was loaded; `life` as for `load`. Neither waits nor throws. */
  saw(id: string, parsed: any, life: number | undefined): void
  /** Of data as it is stored. Throws BadUser for what can be no user. */
  userIn(data: unknown): string | undefined
  /** Of JSON that was stored; undefined also for what can be no user. */
  userStored(json: string): string | undefined
  /** Of a session in a request. */
  userOf(session: Session): string | undefined
  handleOf(id: string): string
  forget(key: string): void
}

export function userIndex({
  indexBy,
  store,
  hardening,
}: Pick<Settings, 'indexBy' | 'store' | 'hardening'>): UserIndex | undefined {
  if (indexBy === undefined) return undefined
  const found = driverOf({ store, hardening }).index
  if (found === undefined)
    throw new TypeError(
      `indexBy needs a store that can list the sessions of a user: redis, RedisStore, EmbeddedStore or MemoryStore, with their own methods; got ${store.constructor?.name || 'an object'}`,
    )
  const entries = found
  const pick = typeof indexBy === 'function' ? indexBy : (data: any) => data[indexBy]
  const keyOf = entries.keyOf ?? ((id: string) => id)
  /** By key, the oldest first. */
  const known = new Map<string, { user: string; end: number }>()
  const drivers = new WeakMap<SessionStore, SessionStore>()
  let pausedUntil = 0

  function userIn(data: unknown) {
    let value: unknown
    try {
      value = pick(data)
    } catch (error) {
      throw new BadUser(`indexBy failed: ${messageOf(error)}`, { cause: error })
    }
    return userFrom(value, 'indexBy')
  }
  // By way of JSON, since that is what others will read: an id that is an object here may be a string there.
  const userOf = (session: Session) => userIn(JSON.parse(dataOf(session)))
  const isEnough = (end: number | undefined, life: number) =>
    end !== undefined && end >= Math.min(Date.now() + ENOUGH * life, LONGEST)

  /** Known from now on, not from the answer on: who destroys the session meanwhile has to know what to remove. */
  async function enter(key: string, user: string, life: number) {
    const lasting = Math.min(MADE_FOR * life, LONGEST)
    const entry = { user, end: Date.now() + lasting }
    known.delete(key)
    known.set(key, entry)
    if (known.size > MOST_KNOWN) known.delete(known.keys().next().value!)
    try {
      await entries.add(user, key, lasting)
    } catch (error) {
      if (known.get(key) === entry) known.delete(key)
      throw error
    }
  }

  function refresh(key: string, user: string, life: number) {
    if (Date.now() < pausedUntil) return
    enter(key, user, life).catch(() => (pausedUntil = Date.now() + PAUSE))
  }

  async function beforeWriting(key: string, json: string, life: number, isNew: boolean) {
    const user = userIn(JSON.parse(json))
    if (user === undefined) return
    const entry = known.get(key)
    if (isNew || entry?.user !== user || !isEnough(entry.end, life)) await enter(key, user, life)
  }

  const told = (driver: SessionStore): SessionStore => ({
    ...driver,
    async create(id, snapshot) {
      await beforeWriting(keyOf(id), snapshot.json, snapshot.life, true)
      await driver.create(id, snapshot)
    },
    // Every attempt comes by here, so that the user is that of what is written in the end, merged or not.
    async replace(id, snapshot, seen) {
      await beforeWriting(keyOf(id), snapshot.json, snapshot.life, false)
      return driver.replace(id, snapshot, seen)
    },
    async touch(id, snapshot) {
      const key = keyOf(id)
      await driver.touch(id, snapshot)
      // The request may have taken longer than a life since it was loaded.
      if (isEnough(known.get(key)?.end, snapshot.life)) return
      const user = quietly(() => userOf(snapshot.session))
      if (user !== undefined) refresh(key, user, snapshot.life)
    },
    async destroy(id) {
      const removed = await driver.destroy(id)
      const key = keyOf(id)
      const user = known.get(key)?.user
      known.delete(key)
      // The session is gone; that its entry stays for a while harms nobody.
      if (user !== undefined) await Promise.resolve(entries.remove(user, [key])).catch(() => {})
      return removed
    },
  })

  return {
    entries,
    userIn,
    userStored: json => quietly(() => userIn(JSON.parse(json))),
    userOf,
    handleOf: id => handleOf(keyOf(id)),
    forget: key => void known.delete(key),
    over(driver) {
      let found = drivers.get(driver)
      if (found === undefined) drivers.set(driver, (found = told(driver)))
      return found
    },
    saw(id, parsed, life = 0) {
      // A session that cannot be indexed can be read; whoever writes it is told.
      const user = quietly(() => userIn(parsed))
      if (user === undefined) return
      const key = keyOf(id)
      const longest = Math.max(life, lifeAnew(parsed.cookie))
      const entry = known.get(key)
      if (entry?.user !== user || !isEnough(entry.end, longest)) refresh(key, user, longest)
    },
  }
}

/** 1 and '1' are one user. `source`: the option or function that an error is to name. */
export function userFrom(value: unknown, source: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  if ((typeof value === 'number' && !Number.isNaN(value)) || typeof value === 'bigint') return String(value)
  throw new BadUser(`${source}: a user is a string or a number, got ${kindOf(value)}`)
}

export function kindOf(value: unknown): string {
  if (value === '') return "''"
  if (typeof value !== 'object') return Number.isNaN(value) ? 'NaN' : `a value of type ${typeof value}`
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : `an object (${value.constructor?.name ?? 'without a class'})`
}

function quietly<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
