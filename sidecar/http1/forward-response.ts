// A response head as it goes to the client: the bytes that came, minus what ends at us, plus our framing and Via.

import * as field from './fields.ts'
import { dropTable, keepFields, VIA, VIA_10 } from './forward.ts'
import type { ResponseHead } from './response-head.ts'

/** `connection` is the value of the Connection field to send, '' for none. */
export function responseText(bytes: Buffer, head: ResponseHead, chunked: boolean, connection: string): string {
  const old = head.minor === 0
  // RFC 9110 section 15.5.22: a 426 without Upgrade would not say to what.
  const upgrade = head.status === 101 || (head.status === 426 && head.upgrade >= 0)
  const drop = upgrade ? DROP_SWITCH : head.status < 200 || head.status === 204 ? DROP_BODILESS : DROP
  const span = { from: old ? head.start + 8 : head.start, fieldsStart: head.fieldsStart, fields: head.fields }
  let out = keepFields(bytes, span, drop, head.connection.named)
  out = old ? `HTTP/1.1${out}${VIA_10}` : out + VIA
  if (chunked) out += 'Transfer-Encoding: chunked\r\n'
  if (upgrade) out += 'Connection: Upgrade\r\n'
  return connection === '' ? `${out}\r\n` : `${out}Connection: ${connection}\r\n\r\n`
}

/** Hop-by-hop, RFC 9110 section 7.6.1; and what was said to us. */
const HOP = [
  ...[field.CONNECTION, field.TRANSFER_ENCODING, field.KEEP_ALIVE, field.TE, field.PROXY, field.HTTP2_SETTINGS],
  field.LOAD_TAKEN,
]

const DROP = dropTable([...HOP, field.UPGRADE])
/** RFC 9110 section 8.6: no Content-Length in 1xx and 204. */
const DROP_BODILESS = dropTable([...HOP, field.UPGRADE, field.CONTENT_LENGTH])
/** Where the protocol is named. */
const DROP_SWITCH = dropTable(HOP)
