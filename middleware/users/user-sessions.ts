// What an app asks about the sessions of a user: list them, revoke one, revoke all. The session's own data decides whose
// it is; the index only says where to look.

import { messageOf, RevocationIncomplete } from '../errors.ts'
import { lifeAnew } from '../sessions/cookie-life.ts'
import { Session, type SessionData } from '../sessions/session.ts'
import { STAMP } from '../sessions/snapshot.ts'
import type { SessionFound } from '../stores/store.ts'
import { handleOf } from './handle.ts'
import { kindOf, type UserIndex, userFrom } from './user-index.ts'

/** A number and its text are the same user. */
export type User = string | number

export interface SessionOfUser<Data extends object = {}> {
  /** Names the session; opens nothing. Fit for pages and logs. */
  readonly handle: string
  readonly data: Partial<Omit<SessionData, 'cookie'> & Data>
  /** When it ends, if it is not used before. */
  readonly expires: Date
  /** Whether it is the one that was given as `current`. */
  readonly current: boolean
}

export interface UserSessions<Data extends object = {}> {
  /**
   * The live sessions of a user, the one that ends last first. `current`, a session or a handle, is marked. Rejects with
   * a TypeError without the option `indexBy` and for what can be no user, and with StoreUnavailable.
   */
  sessionsOf(user: User, options?: { current?: Session | string | undefined }): Promise<SessionOfUser<Data>[]>
  /** Whether the user had such a session. It is gone at once, for requests in progress too: they write nothing more. */
  revoke(user: User, handle: string): Promise<boolean>
  /**
   * All sessions of a user but `except`, a session or a handle; with their number. Whatever existed as it was called is
   * gone when it resolves; what is created meanwhile may stay. Rejects with RevocationIncomplete: repeat it then.
   */
  revokeAll(user: User, options?: { except?: Session | string | undefined }): Promise<number>
}

/** Sessions that are asked for in one go. */
const BATCH = 100

export interface Users {
  /** For the app. */
  readonly asked: UserSessions<any>
  handleOf(session: Session): string
  revokeOthers(session: Session): Promise<number>
}

/** `forget` is told the keys of sessions that were revoked. */
export function userSessions(index: UserIndex | undefined, forget: (key: string) => void): Users {
  function needed(asker: string): UserIndex {
    if (index === undefined) throw new TypeError(`${asker} needs the option indexBy`)
    return index
  }

  function about(asker: string, user: User) {
    needed(asker)
    const name = userFrom(user, asker)
    if (name === undefined) throw new TypeError(`${asker}: a user is a string or a number, got ${kindOf(user)}`)
    return name
  }

  function handleGiven(given: Session | string | undefined, option: string): string | undefined {
    if (given instanceof Session) return needed(option).handleOf(given.id)
    if (given === undefined || typeof given === 'string') return given
    throw new TypeError(`${option}: a session or a handle is needed, got ${kindOf(given)}`)
  }

  /** Keys that may be the user's sessions, each once. */
  async function* keysOf(user: string): AsyncGenerator<string[]> {
    const seen = new Set<string>()
    for await (const page of index!.entries.list(user)) {
      const fresh = [...new Set(page)].filter(key => !seen.has(key))
      for (const key of fresh) seen.add(key)
      for (let at = 0; at < fresh.length; at += BATCH) yield fresh.slice(at, at + BATCH)
    }
  }

  async function ofUser(user: string, keys: string[]) {
    const found = await index!.entries.peek(keys)
    return keys.flatMap((key, nth) => {
      const session = found[nth]
      const parsed = session && parsedOfUser(session, user)
      if (parsed === undefined) return []
      const { cookie, [STAMP]: _, ...data } = parsed
      // Somebody took the expiry off.
      return [{ key, data, left: session!.left < 0 ? lifeAnew(cookie) : session!.left }]
    })
  }

  function parsedOfUser({ json }: SessionFound, user: string): Record<string, any> | undefined {
    try {
      const parsed = JSON.parse(json)
      return index!.userIn(parsed) === user ? parsed : undefined
    } catch {
      return undefined
    }
  }

  /** Those of `keys` that are sessions of the user; how many there were. */
  async function end(user: string, keys: string[]): Promise<number> {
    const own = (await ofUser(user, keys)).map(({ key }) => key)
    if (own.length === 0) return 0
    const ended = await index!.entries.destroy(own)
    for (const key of own) {
      index!.forget(key)
      forget(key)
    }
    // What stays listed fades: the sessions are gone, and that is what was asked for.
    await Promise.resolve(index!.entries.remove(user, own)).catch(() => {})
    return ended
  }

  const asked: UserSessions<any> = {
    async sessionsOf(user, { current } = {}) {
      const name = about('sessionsOf', user)
      const own = handleGiven(current, 'current')
      const found: SessionOfUser<any>[] = []
      for await (const keys of keysOf(name)) {
        const now = Date.now()
        for (const { key, data, left } of await ofUser(name, keys)) {
          const handle = handleOf(key)
          found.push({ handle, data, expires: new Date(now + left), current: handle === own })
        }
      }
      return found.sort((a, b) => b.expires.valueOf() - a.expires.valueOf())
    },
    async revoke(user, handle) {
      const name = about('revoke', user)
      if (typeof handle !== 'string') throw new TypeError(`revoke: a handle is a string, got ${kindOf(handle)}`)
      for await (const keys of keysOf(name)) {
        const key = keys.find(key => handleOf(key) === handle)
        if (key !== undefined) return (await end(name, [key])) > 0
      }
      return false
    },
    async revokeAll(user, { except } = {}) {
      const name = about('revokeAll', user)
      const spared = handleGiven(except, 'except')
      let revoked = 0
      try {
        for await (const keys of keysOf(name))
          revoked += await end(name, spared === undefined ? keys : keys.filter(key => handleOf(key) !== spared))
      } catch (error) {
        throw new RevocationIncomplete(revoked, messageOf(error), error)
      }
      return revoked
    },
  }

  return {
    asked,
    handleOf: session => index?.handleOf(session.id) ?? handleOf(session.id),
    async revokeOthers(session) {
      const user = needed('revokeOthers').userOf(session)
      return user === undefined ? 0 : asked.revokeAll(user, { except: session })
    },
  }
}
