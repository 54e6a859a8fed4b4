// A response that the proxy makes itself: thrown where it is decided, written in one place, the same in form for all.

import type { Fault } from '../http1/fault.ts'
import type { Outcome } from '../model/outcome.ts'

export interface Refusal {
  readonly status: number
  /** For machines: stable, lower case, in `X-Outrigger-Reason` and in the body. docs/request-path.md lists them. */
  readonly reason: string
  /** For people. Names nothing of the inside: no address, no version, no text from an upstream. */
  readonly detail: string
  /** The error type of RFC 9209 section 2.3, for `Proxy-Status`. */
  readonly error: string
  /** Seconds for Retry-After, 0 for none. */
  readonly retryAfter: number
  /** The connection cannot go on: its framing is lost, or the client is to come again by another. */
  readonly closes: boolean
}

const refusals = new Map<string, Refusal>()

function refusal(status: number, reason: string, error: string, detail: string, retryAfter = 0): Refusal {
  const made = { status, reason, error, detail, retryAfter, closes: false }
  refusals.set(reason, made)
  return made
}

export const NO_SERVICE = refusal(404, 'no-such-service', 'destination_not_found', 'no service has this host and path')
export const NO_TUNNEL = refusal(
  403,
  'tunnel-refused',
  'http_request_denied',
  'CONNECT is served for known services only',
)
export const TOO_LARGE = refusal(413, 'body-too-large', 'http_request_error', 'the request body is over the limit')
export const REQUEST_TIMEOUT = refusal(408, 'request-timeout', 'http_request_error', 'the request body took too long')
export const UNREACHABLE = refusal(502, 'connect-failed', 'connection_refused', 'no connection to the upstream')
export const NO_NAME = refusal(502, 'name-unknown', 'dns_error', 'the name of the upstream could not be resolved')
export const RESET = refusal(502, 'upstream-reset', 'connection_terminated', 'the upstream closed before it answered')
export const BAD_ANSWER = refusal(502, 'bad-response', 'http_protocol_error', 'the upstream answered with bad framing')
export const NO_ENDPOINT = refusal(
  503,
  'no-healthy-endpoint',
  'destination_unavailable',
  'nobody can serve this now',
  1,
)
export const CIRCUIT_OPEN = refusal(
  503,
  'circuit-open',
  'destination_unavailable',
  'nobody may be asked now: circuits are open, or held',
  1,
)
export const PIN_LOST = refusal(
  503,
  'pinned-member-lost',
  'destination_unavailable',
  'the one who serves this client cannot serve now, and no other may',
  1,
)
export const OVERLOAD = refusal(503, 'overload', 'http_request_denied', 'too many requests are in flight', 1)
export const QUEUE_TIMEOUT = refusal(503, 'queue-timeout', 'http_request_denied', 'no place came free in time', 1)
export const NO_CONNECTION = refusal(
  503,
  'connection-limit',
  'connection_limit_reached',
  'all connections are in use',
  1,
)
export const CONNECT_TIMEOUT = refusal(
  504,
  'connect-timeout',
  'connection_timeout',
  'the upstream did not accept in time',
)
export const HEAD_TIMEOUT = refusal(
  504,
  'upstream-timeout',
  'http_response_timeout',
  'the upstream did not answer in time',
)
export const TOTAL_TIMEOUT = refusal(504, 'total-timeout', 'http_response_timeout', 'the time for the request is over')
export const INTERNAL = refusal(500, 'internal-error', 'proxy_internal_error', 'the proxy failed; its log says why')

/** The reason of faults that the config asks for; the status is the config's. */
export const FAULT_INJECTED = refusal(
  503,
  'fault-injected',
  'http_request_denied',
  'the configuration asks for this fault',
)

export function injectedFault(status: number): Refusal {
  return { ...FAULT_INJECTED, status }
}

/** The same, with a Retry-After for what will last that many milliseconds at least. */
export function later(refusal: Refusal, ms: number): Refusal {
  return { ...refusal, retryAfter: Math.max(1, Math.ceil(ms / 1000)) }
}

/** All that can be thrown, for docs and metrics. */
export const REFUSALS: ReadonlyMap<string, Refusal> = refusals

export function isRefusal(thrown: unknown): thrown is Refusal {
  return typeof thrown === 'object' && thrown !== null && 'reason' in thrown && 'retryAfter' in thrown
}

export function refusalOfFault(fault: Fault): Refusal {
  return { ...fault, error: 'http_request_error', retryAfter: 0, closes: true }
}

/** What a failed attempt means to the client when no other follows. */
export function refusalOf(outcome: Outcome): Refusal {
  switch (outcome.kind) {
    case 'unreachable':
      return DNS_CODES.has(outcome.code) ? NO_NAME : UNREACHABLE
    case 'timed-out':
      return outcome.phase === 'connect' ? CONNECT_TIMEOUT : HEAD_TIMEOUT
    case 'broken':
      return BROKEN_BY_PEER.has(outcome.detail) ? RESET : BAD_ANSWER
    default:
      return INTERNAL
  }
}

const DNS_CODES: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NONAME'])

/** The details of a connection that ended, by the names of the system's errors; all others are faults of a parser. */
const BROKEN_BY_PEER: ReadonlySet<string> = new Set([
  'closed',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNABORTED',
  'unasked',
])

const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  408: 'Request Timeout',
  413: 'Content Too Large',
  414: 'URI Too Long',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
}

/** The whole response; `connection` is the value of its Connection field, '' for none. */
export function refusalText(refusal: Refusal, bodiless: boolean, connection: string): string {
  const { status, reason, error, detail, retryAfter } = refusal
  const title = PHRASES[status] ?? 'Error'
  const body = `${JSON.stringify({ title, status, reason, detail })}\n`
  return (
    `HTTP/1.1 ${status} ${title}\r\n` +
    'Content-Type: application/problem+json\r\n' +
    `Content-Length: ${body.length}\r\n` +
    'Cache-Control: no-store\r\n' +
    `X-Outrigger-Reason: ${reason}\r\n` +
    `Proxy-Status: outrigger; error=${error}\r\n` +
    (retryAfter > 0 ? `Retry-After: ${retryAfter}\r\n` : '') +
    (connection === '' ? '\r\n' : `Connection: ${connection}\r\n\r\n`) +
    (bodiless ? '' : body)
  )
}
