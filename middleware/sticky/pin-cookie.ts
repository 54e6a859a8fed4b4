// The pin on its way through the browser: read from the request, set with the answer's head when it has to change.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { parse } from 'cookie'
import type { Pin, Pins } from '../pin.ts'
import { Cookie, type CookieOptions } from '../sessions/cookie.ts'
import { takeHead } from '../sessions/hold.ts'

export interface PinCookies {
  /** Undefined without one that is ours and not over. */
  read(req: IncomingMessage): Pin | undefined
  /** Has the answer, if its status is below 500, set a pin to `instance`; `pin` is the one to renew. */
  leave(res: ServerResponse, instance: string, terms: Terms): void
  /** The field line of such a pin. */
  line(instance: string, terms: Terms): string
  /** Whether a pin to where its client is served has to be written anew. */
  isStale(pin: Pin): boolean
}

export interface Terms {
  /** The client came by TLS. */
  readonly secure: boolean
  readonly pin: Pin | undefined
}

export interface PinCookieSettings {
  readonly name: string
  readonly cookie: CookieOptions
  /** Milliseconds. */
  readonly idle: number
}

export function pinCookies({ name, cookie, idle }: PinCookieSettings, pins: Pins): PinCookies {
  // RFC 6265bis section 5.7, and what browsers ask of SameSite=None and Partitioned.
  const always = cookie.sameSite === 'none' || cookie.partitioned === true || /^__(?:host|secure)-/i.test(name)

  function textOf(instance: string, { secure, pin }: Terms): string {
    const now = Date.now()
    const asSaid = typeof cookie.secure === 'boolean' ? cookie.secure : secure
    const attributes = new Cookie({ sameSite: 'lax', ...cookie, secure: always || asSaid })
    return attributes.serialize(name, pins.seal(instance, pin?.issuedAt ?? now, now))
  }

  return {
    read({ headers }) {
      const header = headers.cookie
      const text = header?.includes(name) ? parse(header)[name] : undefined
      if (text === undefined) return undefined
      const pin = pins.open(text, Date.now())
      return typeof pin === 'string' ? undefined : pin
    },
    isStale: pin => pin.key !== 0 || Date.now() - pin.seenAt > idle / 4,
    line: textOf,
    leave(res, instance, terms) {
      withHead(res, () => {
        // A shared cache would hand one client's pin to everybody.
        const shared = /\b(?:public|s-maxage)\b/i.test(String(res.getHeader('Cache-Control') ?? ''))
        if (res.statusCode < 500 && !shared) res.appendHeader('Set-Cookie', textOf(instance, terms))
      })
    },
  }
}

/** Just before the head is written, with all of it set: `writeHead` may bring fields of its own. */
function withHead(res: ServerResponse, work: () => void): void {
  const { writeHead } = res
  res.writeHead = function (this: ServerResponse, status: number, ...rest: unknown[]) {
    res.writeHead = writeHead
    if (this.headersSent) return (writeHead as (...all: unknown[]) => never).call(this, status, ...rest)
    takeHead(this, status, rest)
    work()
    return writeHead.call(this, status)
  } as never
}
