// What all requests of one middleware share.

import type { SessionStore } from '../stores/store.ts'
import { type UserIndex, userIndex } from '../users/user-index.ts'
import { type Users, userSessions } from '../users/user-sessions.ts'
import { type KnownIds, knownIds, unknownIds } from './id-cookie.ts'
import { type LastKnown, lastKnown } from './last-known.ts'
import type { Settings } from './options.ts'
import type { Session } from './session.ts'
import { createWriters, type Writers } from './writers.ts'

export interface House {
  readonly settings: Settings
  /** What handlers hold. */
  readonly Session: typeof Session
  readonly known: LastKnown | undefined
  readonly index: UserIndex | undefined
  readonly users: Users
  readonly writers: (driver: SessionStore) => Writers
  readonly counts: {
    loads: number
    misses: number
    writes: number
    unavailable: number
    gone: number
    corrupt: number
    expired: number
    conflicts: number
  }
  readonly ids: KnownIds
  /** Some sessions live longer or shorter than the cookie option says: loading must not slide before it is known. */
  mixedLives: boolean
}

export function house(settings: Settings, kind: typeof Session): House {
  const known = settings.keepsStale ? lastKnown() : undefined
  const index = userIndex(settings)
  const writers = new WeakMap<SessionStore, Writers>()
  const counts = { loads: 0, misses: 0, writes: 0, unavailable: 0, gone: 0, corrupt: 0, expired: 0, conflicts: 0 }
  return {
    settings,
    Session: kind,
    known,
    index,
    users: userSessions(index, key => known?.forget(key)),
    writers(driver) {
      let found = writers.get(driver)
      if (found === undefined) writers.set(driver, (found = createWriters(driver, counts)))
      return found
    },
    counts,
    ids: settings.secrets === undefined ? unknownIds : knownIds(),
    mixedLives: false,
  }
}
