// Character classes of RFC 9110, 9112 and 3986 as bit flags in one table of 256 bytes, so that a scanner touches little cache.

/** tchar, RFC 9110 section 5.6.2. */
export const TOKEN = 1
/** field-vchar, SP, HTAB, obs-text: what a field value may hold, RFC 9110 section 5.5. */
export const VALUE = 2
/** Visible ASCII without `#`: a request-target has no fragment (RFC 9112 section 3.2), and relaying one has been a way past path rules. */
export const TARGET = 4
/** Upper-case methods only: nginx refuses others, and no registered method needs them. */
export const METHOD = 8
/** unreserved and sub-delims of a reg-name, RFC 3986 section 3.2.2, but for the comma: that is two Host fields joined. */
export const NAME = 16
export const DIGIT = 32
export const HEX = 64

export const CLASS = new Uint8Array(256)

function mark(chars: string, flag: number): void {
  for (let i = 0; i < chars.length; i++) CLASS[chars.charCodeAt(i)]! |= flag
}

const lower = 'abcdefghijklmnopqrstuvwxyz'
const upper = lower.toUpperCase()
const digits = '0123456789'

mark(`${lower}${upper}${digits}!#$%&'*+-.^_\`|~`, TOKEN)
mark(`${upper}-_`, METHOD)
mark(`${lower}${upper}${digits}-._~!$&'()*+;=`, NAME)
mark(digits, DIGIT)
mark(`${digits}abcdefABCDEF`, HEX)
for (let c = 0x20; c < 0x100; c++) if (c !== 0x7f) CLASS[c]! |= VALUE
CLASS[0x09]! |= VALUE
for (let c = 0x21; c < 0x7f; c++) if (c !== 0x23) CLASS[c]! |= TARGET

export const HT = 0x09
export const LF = 0x0a
export const CR = 0x0d
export const SP = 0x20
export const COLON = 0x3a
export const COMMA = 0x2c

/** Compares ASCII letters without case; `word` is lower case. Only sound for words of letters, digits and `-`. */
export function equals(bytes: Uint8Array, from: number, to: number, word: string): boolean {
  if (to - from !== word.length) return false
  for (let i = 0; i < word.length; i++) if (fold(bytes[from + i]!) !== word.charCodeAt(i)) return false
  return true
}

/** Folds A-Z only: `| 0x20` alone would make `\r` a `-`. */
function fold(c: number): number {
  return c >= 0x41 && c <= 0x5a ? c | 0x20 : c
}

export function hexValue(c: number): number {
  return c <= 0x39 ? c - 0x30 : (c | 0x20) - 0x57
}
