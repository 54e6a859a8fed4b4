import { CLASS, COLON, CR, equals, HT, LF, SP, TOKEN, VALUE } from './chars.ts'
import * as fault from './fault.ts'

/** The fields that a proxy must understand; every other one is 0 and passes as bytes. */
export const OTHER = 0
export const HOST = 1
export const CONNECTION = 2
export const CONTENT_LENGTH = 3
export const TRANSFER_ENCODING = 4
export const UPGRADE = 5
export const KEEP_ALIVE = 6
export const TE = 7
export const EXPECT = 8
export const PROXY = 9
export const X_FORWARDED_FOR = 10
export const X_FORWARDED_PROTO = 11
export const X_FORWARDED_HOST = 12
export const FORWARDED = 13
export const SHADOW = 14
export const HTTP2_SETTINGS = 15
/** X-Forwarded-* in a spelling that frameworks take for it: never believed, whoever sends it. */
export const SHADOW_FORWARDED = 16
/** A load report that was meant for us. */
export const LOAD_TAKEN = 17
/** From here on: fields that we read, and that end here only when Connection names them, as all that we do not know. */
export const FIRST_PASSED = 18
export const IDEMPOTENCY_KEY = 18
export const DEADLINE = 19
export const GRPC_TIMEOUT = 20
export const RETRY_AFTER = 21
export const LOAD_METRICS = 22
/** The same in the forms that gRPC and older servers use, which we do not read. */
export const LOAD_METRICS_OTHER = 23

/** Over any limit of fields that the config takes: a parse ends with a fault before it is reached. */
const MOST = 1024

/**
 * A field section as offsets into the bytes that it was read from; nothing is copied. One instance serves every
 * message of its kind: it is filled, read and forgotten within one call of a socket's reader.
 */
export class Fields {
  count = 0
  readonly id = new Uint8Array(MOST)
  readonly nameStart = new Int32Array(MOST)
  readonly nameEnd = new Int32Array(MOST)
  readonly valueStart = new Int32Array(MOST)
  readonly valueEnd = new Int32Array(MOST)
  /** Behind the CRLF. */
  readonly lineEnd = new Int32Array(MOST)
}

/**
 * Reads field lines up to and including the empty line (RFC 9112 section 5, without obs-fold and bare CR or LF).
 * Returns the offset behind it, 0 when bytes are missing, or a negative fault code.
 */
export function parseFields(bytes: Uint8Array, start: number, end: number, most: number, out: Fields): number {
  let at = start
  let count = 0
  for (;;) {
    if (at >= end) return 0
    let c = bytes[at]!
    if (c === CR) {
      if (at + 1 >= end) return 0
      if (bytes[at + 1] !== LF) return -fault.BAD_LINE
      out.count = count
      return at + 2
    }
    if (c === SP || c === HT) return -fault.FOLDED
    const nameStart = at
    while (at < end && (CLASS[(c = bytes[at]!)]! & TOKEN) !== 0) at++
    if (at >= end) return 0
    if (c !== COLON || at === nameStart) return -(c === LF || c === CR ? fault.BAD_LINE : fault.BAD_FIELD_NAME)
    const nameEnd = at++
    while (at < end && ((c = bytes[at]!) === SP || c === HT)) at++
    const valueStart = at
    while (at < end && (CLASS[(c = bytes[at]!)]! & VALUE) !== 0) at++
    if (at >= end) return 0
    if (c !== CR) return -(c === LF || c === 0 ? fault.BAD_LINE : fault.BAD_FIELD_VALUE)
    if (at + 1 >= end) return 0
    if (bytes[at + 1] !== LF) return -fault.BAD_LINE
    if (count === most) return -fault.TOO_MANY_FIELDS
    let valueEnd = at
    while (valueEnd > valueStart && ((c = bytes[valueEnd - 1]!) === SP || c === HT)) valueEnd--
    at += 2
    out.id[count] = identify(bytes, nameStart, nameEnd)
    out.nameStart[count] = nameStart
    out.nameEnd[count] = nameEnd
    out.valueStart[count] = valueStart
    out.valueEnd[count] = valueEnd
    out.lineEnd[count] = at
    count++
  }
}

function identify(bytes: Uint8Array, from: number, to: number): number {
  switch (to - from) {
    case 2:
      return equals(bytes, from, to, 'te') ? TE : OTHER
    case 4:
      return equals(bytes, from, to, 'host') ? HOST : OTHER
    case 5:
      // Not hop-by-hop, but read as the HTTP_PROXY variable by whatever is behind a CGI (httpoxy, CVE-2016-5385).
      return equals(bytes, from, to, 'proxy') ? PROXY : OTHER
    case 6:
      return equals(bytes, from, to, 'expect') ? EXPECT : OTHER
    case 7:
      return equals(bytes, from, to, 'upgrade') ? UPGRADE : OTHER
    case 9:
      return equals(bytes, from, to, 'forwarded') ? FORWARDED : OTHER
    case 10:
      if (equals(bytes, from, to, 'connection')) return CONNECTION
      return equals(bytes, from, to, 'keep-alive') ? KEEP_ALIVE : OTHER
    case 11:
      return equals(bytes, from, to, 'retry-after') ? RETRY_AFTER : OTHER
    case 12:
      return equals(bytes, from, to, 'grpc-timeout') ? GRPC_TIMEOUT : OTHER
    case 14:
      if (equals(bytes, from, to, 'content-length')) return CONTENT_LENGTH
      if (equals(bytes, from, to, 'http2-settings')) return HTTP2_SETTINGS
      return equals(bytes, from, to, 'content_length') ? SHADOW : OTHER
    case 15:
      if (equals(bytes, from, to, 'x-forwarded-for')) return X_FORWARDED_FOR
      if (equals(bytes, from, to, 'idempotency-key')) return IDEMPOTENCY_KEY
      return shadowsForwarded(bytes, from, to, 'x-forwarded-for') ? SHADOW_FORWARDED : OTHER
    case 16:
      if (equals(bytes, from, to, 'x-forwarded-host')) return X_FORWARDED_HOST
      if (equals(bytes, from, to, 'proxy-connection')) return PROXY
      return shadowsForwarded(bytes, from, to, 'x-forwarded-host') ? SHADOW_FORWARDED : OTHER
    case 17:
      if (equals(bytes, from, to, 'transfer-encoding')) return TRANSFER_ENCODING
      if (equals(bytes, from, to, 'x-forwarded-proto')) return X_FORWARDED_PROTO
      if (shadowsForwarded(bytes, from, to, 'x-forwarded-proto')) return SHADOW_FORWARDED
      return equals(bytes, from, to, 'transfer_encoding') ? SHADOW : OTHER
    case 18:
      return equals(bytes, from, to, 'proxy-authenticate') ? PROXY : OTHER
    case 19:
      return equals(bytes, from, to, 'proxy-authorization') ? PROXY : OTHER
    case 21:
      if (equals(bytes, from, to, 'endpoint-load-metrics')) return LOAD_METRICS
      return equals(bytes, from, to, 'x-request-deadline-ms') ? DEADLINE : OTHER
    case 25:
      if (equals(bytes, from, to, 'endpoint-load-metrics-bin')) return LOAD_METRICS_OTHER
      return equals(bytes, from, to, 'proxy-authentication-info') ? PROXY : OTHER
    case 26:
      return equals(bytes, from, to, 'endpoint-load-metrics-json') ? LOAD_METRICS_OTHER : OTHER
    default:
      return OTHER
  }
}

/**
 * `X_Forwarded_For` reads as X-Forwarded-For in every framework that maps both to one variable (CGI, WSGI, Rack),
 * so a client must not be able to slip one past us under that spelling.
 */
function shadowsForwarded(bytes: Uint8Array, from: number, to: number, word: string): boolean {
  for (let i = from; i < to; i++) {
    const want = word.charCodeAt(i - from)
    const c = bytes[i]! === 0x5f ? 0x2d : bytes[i]!
    if ((c >= 0x41 && c <= 0x5a ? c | 0x20 : c) !== want) return false
  }
  return true
}
