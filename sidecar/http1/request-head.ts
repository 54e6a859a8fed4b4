// Reads a request head strictly (RFC 9112 sections 2.2 to 6): what a recipient may reject is rejected, so that no
// server behind us can read a message otherwise than we did. Nothing is copied but the method and the host.

import { hostEnd, isAuthority } from './authority.ts'
import { CLASS, CR, equals, LF, METHOD, SP, TARGET } from './chars.ts'
import { ConnectionOptions } from './connection-field.ts'
import { deadlineMs, GRPC, grpcTimeoutMs, PLAIN } from './deadline.ts'
import * as fault from './fault.ts'
import * as field from './fields.ts'
import { parseLength } from './length.ts'
import { hasMember } from './list.ts'
import { isPath } from './path.ts'
import { text } from './text.ts'

export interface HeadLimits {
  /** Bytes of the head, request line included. */
  readonly head: number
  /** Bytes of the request target. */
  readonly target: number
  readonly fields: number
}

export const ORIGIN_FORM = 0
export const ABSOLUTE_FORM = 1
export const AUTHORITY_FORM = 2
export const ASTERISK_FORM = 3

export class RequestHead {
  readonly fields = new field.Fields()
  readonly connection = new ConnectionOptions()
  start = 0
  end = 0
  fieldsStart = 0
  method = ''
  minor: 0 | 1 = 1
  form = ORIGIN_FORM
  targetStart = 0
  targetEnd = 0
  /** Of absolute-form: where the path begins; targetEnd when there is none. */
  pathStart = 0
  /** The authority that the request is for: of the target in absolute- and authority-form, else of Host; may be ''. */
  host = ''
  /** Bytes of the body, -1 when Content-Length is absent. */
  length = -1
  chunked = false
  /** The index of the Upgrade field, -1 without. */
  upgrade = -1
  expect = false
  trailers = false
  /** Milliseconds that the caller still has, Infinity when it does not say. */
  deadline = Number.POSITIVE_INFINITY
  /** The forms in which it said so: PLAIN, GRPC, or both. */
  deadlineForms = 0
  /** It has an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the server knows a repetition. */
  idempotencyKey = false
}

/** Returns the offset behind the head, 0 when bytes are missing, or a negative fault code. */
export function parseRequestHead(
  bytes: Buffer,
  start: number,
  end: number,
  limits: HeadLimits,
  out: RequestHead,
): number {
  const stop = Math.min(end, start + limits.head)
  let at = parseRequestLine(bytes, start, stop, limits, out)
  if (at > 0) {
    out.fieldsStart = at
    at = field.parseFields(bytes, at, stop, limits.fields, out.fields)
  }
  if (at === 0) return end - start >= limits.head ? -fault.HEAD_TOO_LARGE : 0
  if (at < 0) return at
  out.end = at
  const code = readFields(bytes, out)
  return code === 0 ? at : -code
}

function parseRequestLine(bytes: Buffer, start: number, end: number, limits: HeadLimits, out: RequestHead): number {
  let at = start
  // RFC 9112 section 2.2: an empty line before the request line is what old clients send behind a POST.
  while (at < end && bytes[at] === CR) {
    if (at + 1 >= end) return 0
    if (bytes[at + 1] !== LF) return -fault.BAD_LINE
    at += 2
  }
  out.start = at
  let c = 0
  while (at < end && (CLASS[(c = bytes[at]!)]! & METHOD) !== 0) at++
  if (at - out.start > 32) return -fault.BAD_METHOD
  if (at >= end) return 0
  if (c !== SP || at === out.start) return -(c === CR || c === LF ? fault.BAD_LINE : fault.BAD_METHOD)
  out.method = methodName(bytes, out.start, at)
  out.targetStart = ++at
  while (at < end && (CLASS[(c = bytes[at]!)]! & TARGET) !== 0) at++
  if (at - out.targetStart > limits.target) return -fault.TARGET_TOO_LONG
  if (at >= end) return 0
  if (c !== SP || at === out.targetStart) return -(c === CR || c === LF ? fault.BAD_REQUEST_LINE : fault.BAD_TARGET)
  out.targetEnd = at++
  return parseVersion(bytes, at, end, out)
}

/** `HTTP/1.0` or `HTTP/1.1` and CRLF. Another well-formed version is 505, anything else 400. */
function parseVersion(bytes: Buffer, at: number, end: number, out: RequestHead): number {
  const have = Math.min(end - at, 8)
  for (let i = 0; i < have; i++) {
    const c = bytes[at + i]!
    const good = i === 5 || i === 7 ? c >= 0x30 && c <= 0x39 : c === 'HTTP/1.1'.charCodeAt(i)
    if (!good) return -fault.BAD_REQUEST_LINE
  }
  if (have < 8) return 0
  const minor = bytes[at + 7]! - 0x30
  if (bytes[at + 5] !== 0x31 || minor > 1) return -fault.VERSION_REFUSED
  out.minor = minor as 0 | 1
  if (at + 8 >= end) return 0
  if (bytes[at + 8] !== CR) return -(bytes[at + 8] === LF ? fault.BAD_LINE : fault.BAD_REQUEST_LINE)
  if (at + 9 >= end) return 0
  return bytes[at + 9] === LF ? at + 10 : -fault.BAD_LINE
}

/** The usual methods without making a string. */
function methodName(bytes: Buffer, from: number, to: number): string {
  const c = bytes[from]
  if (c === 0x47 && to - from === 3 && bytes[from + 1] === 0x45 && bytes[from + 2] === 0x54) return 'GET'
  if (c === 0x50 && to - from === 4 && bytes[from + 1] === 0x4f && bytes[from + 2] === 0x53 && bytes[from + 3] === 0x54)
    return 'POST'
  return text(bytes, from, to)
}

/** What the fields mean for us. Returns a fault code or 0. */
function readFields(bytes: Buffer, out: RequestHead): number {
  const { fields, connection } = out
  let host = -1
  let lengths = 0
  let codings = 0
  out.length = -1
  out.chunked = false
  out.upgrade = -1
  out.expect = false
  out.trailers = false
  out.deadline = Number.POSITIVE_INFINITY
  out.deadlineForms = 0
  out.idempotencyKey = false
  connection.reset()
  for (let i = 0; i < fields.count; i++) {
    const from = fields.valueStart[i]!
    const to = fields.valueEnd[i]!
    switch (fields.id[i]) {
      case field.OTHER:
        break
      case field.HOST:
        if (host >= 0) return fault.MANY_HOSTS
        host = i
        break
      case field.CONNECTION:
        if (!connection.read(bytes, from, to)) return fault.TOO_MANY_FIELDS
        break
      case field.CONTENT_LENGTH:
        if (++lengths > 1) return fault.MANY_LENGTHS
        out.length = parseLength(bytes, from, to)
        if (out.length < 0) return fault.BAD_LENGTH
        break
      case field.TRANSFER_ENCODING:
        if (++codings > 1) return fault.BAD_CODING
        if (!equals(bytes, from, to, 'chunked')) return codingFault(bytes, from, to)
        out.chunked = true
        break
      case field.UPGRADE:
        out.upgrade = out.upgrade === -1 ? i : -2
        break
      case field.EXPECT:
        if (equals(bytes, from, to, '100-continue')) out.expect = true
        break
      case field.TE:
        if (hasMember(bytes, from, to, 'trailers')) out.trailers = true
        break
      case field.IDEMPOTENCY_KEY:
        if (to > from) out.idempotencyKey = true
        break
      case field.DEADLINE:
        readDeadline(out, i, deadlineMs(bytes, from, to), PLAIN)
        break
      case field.GRPC_TIMEOUT:
        readDeadline(out, i, grpcTimeoutMs(bytes, from, to), GRPC)
        break
      case field.SHADOW:
        return fault.SHADOW_FIELD
    }
  }
  if (out.chunked && out.length >= 0) return fault.LENGTH_AND_CODING
  if (out.chunked && out.minor === 0) return fault.CODING_IN_10
  if (connection.named !== null) forThisHop(out, connection.named)
  return readTarget(bytes, host, out)
}

/** What Connection names is for us alone: a key that the server does not see, a deadline that is not passed on. */
function forThisHop(out: RequestHead, named: readonly string[]): void {
  if (named.includes('idempotency-key')) out.idempotencyKey = false
  if (named.includes('x-request-deadline-ms')) out.deadlineForms &= ~PLAIN
  if (named.includes('grpc-timeout')) out.deadlineForms &= ~GRPC
}

/** The shortest counts. What cannot be read is somebody else's, and passes as it came. */
function readDeadline(out: RequestHead, i: number, ms: number, form: number): void {
  if (ms < 0) out.fields.id[i] = field.OTHER
  else {
    out.deadline = Math.min(out.deadline, ms)
    out.deadlineForms |= form
  }
}

/** A list of known codings that we do not undo is 501 (RFC 9112 section 6.1); what is no list of tokens is 400. */
function codingFault(bytes: Buffer, from: number, to: number): number {
  // Not split by a regular expression: with a page of blanks it would take half a second.
  const list = text(bytes, from, to)
    .toLowerCase()
    .split(',')
    .map(coding => coding.trim())
  const known = list.every(coding => /^(gzip|x-gzip|deflate|compress|x-compress|chunked)$/.test(coding))
  const chunkedOnce = list.indexOf('chunked') === list.length - 1
  return known && chunkedOnce ? fault.CODING_REFUSED : fault.BAD_CODING
}

/** The form of the target and the authority that it is for (RFC 9112 section 3.2). Returns a fault code or 0. */
function readTarget(bytes: Buffer, hostField: number, out: RequestHead): number {
  const { targetStart, targetEnd, method } = out
  if (hostField < 0) {
    if (out.minor === 1) return fault.NO_HOST
    out.host = ''
  } else {
    const from = out.fields.valueStart[hostField]!
    const to = out.fields.valueEnd[hostField]!
    if (!isAuthority(bytes, from, to)) return fault.BAD_HOST
    out.host = text(bytes, from, to)
  }
  if (method === 'TRACE') return fault.METHOD_REFUSED
  if (method === 'CONNECT') {
    out.form = AUTHORITY_FORM
    out.pathStart = targetStart
    if (out.minor === 0) return fault.METHOD_REFUSED
    const colon = hostEnd(bytes, targetStart, targetEnd)
    if (colon === 0 || colon + 1 >= targetEnd || !isAuthority(bytes, targetStart, targetEnd)) return fault.BAD_AUTHORITY
    out.host = text(bytes, targetStart, targetEnd)
    return 0
  }
  const first = bytes[targetStart]!
  if (first === 0x2f) {
    out.form = ORIGIN_FORM
    out.pathStart = targetStart
    return isPath(bytes, targetStart, targetEnd) ? 0 : fault.BAD_TARGET
  }
  if (first === 0x2a && targetEnd - targetStart === 1 && method === 'OPTIONS') {
    out.form = ASTERISK_FORM
    out.pathStart = targetStart
    return 0
  }
  return readAbsolute(bytes, out)
}

/** `http://authority[/path][?query]`; its authority replaces Host (RFC 9112 section 3.2.2). */
function readAbsolute(bytes: Buffer, out: RequestHead): number {
  const { targetStart, targetEnd } = out
  let from = targetStart + 7
  if (!equals(bytes, targetStart, Math.min(from, targetEnd), 'http://')) {
    from++
    if (!equals(bytes, targetStart, Math.min(from, targetEnd), 'https://')) return fault.BAD_TARGET
  }
  let to = from
  while (to < targetEnd && bytes[to] !== 0x2f && bytes[to] !== 0x3f) to++
  // A name of a host needs no escapes; here, unlike in Host, both nginx and HAProxy refuse them.
  if (!isAuthority(bytes, from, to) || bytes.subarray(from, to).includes(0x25)) return fault.BAD_TARGET
  out.form = ABSOLUTE_FORM
  out.host = text(bytes, from, to)
  out.pathStart = to
  return isPath(bytes, to, targetEnd) ? 0 : fault.BAD_TARGET
}
