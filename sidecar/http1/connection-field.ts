import { COMMA, equals, HT, SP } from './chars.ts'
import { text } from './text.ts'

/** What the Connection fields of one message say (RFC 9110 section 7.6.1). */
export class ConnectionOptions {
  close = false
  keepAlive = false
  upgrade = false
  /** Other fields that the sender wants removed, lower case; null when there are none, which is nearly always. */
  named: string[] | null = null

  reset(): void {
    this.close = false
    this.keepAlive = false
    this.upgrade = false
    this.named = null
  }

  /** False when it names more fields than any honest sender has reason to: each costs a comparison per field. */
  read(bytes: Buffer, from: number, to: number): boolean {
    let at = from
    while (at < to) {
      let end = at
      while (end < to && bytes[end] !== COMMA) end++
      let tail = end
      while (at < tail && isBlank(bytes[at]!)) at++
      while (tail > at && isBlank(bytes[tail - 1]!)) tail--
      if (tail > at) this.#option(bytes, at, tail)
      if (this.named !== null && this.named.length > MOST_NAMED) return false
      at = end + 1
    }
    return true
  }

  #option(bytes: Buffer, from: number, to: number): void {
    if (equals(bytes, from, to, 'close')) this.close = true
    else if (equals(bytes, from, to, 'keep-alive')) this.keepAlive = true
    else if (equals(bytes, from, to, 'upgrade')) this.upgrade = true
    else {
      const name = text(bytes, from, to).toLowerCase()
      if (KEPT.has(name) || name.startsWith('x-forwarded-')) return
      if (this.named === null) this.named = [name]
      else this.named.push(name)
    }
  }
}

const MOST_NAMED = 64

/**
 * Never removed on a peer's word: without these the next hop would frame, route or attribute the message otherwise
 * than we do. The framing and hop-by-hop fields are dealt with under their own names.
 */
const KEPT: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'content-range',
  'transfer-encoding',
  'te',
  'expect',
  'via',
  'forwarded',
  'x-real-ip',
  'cache-control',
  'date',
  'sec-websocket-accept',
  'sec-websocket-key',
  'sec-websocket-version',
])

function isBlank(c: number): boolean {
  return c === SP || c === HT
}
