import { isIPv6 } from 'node:net'
import { CLASS, COLON, DIGIT, HEX, NAME } from './chars.ts'

/**
 * Whether bytes[from, to) is `uri-host [ ":" port ]` (RFC 9110 section 7.2, RFC 3986 section 3.2.2) with a host that is
 * not empty and without userinfo. Most proxies check less; what they let through, the app's router reads its own way.
 */
export function isAuthority(bytes: Uint8Array, from: number, to: number): boolean {
  const colon = hostEnd(bytes, from, to)
  if (colon <= from) return false
  return colon === to || isPort(bytes, colon + 1, to)
}

const DOT = 0x2e

/** The offset behind the host, which is that of `:` when a port follows; 0 when it is malformed. */
export function hostEnd(bytes: Uint8Array, from: number, to: number): number {
  if (from >= to) return 0
  if (bytes[from] === 0x5b) return literalEnd(bytes, from, to)
  let at = from
  let last = DOT
  for (; at < to; at++) {
    const c = bytes[at]!
    // An empty label: `.`, `a..b`. A single dot at the end is the root's, and allowed.
    if (c === DOT && last === DOT) return 0
    last = c
    if ((CLASS[c]! & NAME) !== 0) continue
    if (c === COLON) break
    if (c !== 0x25 || at + 2 >= to || (CLASS[bytes[at + 1]!]! & CLASS[bytes[at + 2]!]! & HEX) === 0) return 0
    at += 2
  }
  return at > from ? at : 0
}

function literalEnd(bytes: Uint8Array, from: number, to: number): number {
  const close = bytes.subarray(from, Math.min(to, from + 48)).indexOf(0x5d) + from
  // net.isIPv6 accepts a zone (`%eth0`), which means nothing to another machine and is not in the grammar.
  if (bytes.subarray(from, close).includes(0x25)) return 0
  if (close <= from || !isIPv6(String.fromCharCode(...bytes.subarray(from + 1, close)))) return 0
  return close + 1 === to || bytes[close + 1] === COLON ? close + 1 : 0
}

/** RFC 3986 allows an empty port; nginx and HAProxy relay `host:`, and it means the default port. */
function isPort(bytes: Uint8Array, from: number, to: number): boolean {
  let value = 0
  for (let at = from; at < to; at++) {
    if ((CLASS[bytes[at]!]! & DIGIT) === 0) return false
    value = value * 10 + bytes[at]! - 0x30
    if (value > 65_535) return false
  }
  return true
}
