// A server's bytes as our parser reads and forwards them: what Upstream does, without sockets.

import { type Ask, chunkHead, closesAfter, frame, headText } from '../sidecar/http1/answer.ts'
import { faultOf } from '../sidecar/http1/fault.ts'
import { responseText } from '../sidecar/http1/forward-response.ts'
import { ResponseHead } from '../sidecar/http1/response-head.ts'
import { text } from '../sidecar/http1/text.ts'
import type { Interim } from './node-client.ts'
import { readBody, type Span } from './our-body.ts'
import { headFields } from './our-requests.ts'
import { fieldsOf, type ResponseReading, type Stop } from './reading.ts'
import type { Source } from './source.ts'
import { RESPONSE_LIMIT, type Subject } from './subject.ts'

export interface OurResponse {
  readonly interims: readonly Interim[]
  readonly final: ResponseReading | undefined
  readonly stop: Stop
  readonly fault: string
  /** As it goes to the client, interim heads included; up to the last byte that may be passed on. */
  readonly forwarded: string
  /** The client can only tell the end of the content by the connection's. */
  readonly closes: boolean
  /** We frame the content anew. */
  readonly chunked: boolean
  readonly heads: readonly Span[]
  readonly dropped: readonly Span[]
}

export interface Asker {
  /** The request was HEAD. */
  readonly bodiless: boolean
  /** The client's HTTP/1.x. */
  readonly minor: 0 | 1
  /** The Connection field that it gets. */
  readonly connection: '' | 'close' | 'keep-alive'
}

/** One for all, as in the proxy. */
const HEAD = new ResponseHead()

/** All that the server sends before it ends the connection. */
export function readResponse(source: Source, subject: Subject, asker: Asker): OurResponse {
  const interims: Interim[] = []
  const heads: Span[] = []
  const none = { interims, heads, final: undefined, fault: '', closes: false, chunked: false, dropped: [] }
  const { bytes } = source
  let forwarded = ''
  for (let at = source.from; ; ) {
    const next = readHead(source, at, subject)
    if (next === 0) return { ...none, stop: 'incomplete', forwarded }
    if (next < 0) return { ...none, stop: 'fault', fault: faultOf(next).reason, forwarded }
    heads.push([at, next])
    at = next
    if (HEAD.status >= 200) {
      const read = readFinal(source, at, subject, asker)
      return { ...read, interims, heads, forwarded: forwarded + read.forwarded }
    }
    interims.push({ status: HEAD.status, minor: HEAD.minor, fields: headFields(bytes, HEAD) })
    if (HEAD.status === 101) return { ...none, stop: 'switch', forwarded }
    if (asker.minor === 1) forwarded += responseText(bytes, HEAD, false, '')
  }
}

function readHead({ bytes, cuts }: Source, at: number, subject: Subject): number {
  for (const end of cuts) {
    const next = end > at ? subject.responseHead(bytes, at, end, RESPONSE_LIMIT, HEAD) : 0
    if (next !== 0) return next
  }
  return 0
}

function readFinal(
  source: Source,
  at: number,
  ...[subject, asker]: [Subject, Asker]
): Omit<OurResponse, 'interims' | 'heads'> {
  const { bytes } = source
  const { status, minor, connection } = HEAD
  const ask: Ask = {
    bodiless: asker.bodiless,
    minor: asker.minor,
    upgrade: '',
    sent: true,
    timeouts: { connect: 0, head: 0, idle: 0 },
    within: ms => ms,
    connection: () => asker.connection,
  }
  const [body, bare, full] = [subject.body(), subject.body(), subject.body()]
  const reframed = frame(HEAD, ask, body)
  // What the content and the trailers are must not depend on who asks.
  frame(HEAD, { ...ask, minor: 0 }, bare)
  frame(HEAD, { ...ask, minor: 1 }, full)
  const head = headText(bytes, HEAD, ask, body, reframed)
  const closes = closesAfter(body, ask, reframed)
  const chunked = !body.done && asker.minor === 1 && (body.chunked || reframed)
  const phrase = text(bytes, HEAD.start + 12, HEAD.fieldsStart - 2).replace(/^ /, '')
  const fields = headFields(bytes, HEAD)
  const { untilClose } = body
  const framed = readBody(body, source, at)
  const whole = framed.done || untilClose
  const keepAlive = !untilClose && !connection.close && (minor === 1 || connection.keepAlive)
  const content = readBody(bare, source, at).passed
  const { tail, dropped } = readBody(full, source, at)
  return {
    final: { status, phrase, minor, fields, content, trailers: fieldsOf(tail), whole, keepAlive },
    stop: framed.fault !== '' ? 'fault' : whole ? 'end' : 'incomplete',
    fault: framed.fault,
    forwarded: head + (reframed ? rechunked(framed.passed) : framed.passed) + framed.tail,
    closes,
    chunked,
    dropped,
  }
}

/** Content that came without framing leaves in chunks. */
function rechunked(content: string): string {
  return content === '' ? '0\r\n\r\n' : `${chunkHead(content.length)}${content}\r\n0\r\n\r\n`
}
