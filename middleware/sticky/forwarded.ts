// What one instance tells another about a request that it passes on: that it has been passed on, which ends all loops,
// and from whom it came. Signed: what a client writes there is nothing, and is taken out.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

export interface Forwards {
  /** The field line for a request that is about to be passed on. */
  line(req: IncomingMessage): string
  /**
   * Whether another instance has passed this one on. Then its socket has the address that the first instance has seen.
   * Takes the field out in any case.
   */
  receive(req: IncomingMessage): boolean
}

const FIELD = 'x-outrigger-forwarded'
/** As for pins. Milliseconds. */
const SKEW = 300_000

/** Of the first instance's socket: when, address, port, family, 1 for TLS. */
type Seen = readonly [at: number, address: string, port: number, family: string, tls: 0 | 1]

export function createForwards(keys: readonly string[], scope: string): Forwards {
  const derived = keys.map(key => createHmac('sha256', key).update(`outrigger forward 1\0${scope}`).digest())
  // Bound to the request, so that it is of no use with another one. Not to the owner: two instances whose lists
  // contradict each other would each take it for another's, and pass the request on for ever.
  const macOf = (key: Buffer, said: string, req: Target) =>
    createHmac('sha256', key)
      .update(`${said}\0${req.method}\0${req.originalUrl ?? req.url}`)
      .digest()
      .subarray(0, 16)

  return {
    line(req) {
      const { remoteAddress = '', remotePort = 0, remoteFamily = '' } = req.socket
      const tls = (req.socket as { encrypted?: boolean }).encrypted ? 1 : 0
      const seen: Seen = [Date.now(), remoteAddress, remotePort, remoteFamily, tls]
      const said = Buffer.from(JSON.stringify(seen)).toString('base64url')
      return `${FIELD}: ${said}.${macOf(derived[0]!, said, req).toString('base64url')}\r\n`
    },
    receive(req) {
      const value = req.headers[FIELD]
      if (value === undefined) return false
      takeOut(req)
      const [said, mac] = String(value).split('.', 2)
      const given = Buffer.from(mac ?? '', 'base64url')
      if (given.length !== 16 || !derived.some(key => timingSafeEqual(macOf(key, said!, req), given))) return false
      const seen = JSON.parse(Buffer.from(said!, 'base64url').toString()) as Seen
      // With clocks that differ it still ends a loop; what it says of the client is for now.
      if (Math.abs(Date.now() - seen[0]) <= SKEW) req.socket = asSeen(req.socket, seen)
      return true
    },
  }
}

type Target = IncomingMessage & { originalUrl?: string }

function takeOut(req: IncomingMessage): void {
  delete req.headers[FIELD]
  const { rawHeaders } = req
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2)
    if (rawHeaders[i]!.length === FIELD.length && rawHeaders[i]!.toLowerCase() === FIELD) rawHeaders.splice(i, 2)
}

/**
 * The same socket with another far end, as node:http2 does it. Not set on the socket itself: that one brings the requests
 * of other clients too.
 */
function asSeen(socket: Socket, [, remoteAddress, remotePort, remoteFamily, tls]: Seen): Socket {
  const seen: Record<string | symbol, unknown> = { remoteAddress, remotePort, remoteFamily, encrypted: tls === 1 }
  return new Proxy(socket, {
    get(target, name) {
      if (Object.hasOwn(seen, name)) return seen[name]
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  })
}
