// A cookie of our own that says where the client lives. All proxies with the same key read it alike; none keeps anything.
import type { PinCookie } from '../model/sticky-settings.ts'
import { fieldValue, takeCookies, withField, withoutSetCookie } from './field-text.ts'
import { type Claim, type Mark, NO_CLAIM } from './mark.ts'

/** A pin, as middleware/pin.ts has it. */
export interface PinRead {
  readonly key: number
  readonly id: string
  readonly issuedAt: number
  readonly seenAt: number
}

export interface PinCookieParts {
  readonly pins: {
    seal(instance: string, issuedAt: number, seenAt: number): string
    open(text: string, now: number): PinRead | 'invalid' | 'expired'
  }
  /** The address that this is the id of, '' when there is none. */
  addressOf(id: string, key: number): string
  /** Milliseconds since 1970: pins go from one proxy to another. */
  wall(): number
}

interface PinClaim extends Claim {
  readonly pin: PinRead | undefined
}

export function markByCookie(settings: PinCookie, { pins, addressOf, wall }: PinCookieParts): Mark {
  const { name, idle } = settings
  const attributes = attributesOf(settings)
  const secureAlways = isSecureAlways(settings)

  return {
    near: false,
    read(x): PinClaim {
      const { head, values } = takeCookies(x.outgoing.text, name)
      // Also one that is none: the backend has no use for it, whatever it is.
      if (values.length > 0) x.outgoing.rewrite(head)
      let fault: Claim['fault'] = ''
      // Another host of the same site may have set one too. The first that is ours counts; the rest cost us time.
      for (const value of values.slice(0, MOST_TRIED)) {
        const pin = pins.open(value, wall())
        if (typeof pin !== 'string') {
          return { pinned: true, address: addressOf(pin.id, pin.key), key: undefined, fault: '', pin }
        }
        fault = fault === 'expired' ? fault : pin
      }
      return { ...NO_CLAIM, fault, pin: undefined }
    },
    keep(head, kept) {
      const { claim, address, secure, good } = kept
      // A backend that sets a cookie of this name would unpin the client, or pin it wherever it likes.
      const cleaned = withoutSetCookie(head, name)
      const now = wall()
      const { pin } = claim as PinClaim
      const same = pin !== undefined && claim.address === address
      if (same ? pin.key === 0 && now - pin.seenAt <= idle / 4 : !good) return cleaned
      if (isShared(cleaned)) return cleaned
      kept.left = true
      const value = pins.seal(address, same ? pin.issuedAt : now, now)
      const asSecure = secure || secureAlways ? '; Secure' : ''
      return withField(cleaned, `Set-Cookie: ${name}=${value}${attributes}${asSecure}`)
    },
  }
}

const MOST_TRIED = 4

function attributesOf({ path, domain, sameSite, partitioned }: PinCookie): string {
  const of = domain === undefined ? '' : `; Domain=${domain}`
  const policy = { lax: 'Lax', strict: 'Strict', none: 'None' }[sameSite]
  return `${of}; Path=${path}; HttpOnly; SameSite=${policy}${partitioned ? '; Partitioned' : ''}`
}

/** Browsers take such a cookie only if it is. */
function isSecureAlways({ name, sameSite, partitioned }: PinCookie): boolean {
  return sameSite === 'none' || partitioned || /^__(Host|Secure)-/i.test(name)
}

/** A shared cache is told to keep it: everybody who is served from there would get one client's pin. */
function isShared(head: string): boolean {
  return /(^|[\s,])(public|s-maxage)($|[\s,=])/i.test(fieldValue(head, 'cache-control') ?? '')
}
