import { equals } from './chars.ts'
import { FIRST_PASSED, type Fields, OTHER } from './fields.ts'
import { text } from './text.ts'

/** The version is that of the message as it came (RFC 9110 section 7.6.3). */
export const VIA = 'Via: 1.1 outrigger\r\n'
export const VIA_10 = 'Via: 1.0 outrigger\r\n'

/** Indexed by field id: 1 where the field ends at us. Those that we do not know, or only read, go also when named. */
export function dropTable(ids: readonly number[]): Uint8Array {
  const table = new Uint8Array(32)
  for (const id of ids) table[id] = 1
  return table
}

/**
 * The bytes from `from` (at or before the first field line) to the last field line as text, without the fields that
 * `drop` marks or Connection named. Runs that stay are copied whole: two or three slices for a usual head.
 */
export function keepFields(
  bytes: Buffer,
  span: { readonly from: number; readonly fieldsStart: number; readonly fields: Fields },
  drop: Uint8Array,
  named: readonly string[] | null,
): string {
  const { fields } = span
  let out = ''
  let from = span.from
  let at = span.fieldsStart
  for (let i = 0; i < fields.count; i++) {
    const end = fields.lineEnd[i]!
    const id = fields.id[i]!
    const passed = id === OTHER || id >= FIRST_PASSED
    if (drop[id] !== 0 || (passed && named !== null && isNamed(named, bytes, fields, i))) {
      if (at > from) out += text(bytes, from, at)
      from = end
    }
    at = end
  }
  return at > from ? out + text(bytes, from, at) : out
}

function isNamed(named: readonly string[], bytes: Buffer, fields: Fields, i: number): boolean {
  for (const name of named) if (equals(bytes, fields.nameStart[i]!, fields.nameEnd[i]!, name)) return true
  return false
}
