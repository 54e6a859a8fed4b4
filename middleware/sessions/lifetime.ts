// How long a session may live whatever its cookie says: since it was last used, and since it was made.
import type { SessionStore } from '../stores/store.ts'

/** Milliseconds, as all of express-session's durations. */
export interface LifetimeOptions {
  /** In the store, since the last request that loaded it. Default: as long as the cookie. */
  idle?: number | undefined
  /** Since it was made, or regenerated; then it is gone, however busy. Default: no limit. */
  absolute?: number | undefined
}

/** Throws a TypeError that names the option. */
export function lifetimeOf(given: LifetimeOptions | undefined, driver: SessionStore): LifetimeOptions | undefined {
  if (given === undefined) return undefined
  if (typeof given !== 'object' || given === null)
    throw new TypeError(
      `lifetime option must be an object such as { idle: 1800000 }, not ${given === null ? 'null' : typeof given}`,
    )
  for (const name of Object.keys(given))
    if (name !== 'idle' && name !== 'absolute')
      throw new TypeError(`lifetime.${name} is no option; there are idle and absolute`)
  const idle = positive('idle', given.idle)
  const absolute = positive('absolute', given.absolute)
  if (idle !== undefined && absolute !== undefined && idle > absolute)
    throw new TypeError(`lifetime.idle (${idle}) is longer than lifetime.absolute (${absolute})`)
  // Such a store reads the life from the cookie that it is handed.
  if (idle !== undefined && !driver.compares)
    throw new TypeError(
      'lifetime.idle needs redis, RedisStore or the in-process store; other stores go by cookie.maxAge',
    )
  return idle === undefined && absolute === undefined ? undefined : { idle, absolute }
}

/** `life` as the cookie has it. Not above 0: the session has ended. */
export function bounded(life: number, { idle = life, absolute }: LifetimeOptions, created: number | undefined): number {
  if (life <= 0 || absolute === undefined || created === undefined) return life <= 0 ? life : idle
  return Math.min(idle, created + absolute - Date.now())
}

function positive(name: string, ms: unknown): number | undefined {
  if (ms === undefined) return undefined
  if (typeof ms === 'number' && Number.isFinite(ms) && ms > 0) return ms
  throw new TypeError(`lifetime.${name} must be milliseconds above 0, not ${typeof ms === 'number' ? ms : typeof ms}`)
}
