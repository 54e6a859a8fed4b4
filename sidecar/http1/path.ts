import { text } from './text.ts'

/**
 * Whether the path of bytes[from, to) (the query is the app's business) is one that every server reads alike: escapes
 * are `%` and two hex digits (RFC 3986 section 2.1), none of them NUL, and dot segments do not climb over the root. nginx
 * refuses the same; what RFC 3986 section 5.2.4 would make of the climb, servers do not agree on.
 */
export function isPath(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const c = bytes[at]!
    if (c === QUERY) return true
    if (c === PERCENT || (c === DOT && bytes[at + 1] === DOT)) return isPlain(text(bytes, from, to).split('?', 1)[0]!)
  }
  return true
}

const QUERY = 0x3f
const PERCENT = 0x25
const DOT = 0x2e

function isPlain(path: string): boolean {
  if (/%(?![0-9a-fA-F]{2})|%00/.test(path)) return false
  let depth = 0
  for (const segment of path.replace(/%2e/gi, '.').replace(/%2f/gi, '/').split('/')) {
    if (segment === '..') depth--
    else if (segment !== '' && segment !== '.') depth++
    if (depth < 0) return false
  }
  return true
}
