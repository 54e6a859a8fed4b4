// Reads a response head as strictly as a request head: a server that frames its answer in two ways gets a 502.

import { type LoadReport, UNUSABLE } from '../model/load-report.ts'
import { CLASS, CR, DIGIT, equals, LF, SP, VALUE } from './chars.ts'
import { ConnectionOptions } from './connection-field.ts'
import * as fault from './fault.ts'
import * as field from './fields.ts'
import { parseLength } from './length.ts'
import { parseLoad } from './load-metrics.ts'
import { retryAfterMs } from './retry-after.ts'
import { text } from './text.ts'

export class ResponseHead {
  readonly fields = new field.Fields()
  readonly connection = new ConnectionOptions()
  start = 0
  end = 0
  fieldsStart = 0
  status = 0
  minor: 0 | 1 = 1
  length = -1
  chunked = false
  upgrade = -1
  /** Milliseconds of the server's `Keep-Alive: timeout=` hint, -1 without. */
  keepAliveHint = -1
  /** Milliseconds of Retry-After, -1 without. */
  retryAfter = -1
  /** Set by the caller: load reports are read, and end here. */
  takesLoad = false
  load: LoadReport | null = null
}

/** Returns the offset behind the head, 0 when bytes are missing, or a negative fault code. */
export function parseResponseHead(bytes: Buffer, start: number, end: number, limit: number, out: ResponseHead): number {
  const stop = Math.min(end, start + limit)
  let at = parseStatusLine(bytes, start, stop, out)
  if (at > 0) {
    out.start = start
    out.fieldsStart = at
    at = field.parseFields(bytes, at, stop, 256, out.fields)
  }
  if (at === 0) return end - start >= limit ? -fault.HEAD_TOO_LARGE : 0
  if (at < 0) return at
  out.end = at
  const code = readFields(bytes, out)
  return code === 0 ? at : -code
}

/** `HTTP/1.1 200 OK`; the reason may be empty, and its blank may be missing, as nginx and HAProxy both tolerate. */
function parseStatusLine(bytes: Buffer, start: number, end: number, out: ResponseHead): number {
  const have = Math.min(end - start, 12)
  for (let i = 0; i < have; i++) {
    const c = bytes[start + i]!
    const good = i < 7 ? c === 'HTTP/1.'.charCodeAt(i) : i === 8 ? c === SP : (CLASS[c]! & DIGIT) !== 0
    if (!good) return -fault.BAD_STATUS_LINE
  }
  if (have < 12) return 0
  const minor = bytes[start + 7]! - 0x30
  const status = (bytes[start + 9]! - 0x30) * 100 + (bytes[start + 10]! - 0x30) * 10 + bytes[start + 11]! - 0x30
  // HTTP/1.0 has no 1xx (RFC 9110 section 15.2): what follows one could be the rest of the same answer or the next.
  if (minor > 1 || status < (minor === 0 ? 200 : 100)) return -fault.BAD_STATUS_LINE
  out.minor = minor as 0 | 1
  out.status = status
  let at = start + 12
  if (at >= end) return 0
  if (bytes[at] !== SP && bytes[at] !== CR) return -fault.BAD_STATUS_LINE
  while (at < end && (CLASS[bytes[at]!]! & VALUE) !== 0) at++
  if (at + 1 >= end) return 0
  return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : -fault.BAD_LINE
}

function readFields(bytes: Buffer, out: ResponseHead): number {
  const { fields, connection } = out
  let lengths = 0
  let codings = 0
  out.length = -1
  out.chunked = false
  out.upgrade = -1
  out.keepAliveHint = -1
  out.retryAfter = -1
  out.load = null
  connection.reset()
  for (let i = 0; i < fields.count; i++) {
    const from = fields.valueStart[i]!
    const to = fields.valueEnd[i]!
    switch (fields.id[i]) {
      case field.CONNECTION:
        if (!connection.read(bytes, from, to)) return fault.TOO_MANY_FIELDS
        break
      case field.CONTENT_LENGTH:
        if (++lengths > 1) return fault.MANY_LENGTHS
        out.length = parseLength(bytes, from, to)
        if (out.length < 0) return fault.BAD_LENGTH
        break
      case field.TRANSFER_ENCODING:
        if (++codings > 1 || !equals(bytes, from, to, 'chunked')) return fault.BAD_CODING
        out.chunked = true
        break
      case field.UPGRADE:
        out.upgrade = out.upgrade === -1 ? i : -2
        break
      case field.KEEP_ALIVE:
        out.keepAliveHint = keepAliveHint(text(bytes, from, to))
        break
      case field.RETRY_AFTER:
        out.retryAfter = retryAfterMs(text(bytes, from, to), Date.now())
        break
      case field.LOAD_METRICS:
      case field.LOAD_METRICS_OTHER:
        if (out.takesLoad) takeLoad(bytes, i, out)
        break
      case field.SHADOW:
        return fault.SHADOW_FIELD
    }
  }
  if (out.chunked && out.length >= 0) return fault.LENGTH_AND_CODING
  if (out.chunked && out.minor === 0) return fault.CODING_IN_10
  return 0
}

/** The first one that can be read counts. */
function takeLoad(bytes: Buffer, i: number, out: ResponseHead): void {
  const { id, valueStart, valueEnd } = out.fields
  const readable = id[i] === field.LOAD_METRICS && (out.load === null || out.load === UNUSABLE)
  id[i] = field.LOAD_TAKEN
  if (readable) out.load = parseLoad(text(bytes, valueStart[i]!, valueEnd[i]!))
  else out.load ??= UNUSABLE
}

/** node sends `timeout=5` with every keep-alive response: the same text again costs one comparison. */
function keepAliveHint(value: string): number {
  if (value === 'timeout=5') return 5000
  const match = /(?:^|[,\s])timeout\s*=\s*(\d{1,6})(?:$|[,\s])/i.exec(value)
  return match === null ? -1 : Number(match[1]) * 1000
}
