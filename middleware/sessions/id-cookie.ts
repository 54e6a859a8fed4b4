// The id of a session on its way through the browser: `s:` + id + `.` + HMAC, as cookie-parser and express-session sign.
import type { IncomingMessage } from 'node:http'
import { type CookieSerializeOptions, parse, serialize } from 'cookie'
import { sign, unsign } from 'cookie-signature'
import type { CookieData } from './cookie.ts'

/** Text, or bytes as they are. */
export type Secret = string | Buffer

/** What cookie-parser leaves on a request. */
export interface ParsedCookies extends IncomingMessage {
  cookies?: Record<string, string | undefined>
  signedCookies?: Record<string, string | false | undefined>
}

/** Signatures that were found to be right need not be computed again for every request of a client. */
export interface KnownIds {
  of(raw: string, secrets: readonly Secret[]): string | undefined
  signed(id: string, secret: Secret): string
}

const MOST_KNOWN = 10_000

export function knownIds(): KnownIds {
  const known = new Map<string, string>()
  const signatures = new Map<string, string>()
  /** Those that `known` was verified with, and the one of `signatures`: an app may change its array of secrets in place. */
  let verifiedWith: readonly Secret[] = []
  let signedWith: Secret | undefined
  return {
    signed(id, secret) {
      if (secret !== signedWith) {
        signatures.clear()
        signedWith = secret
      }
      let found = signatures.get(id)
      if (found === undefined) {
        found = signed(id, secret)
        if (signatures.size >= MOST_KNOWN) signatures.clear()
        signatures.set(id, found)
      }
      return found
    },
    of(raw, secrets) {
      if (!areSame(secrets, verifiedWith)) {
        known.clear()
        verifiedWith = [...secrets]
      }
      const found = known.get(raw)
      if (found !== undefined) return found
      const id = verified(raw, secrets)
      // Forged ones are computed each time: they could fill it.
      if (id !== undefined) {
        if (known.size >= MOST_KNOWN) known.clear()
        known.set(raw, id)
      }
      return id
    },
  }
}

/** By identity: no cost for a request, as long as nobody writes into the bytes of a Buffer. */
function areSame(some: readonly Secret[], others: readonly Secret[]): boolean {
  if (some.length !== others.length) return false
  for (let nth = 0; nth < some.length; nth++) if (some[nth] !== others[nth]) return false
  return true
}

/** Without a memory: for secrets that come with the request. */
export const unknownIds: KnownIds = { of: verified, signed }

/** The id that came with a signature by one of the secrets; else undefined. */
export function readId(
  request: ParsedCookies,
  name: string,
  secrets: readonly Secret[],
  known: KnownIds,
): string | undefined {
  const header = request.headers.cookie
  const raw = header?.includes(name) ? parse(header)[name] : undefined
  const fromHeader = raw && known.of(raw, secrets)
  if (fromHeader) return fromHeader
  // cookie-parser has read what may since have been taken out of the header.
  const parsed = request.signedCookies?.[name]
  return (typeof parsed === 'string' && parsed) || verified(request.cookies?.[name], secrets) || undefined
}

/** Throws what `cookie` throws: a TypeError that names the option. */
export function writeId(name: string, signedId: string, data: CookieData): string {
  return serialize(name, signedId, data as CookieSerializeOptions)
}

function signed(id: string, secret: Secret): string {
  return `s:${sign(id, secret as string)}`
}

/** RFC 6265 section 3.1: a date in the past takes the cookie away, when path and domain are the same. */
export function clearId(name: string, data: CookieData): string {
  return serialize(name, '', { ...data, expires: new Date(0) } as CookieSerializeOptions)
}

/** `raw` is no text where cookie-parser found `j:` and JSON: whoever sends that must not get an error out of us. */
function verified(raw: unknown, secrets: readonly Secret[]): string | undefined {
  if (typeof raw !== 'string' || !raw.startsWith('s:')) return undefined
  const value = raw.slice(2)
  for (const secret of secrets) {
    const id = unsign(value, secret as string)
    if (id !== false) return id
  }
  return undefined
}
