import { CLASS, DIGIT } from './chars.ts'

/**
 * The value of a Content-Length field (RFC 9110 section 8.6): decimal digits only, no list, no sign. -1 when it is
 * anything else, or over 15 digits behind its leading zeros, which keeps every value exact as a double.
 */
export function parseLength(bytes: Uint8Array, from: number, to: number): number {
  if (from >= to) return -1
  let start = from
  while (start < to - 1 && bytes[start] === 0x30) start++
  if (to - start > 15) return -1
  let value = 0
  for (let at = start; at < to; at++) {
    const c = bytes[at]!
    if ((CLASS[c]! & DIGIT) === 0) return -1
    value = value * 10 + c - 0x30
  }
  return value
}
