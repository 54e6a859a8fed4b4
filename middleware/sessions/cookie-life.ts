// What a session's cookie gets from the options, and how long it makes the session live.
import { Cookie, type CookieOptions } from './cookie.ts'

/** Milliseconds that a session lives whose cookie ends with the browser; connect-redis's default. */
const BROWSER_LIFE = 24 * 60 * 60 * 1000

export function newCookie(options: CookieOptions, isSecure: () => boolean): Cookie {
  const cookie = new Cookie(options)
  if (options.secure !== 'auto' && options.sameSite !== 'auto') return cookie
  const secure = isSecure()
  if (options.secure === 'auto') cookie.secure = secure
  if (options.sameSite === 'auto') cookie.sameSite = secure ? 'none' : 'lax'
  return cookie
}

/** Milliseconds from now; not above 0 once an app has set an expiry in the past. */
export function lifeOf(cookie: Cookie): number {
  const left = cookie.expires instanceof Date ? cookie.expires.valueOf() - Date.now() : Number.NaN
  return Number.isNaN(left) ? BROWSER_LIFE : left
}

/** Of a cookie as it is stored, or on its way there: milliseconds that remain; `usual` where it has no expiry. */
export function lifeLeft(cookie: CookieOptions | undefined, usual = BROWSER_LIFE): number {
  const expires = cookie?.expires
  const left = expires ? new Date(expires).valueOf() - Date.now() : Number.NaN
  return Number.isNaN(left) ? usual : left
}

/** Of a cookie as it is stored: what a request that uses the session starts anew. */
export function lifeAnew(cookie: CookieOptions | undefined): number {
  const life = cookie?.originalMaxAge
  return typeof life === 'number' ? life : lifeLeft(cookie)
}

const FLAGS = ['path', 'httpOnly', 'secure', 'domain', 'sameSite', 'partitioned', 'priority'] as const

/** Whether the cookie is sent otherwise than it was. `auto` depends on the request: no session is rewritten for it. */
export function differs(stored: CookieOptions, now: Cookie, options: CookieOptions): boolean {
  return FLAGS.some(flag => options[flag] !== 'auto' && stored[flag] !== now[flag])
}
