// The secrets that sign ids. Who can guess one can make the cookie of any session whose id is known.

import { warning } from '../notice.ts'
import type { Secret } from './id-cookie.ts'

export interface SecretOptions {
  /** Signs the id. Of several the first one signs, all are accepted. Else `req.secret` is needed. */
  secret?: Secret | readonly Secret[] | undefined
  /**
   * Characters (bytes of a Buffer) that a secret must have; a shorter one is a TypeError at start. Default 6, so that
   * apps come over from express-session as they are, tutorials' `secret` included; with NODE_ENV=production less than 32 is warned of, once.
   */
  minSecretLength?: number | undefined
}

const MIN_LENGTH = 6
/** What HMAC-SHA-256 can make use of: RFC 2104 section 3 advises against keys shorter than its output. */
const ADVISED = 32
/** Those of READMEs and tutorials, which whoever attacks tries first. */
const PLACEHOLDERS =
  /^(?:keyboard cat|(?:your|my|super|some|session|top)?[-_ ]?secret(?:[-_ ]?key)?|change[-_ ]?me|password)\d*$/i
const MAKE = `make one with: node -e "console.log(require('crypto').randomBytes(32).toString('hex'))"`

export function secretsOf({ secret, minSecretLength = MIN_LENGTH }: SecretOptions): readonly Secret[] | undefined {
  if (!Number.isInteger(minSecretLength) || minSecretLength < 1)
    throw new TypeError(`minSecretLength option must be a whole number above 0, not ${String(minSecretLength)}`)
  if (secret === undefined || secret === null) return undefined
  const all = listed(secret as Secret)
  if (all.length === 0) throw new TypeError('secret option array must contain one or more strings')
  for (const [nth, each] of all.entries())
    check(each, Array.isArray(secret) ? `secret[${nth}]` : 'secret', minSecretLength)
  return all
}

/** `req.secret` is not checked: its error would be one for each request, instead of a start that fails. */
export function listed(secret: Secret | readonly Secret[]): readonly Secret[] {
  return Array.isArray(secret) ? secret : [secret as Secret]
}

/** Says what and how long it is, never what it says. */
function check(secret: unknown, option: string, min: number): void {
  const isBytes = secret instanceof Uint8Array
  if (typeof secret !== 'string' && !isBytes)
    throw new TypeError(
      `${option} option must be a string or a Buffer, not ${secret === null ? 'null' : typeof secret}`,
    )
  const length = secret.length
  const unit = isBytes ? 'bytes' : 'characters'
  if (length < min)
    throw new TypeError(
      `${option} option is ${length === 0 ? 'empty' : `${length} ${unit} long`}, at least ${min} are needed; ${MAKE}`,
    )
  if (process.env.NODE_ENV !== 'production') return
  if (typeof secret === 'string' && PLACEHOLDERS.test(secret))
    warning(`the ${option} option is a placeholder that everybody knows; ${MAKE}`)
  else if (length < ADVISED) warning(`the ${option} option is ${length} ${unit} long, ${ADVISED} are advised; ${MAKE}`)
}
