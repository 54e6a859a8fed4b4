// The final response head of an attempt, already in the form that the client gets, with the content that came in the
// same read. It refers to nothing that the next read overwrites, so it may be kept, dropped or written at leisure.

import type { LoadReport } from '../model/load-report.ts'
import type { Outcome } from '../model/outcome.ts'
import type { Body } from './body.ts'
import { acquire } from './buffers.ts'
import { responseText } from './forward-response.ts'
import type { ResponseHead } from './response-head.ts'
import { text } from './text.ts'
import type { Wire } from './wire.ts'

/** What the connection tells the attempt that uses it. After `onFailure` and `onEnd` it tells no more. */
export interface AnswerListener {
  /** 1xx, but for 101. */
  onInterim(head: string): void
  onAnswer(answer: Answer): void
  /** Content as it is framed for the client. */
  onBody(bytes: Buffer, from: number, to: number): void
  onText(text: string): void
  /** `lent`: the pooled buffer that was read into last, to be released when nothing refers to it any more. */
  onEnd(lent: Buffer | null): void
  /**
   * `stale`: a connection that had served before closed without a byte; the server may not have seen the request.
   * `unsent`: it cannot have, for nothing had left.
   */
  onFailure(outcome: Outcome, stale: boolean, unsent: boolean): void
  onWritable(): void
}

/** What of the request shapes its answer. */
export interface Ask {
  /** A response to HEAD has no content, whatever its fields say. */
  readonly bodiless: boolean
  /** The client's minor version: HTTP/1.0 gets neither chunks nor 1xx. */
  readonly minor: 0 | 1
  /** Content without its framing: somebody else frames it for the client. */
  readonly bare?: true
  /** The protocol that an upgrade was asked for, '' when none was. */
  readonly upgrade: string
  /** The whole request has been sent. */
  readonly sent: boolean
  readonly timeouts: { readonly connect: number; readonly head: number; readonly idle: number }
  /** That many milliseconds, or what this attempt still has if that is less. */
  within(ms: number): number
  /** The Connection field for the client: '', 'close' or 'keep-alive'; asked when the response head is written. */
  connection(): string
}

export interface Answer {
  readonly status: number
  /** Milliseconds of Retry-After, -1 without. */
  readonly retryAfter: number
  readonly load: LoadReport | null
  /** Head and first content, for `wire.write`. */
  readonly data: string | Buffer
  /** The pooled buffer that `data` lies in and that nobody reads into any more; to be released once it is written. */
  readonly lent: Buffer | null
  /** Nothing follows. */
  readonly done: boolean
  /** The client can only tell the end of the content by the connection's. */
  readonly closes: boolean
}

/** Over this a copy into the wire's own buffer replaces the string. */
const TEXT_LIMIT = 16 * 1024

/** Sets up `body` by RFC 9112 section 6.3. Returns whether the content has to be chunked by us. */
export function frame(head: ResponseHead, ask: Ask, body: Body): boolean {
  if (ask.bodiless || head.status === 204 || head.status === 304) body.none()
  else if (head.chunked) body.chunks(ask.minor === 0 || ask.bare === true)
  else if (head.length >= 0) body.length(head.length)
  else {
    body.closeDelimited()
    return ask.minor === 1 && ask.bare !== true
  }
  return false
}

/** The head's text; `chunked`: the content leaves in chunks, theirs or ours. */
export function headText(bytes: Buffer, head: ResponseHead, ask: Ask, body: Body, reframed: boolean): string {
  const chunked = reframed || (head.chunked && !body.done && ask.minor === 1 && ask.bare !== true)
  return responseText(bytes, head, chunked, closesAfter(body, ask, reframed) ? 'close' : ask.connection())
}

export function closesAfter(body: Body, ask: Ask, reframed: boolean): boolean {
  return !body.done && ((body.chunked && ask.minor === 0) || (body.untilClose && !reframed))
}

/** Head and content in one piece. `parts` are ranges of `bytes`, [from, to) each, with text around them. */
export function join(head: string, bytes: Buffer, from: number, to: number, tail: string, wire: Wire): string | Buffer {
  if (to - from <= TEXT_LIMIT) return to > from ? head + text(bytes, from, to) + tail : head + tail
  const size = head.length + to - from + tail.length
  const own = bytes === wire.own ? null : (wire.own ??= acquire())
  const out = own !== null && size <= own.length ? own : Buffer.allocUnsafe(size)
  out.write(head, 0, 'latin1')
  bytes.copy(out, head.length, from, to)
  out.write(tail, head.length + to - from, 'latin1')
  return out.subarray(0, size)
}

/** A chunk of our own (RFC 9112 section 7.1). */
export function chunkHead(size: number): string {
  return `${size.toString(16)}\r\n`
}
