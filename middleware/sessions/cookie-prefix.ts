// What browsers demand of a cookie before they keep it (RFC 6265bis section 5.7), told when the middleware is made
// instead of by sessions that are silently lost.

import { warning } from '../notice.ts'
import type { CookieOptions } from './cookie.ts'
import { checkReturned } from './option-checks.ts'
import type { SessionRequest } from './session.ts'

type Given = CookieOptions | ((request: any) => CookieOptions)

/**
 * The cookie options with what the name asks for. Contradicting options are a TypeError. A function is called for each
 * request, and what it returns is put right, with one warning: an error there would be one per request.
 */
export function ruled(name: string, cookie: Given): Given {
  const prefix = /^__(?:host|secure)-/i.exec(name)?.[0].toLowerCase()
  if (typeof cookie === 'function') {
    return request => {
      const returned = cookie(request)
      checkReturned(returned)
      const given = corrected(name, prefix, returned)
      advise(given)
      return given
    }
  }
  const fault = faultOf(name, prefix, cookie)
  if (fault !== undefined) throw new TypeError(fault)
  advise(cookie)
  return corrected(name, prefix, cookie)
}

/** A secure cookie that was not sent; of all that can go wrong with sessions this is asked about most. */
export function unsent({ headers }: SessionRequest, proxy: boolean | undefined): undefined {
  const lost = 'the cookie needs TLS (cookie.secure) and this request did not come by TLS, so no cookie was sent'
  if (proxy === undefined && /^\s*https\b/i.test(String(headers['x-forwarded-proto'] ?? '')))
    warning(
      `${lost}. A proxy says that the client used TLS, but is not trusted: set \`proxy: true\` or app.set('trust proxy', ...)`,
    )
  else
    warning(
      `${lost}. Behind a proxy that ends TLS: let it send X-Forwarded-Proto, and set \`proxy: true\` or ` +
        `app.set('trust proxy', ...); without TLS, in development: cookie.secure 'auto'`,
    )
  return undefined
}

/** `shown`: in place of a value, where it may come from the request: what is warned of is told, and kept, once each. */
function faultOf(name: string, prefix: string | undefined, cookie: CookieOptions, shown?: string): string | undefined {
  const { secure, path, domain, partitioned } = cookie
  const isHost = prefix === '__host-'
  if (prefix !== undefined && secure !== undefined && secure !== true)
    return `the cookie name ${name} demands secure: true, but cookie.secure is ${shown ?? String(secure)}`
  if (isHost && path !== undefined && path !== '/')
    return `the cookie name ${name} demands path: '/', but cookie.path is ${shown ?? JSON.stringify(path)}`
  if (isHost && domain !== undefined)
    return `the cookie name ${name} allows no domain, but cookie.domain is ${shown ?? JSON.stringify(domain)}`
  if (partitioned === true && secure === false)
    return 'cookie.partitioned demands secure: true, but cookie.secure is false'
  return undefined
}

function corrected(name: string, prefix: string | undefined, cookie: CookieOptions): CookieOptions {
  if (prefix === undefined) return cookie
  const isHost = prefix === '__host-'
  if (cookie.secure === true && (!isHost || (cookie.path === '/' && cookie.domain === undefined))) return cookie
  const fault = faultOf(name, prefix, cookie, 'set otherwise by the function')
  if (fault !== undefined) warning(`${fault}; sent as the name demands`)
  return isHost ? { ...cookie, secure: true, path: '/', domain: undefined } : { ...cookie, secure: true }
}

/** express-session sends these; browsers drop them. No error: over plain HTTP its own tests ask for them. */
function advise({ secure, sameSite, partitioned }: CookieOptions): void {
  if (secure) return
  if (sameSite === 'none') warning("cookie.sameSite 'none' without cookie.secure: browsers refuse such a cookie")
  if (partitioned) warning('cookie.partitioned without cookie.secure: browsers refuse such a cookie')
}
