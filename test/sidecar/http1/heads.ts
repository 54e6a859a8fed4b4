import { faultOf } from '../../../sidecar/http1/fault.ts'
import type { Fields } from '../../../sidecar/http1/fields.ts'
import { type HeadLimits, parseRequestHead, RequestHead } from '../../../sidecar/http1/request-head.ts'
import { parseResponseHead, ResponseHead } from '../../../sidecar/http1/response-head.ts'

export const LIMITS: HeadLimits = { head: 16 * 1024, target: 8 * 1024, fields: 100 }

export interface Parsed<Head> {
  readonly bytes: Buffer
  readonly head: Head
  /** As the parser returned it. */
  readonly at: number
  /** The fault's reason, '' without. */
  readonly fault: string
}

/** Parses somewhere within a larger buffer, so that no offset is right by chance; `at` counts from the text's start. */
export function parseRequest(
  text: string,
  limits: Partial<HeadLimits> = {},
  head = new RequestHead(),
): Parsed<RequestHead> {
  const bytes = framed(text)
  const at = parseRequestHead(bytes, BEFORE.length, bytes.length - BEHIND.length, { ...LIMITS, ...limits }, head)
  return parsed(bytes, at, head)
}

export function parseResponse(text: string, limit = 64 * 1024): Parsed<ResponseHead> {
  const bytes = framed(text)
  const head = new ResponseHead()
  return parsed(bytes, parseResponseHead(bytes, BEFORE.length, bytes.length - BEHIND.length, limit, head), head)
}

/** The request head of a GET with these field lines besides Host. */
export const get = (...lines: readonly string[]) => ['GET / HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n')
export const ok = (...lines: readonly string[]) => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n')

export function namesOf(bytes: Buffer, fields: Fields): string[] {
  return Array.from({ length: fields.count }, (_, i) =>
    bytes.toString('latin1', fields.nameStart[i]!, fields.nameEnd[i]!),
  )
}

export function valuesOf(bytes: Buffer, fields: Fields): string[] {
  return Array.from({ length: fields.count }, (_, i) =>
    bytes.toString('latin1', fields.valueStart[i]!, fields.valueEnd[i]!),
  )
}

/** What would complete any head, were it looked at. */
const BEHIND = '\r\n\r\nHost: beyond\r\n\r\n'
const BEFORE = 'GET / HTTP/1.1\r\nX: '

const framed = (text: string) => Buffer.from(BEFORE + text + BEHIND, 'latin1')

function parsed<Head>(bytes: Buffer, at: number, head: Head): Parsed<Head> {
  return { bytes, head, at: at > 0 ? at - BEFORE.length : at, fault: at < 0 ? faultOf(at).reason : '' }
}
