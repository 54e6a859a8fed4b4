// What `import ... from 'outrigger'` gives, and `require('outrigger')` in place of `require('express-session')`.

import {
  BadUser,
  RevocationIncomplete,
  SessionContended,
  SessionGone,
  SessionUnstorable,
  StoreUnavailable,
} from './errors.ts'
import { type Sessions, sessions as start } from './express.ts'
import { drain } from './process/drain.ts'
import { health } from './process/health.ts'
import { load } from './process/load.ts'
import { Cookie } from './sessions/cookie.ts'
import type { SessionOptions } from './sessions/options.ts'
import { Session, type SessionData } from './sessions/session.ts'
import { sticky } from './sticky/sticky.ts'
import { BadForward, BodyTaken, OwnerLost, OwnerSilent } from './sticky/sticky-errors.ts'
import { EmbeddedStore } from './stores/embedded-store.ts'
import { MemoryStore } from './stores/memory-store.ts'
import { RedisStore } from './stores/redis-store.ts'
import { Store } from './stores/store.ts'

export type { Sessions } from './express.ts'
export type { HardeningOptions } from './hardening/hardening.ts'
export type { HashIds } from './hardening/hashed-ids.ts'
export type { Encrypt, EncryptionKey } from './hardening/seal-keys.ts'
export type { Drain, Drained, DrainOptions } from './process/drain.ts'
export type {
  Check,
  CheckReport,
  Health,
  HealthOptions,
  HealthReport,
  HealthState,
} from './process/health.ts'
export type { Load, LoadOptions, ShedOptions } from './process/load.ts'
export * from './sessions/cookie.ts'
export type { LifetimeOptions } from './sessions/lifetime.ts'
export type { IndexBy, OutagePolicy, SessionOptions } from './sessions/options.ts'
export type { SecretOptions } from './sessions/secrets.ts'
// By star: only so can an app add its keys to SessionData under the name of the package.
export * from './sessions/session.ts'
export type { Sticky, StickyCounts } from './sticky/sticky.ts'
export type { InstanceOptions, StickyOptions } from './sticky/sticky-options.ts'
export { EmbeddedStore, type EmbeddedStoreOptions } from './stores/embedded-store.ts'
export { MemoryStore } from './stores/memory-store.ts'
export type { Near, NearCacheOptions, NearCounts } from './stores/near-commands.ts'
export type { ClusterSource, RedisSource } from './stores/redis-source.ts'
export { RedisStore, type RedisStoreOptions } from './stores/redis-store.ts'
export { type SessionFound, type SessionIndex, type SessionStore, Store } from './stores/store.ts'
export type { SessionOfUser, User, UserSessions } from './users/user-sessions.ts'

/** The middleware. With express-session's constructors on it, so that changing the import is enough. */
export const sessions = Object.assign(
  <Data extends object = {}>(options?: SessionOptions): Sessions<Data> => start<Data>(options),
  { Cookie, EmbeddedStore, MemoryStore, RedisStore, Session, Store },
)

export default sessions

const errors = { BadUser, RevocationIncomplete, SessionContended, SessionGone, SessionUnstorable, StoreUnavailable }
const onTheWay = { BadForward, BodyTaken, OwnerLost, OwnerSilent }
const required = Object.assign(sessions, {
  ...errors,
  ...onTheWay,
  drain,
  health,
  load,
  sessions,
  sticky,
  default: sessions,
})

export {
  BadForward,
  BadUser,
  BodyTaken,
  drain,
  health,
  load,
  OwnerLost,
  OwnerSilent,
  RevocationIncomplete,
  required as 'module.exports',
  SessionContended,
  SessionGone,
  SessionUnstorable,
  StoreUnavailable,
  sticky,
}

declare global {
  namespace Express {
    interface Request {
      session: Session & Partial<SessionData>
      sessionID: string
      sessionStore: Store
      /** With `lazy: true`: loads the session, once. */
      loadSession(): Promise<Session & Partial<SessionData>>
    }
  }
}
