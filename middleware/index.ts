// What `import ... from 'outrigger'` gives, and `require('outrigger')` in place of `require('express-session')`.
import { Cookie } from './cookie.ts'
import { drain } from './drain.ts'
import { EmbeddedStore } from './embedded-store.ts'
import {
  BadUser,
  RevocationIncomplete,
  SessionContended,
  SessionGone,
  SessionUnstorable,
  StoreUnavailable,
} from './errors.ts'
import { type Sessions, sessions as start } from './express.ts'
import { health } from './health.ts'
import { load } from './load.ts'
import { MemoryStore } from './memory-store.ts'
import type { SessionOptions } from './options.ts'
import { RedisStore } from './redis-store.ts'
import { Session, type SessionData } from './session.ts'
import { sticky } from './sticky.ts'
import { BadForward, BodyTaken, OwnerLost, OwnerSilent } from './sticky-errors.ts'
import { Store } from './store.ts'

export * from './cookie.ts'
export type { Drain, Drained, DrainOptions } from './drain.ts'
export { EmbeddedStore, type EmbeddedStoreOptions } from './embedded-store.ts'
export type { Sessions } from './express.ts'
export type { HardeningOptions } from './hardening.ts'
export type { HashIds } from './hashed-ids.ts'
export type {
  Check,
  CheckReport,
  Health,
  HealthOptions,
  HealthReport,
  HealthState,
} from './health.ts'
export type { LifetimeOptions } from './lifetime.ts'
export type { Load, LoadOptions, ShedOptions } from './load.ts'
export { MemoryStore } from './memory-store.ts'
export type { Near, NearCacheOptions, NearCounts } from './near-commands.ts'
export type { IndexBy, OutagePolicy, SessionOptions } from './options.ts'
export type { ClusterSource, RedisSource } from './redis-source.ts'
export { RedisStore, type RedisStoreOptions } from './redis-store.ts'
export type { Encrypt, EncryptionKey } from './seal-keys.ts'
export type { SecretOptions } from './secrets.ts'
// By star: only so can an app add its keys to SessionData under the name of the package.
export * from './session.ts'
export type { Sticky, StickyCounts } from './sticky.ts'
export type { InstanceOptions, StickyOptions } from './sticky-options.ts'
export { type SessionFound, type SessionIndex, type SessionStore, Store } from './store.ts'
export type { SessionOfUser, User, UserSessions } from './user-sessions.ts'

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
