import { COMMA, equals, HT, SP } from './chars.ts'

/** Whether a list (RFC 9110 section 5.6.1) has this member. `word` is lower case. No blank but SP and HTAB is cut off. */
export function hasMember(bytes: Uint8Array, from: number, to: number, word: string): boolean {
  let at = from
  while (at < to) {
    let end = at
    while (end < to && bytes[end] !== COMMA) end++
    let tail = end
    while (at < tail && isBlank(bytes[at]!)) at++
    while (tail > at && isBlank(bytes[tail - 1]!)) tail--
    if (equals(bytes, at, tail, word)) return true
    at = end + 1
  }
  return false
}

function isBlank(c: number): boolean {
  return c === SP || c === HT
}
