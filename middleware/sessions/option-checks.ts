// Mistakes in options that would otherwise show as sessions that are silently not kept, told as the app starts. What
// express-session takes and its users rely on is never refused here: a cookie's expiry that is no date, for one.
import { serialize } from 'cookie'
import { messageOf } from '../errors.ts'
import { warning } from '../notice.ts'
import { LONGEST_TIMER } from '../process/milliseconds.ts'
import { Cookie, type CookieOptions } from './cookie.ts'

const OUTAGES: readonly unknown[] = ['fail', 'anonymous', 'stale']

interface Given {
  cookie?: unknown
  deadline?: unknown
  genid?: unknown
  outage?: unknown
  prefix?: unknown
}

/** Throws a TypeError that names the option. `name`: of the cookie. */
export function check(name: string, { cookie, deadline, genid, outage, prefix }: Given): void {
  try {
    serialize(name, '')
  } catch {
    throw new TypeError(
      `name must be one that a cookie can have, without blanks and ; , = and such, not ${shown(name)}`,
    )
  }
  if (outage != null && typeof outage !== 'function' && !OUTAGES.includes(outage))
    throw new TypeError(`outage must be 'fail', 'anonymous', 'stale' or a function, not ${shown(outage)}`)
  if (deadline !== undefined && !(typeof deadline === 'number' && deadline > 0 && deadline <= LONGEST_TIMER))
    throw new TypeError(
      `deadline must be a number of milliseconds above 0, up to ${LONGEST_TIMER}, not ${shown(deadline)}`,
    )
  if (prefix !== undefined && typeof prefix !== 'string')
    throw new TypeError(`prefix must be a string, not ${shown(prefix)}`)
  for (const [option, given] of [
    ['genid', genid],
    ['cookie', cookie],
    ['outage', outage],
  ] as const)
    if (isAsync(given))
      throw new TypeError(`${option} must not be an async function: what it returns is needed at once`)
  if (typeof cookie !== 'function' && cookie) {
    try {
      new Cookie(cookie as CookieOptions)
    } catch (error) {
      if (typeof cookie !== 'object') throw new TypeError(`cookie must be an object of options, not ${shown(cookie)}`)
      throw new TypeError(`cookie.${messageOf(error)}, got ${shown((cookie as CookieOptions).maxAge)}`)
    }
  }
}

/** Of the function that the option `cookie` was set to. Throws a TypeError. */
export function checkReturned(cookie: unknown): void {
  if (typeof cookie !== 'object' || cookie === null)
    throw new TypeError(`the function that the option cookie was set to must return an object, not ${shown(cookie)}`)
}

/** express-session has no session then and says nothing. */
export function checkId(id: unknown): void {
  if (typeof id !== 'string')
    warning(
      `genid must return a string; it returned ${kindOf(id)}, and such a session is neither kept nor has a cookie`,
    )
}

function isAsync(given: unknown): boolean {
  return typeof given === 'function' && Object.prototype.toString.call(given) === '[object AsyncFunction]'
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  return typeof value === 'number' ? String(value) : kindOf(value)
}

function kindOf(value: unknown): string {
  if (value == null) return String(value)
  if (value instanceof Promise) return 'a promise'
  return /^[aeiou]/.test(typeof value) ? `an ${typeof value}` : `a ${typeof value}`
}
