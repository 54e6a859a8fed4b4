// A request that node:http has read, as it goes to another process of the same app: what was for this hop alone is gone,
// all else is as it came. X-Forwarded-* too: the next one stands in for us, it must see what we see.
import { BAD_LINE, type Fault, faultOf } from './fault.ts'
import * as field from './fields.ts'
import { dropTable, keepFields, VIA, VIA_10 } from './forward.ts'
import { parseRequestHead, RequestHead } from './request-head.ts'

/** `lines`: own field lines, each with its CRLF. `upgrade`: the protocol to switch to, '' for none. `expect`: keep Expect. */
export interface Passing {
  readonly lines: string
  readonly upgrade: string
  readonly expect: boolean
}

/** node:http has had its own limits; these are what the parser can hold. */
const LIMITS = { head: 256 * 1024, target: 256 * 1024, fields: 1000 }
const HEAD = new RequestHead()

/** `head` in latin1, whole, with the empty line. A fault where it is not strict HTTP/1.1, whatever node:http made of it. */
export function passedText(head: string, old: boolean, { lines, upgrade, expect }: Passing): string | Fault {
  const bytes = Buffer.from(head, 'latin1')
  const end = parseRequestHead(bytes, 0, bytes.length, LIMITS, HEAD)
  if (end <= 0) return faultOf(end === 0 ? BAD_LINE : end)
  const span = { from: HEAD.start, fieldsStart: HEAD.fieldsStart, fields: HEAD.fields }
  let out = keepFields(bytes, span, expect ? DROP : DROP_EXPECT, HEAD.connection.named)
  out += (old ? VIA_10 : VIA) + lines
  if (HEAD.chunked) out += 'Transfer-Encoding: chunked\r\n'
  if (HEAD.trailers && upgrade === '') out += 'TE: trailers\r\nConnection: TE\r\n'
  return upgrade === '' ? `${out}\r\n` : `${out}Upgrade: ${upgrade}\r\nConnection: Upgrade\r\n\r\n`
}

/** RFC 9110 section 7.6.1, and X-Forwarded-* in a spelling that is never believed. */
const HOP = [
  field.CONNECTION,
  field.TRANSFER_ENCODING,
  field.UPGRADE,
  field.KEEP_ALIVE,
  field.TE,
  field.PROXY,
  field.HTTP2_SETTINGS,
  field.SHADOW_FORWARDED,
]
const DROP = dropTable(HOP)
/** Where the 100 has been sent already. */
const DROP_EXPECT = dropTable([...HOP, field.EXPECT])
