// A connection's bytes as our parser reads and forwards them: what Inbound and Exchange do, without sockets.

import { faultOf } from '../sidecar/http1/fault.ts'
import { type Forwarding, requestText } from '../sidecar/http1/forward-request.ts'
import { AUTHORITY_FORM, RequestHead } from '../sidecar/http1/request-head.ts'
import { text } from '../sidecar/http1/text.ts'
import { upgradeOf } from '../sidecar/proxy/upgrade.ts'
import { readBody, type Span } from './our-body.ts'
import { type Field, fieldsOf, type RequestReading, type Stop } from './reading.ts'
import type { Source } from './source.ts'
import { LIMITS, type Subject } from './subject.ts'

export interface OurRequest extends RequestReading {
  /** Head, ranges of the body, tail: as they go upstream; '' for CONNECT, which ends at us. */
  readonly forwarded: string
  /** Where the head stands in the bytes, without an empty line before it. */
  readonly head: Span
  readonly dropped: readonly Span[]
}

export interface OurRequests {
  readonly messages: readonly OurRequest[]
  readonly stop: Stop
  readonly fault: string
}

/** One for all, as in the proxy: what an earlier message left in it must not show. */
const HEAD = new RequestHead()

export function readRequests(source: Source, subject: Subject, forwarding: Forwarding): OurRequests {
  const messages: OurRequest[] = []
  const stopped = (stop: Stop, fault = ''): OurRequests => ({ messages, stop, fault })
  const end = source.cuts.at(-1)!
  let at = source.from
  while (at < end) {
    const next = readHead(source, at, subject)
    if (next === 0) return stopped('incomplete')
    if (next < 0) return stopped('fault', faultOf(next).reason)
    if (HEAD.form === AUTHORITY_FORM) {
      messages.push(connectReading(source.bytes))
      return stopped('switch')
    }
    const { message, fault, behind } = readMessage(source, next, subject, forwarding)
    messages.push(message)
    if (fault !== '') return stopped('fault', fault)
    if (!message.whole) return stopped('incomplete')
    if (!message.keepAlive) return stopped('close')
    at = behind
  }
  return stopped('end')
}

/** Anew with every piece, as long as it is incomplete. */
function readHead({ bytes, cuts }: Source, at: number, subject: Subject): number {
  for (const end of cuts) {
    const next = end > at ? subject.requestHead(bytes, at, end, LIMITS, HEAD) : 0
    if (next !== 0) return next
  }
  return 0
}

function readMessage(
  source: Source,
  bodyAt: number,
  ...[subject, forwarding]: [Subject, Forwarding]
): { message: OurRequest; fault: string; behind: number } {
  const { bytes } = source
  const upgrade = HEAD.upgrade === -1 ? '' : upgradeOf(bytes, HEAD, ['websocket'])
  const head = requestText(bytes, HEAD, forwarding, upgrade)
  const [framed, bare] = [false, true].map(isBare => {
    const body = subject.body()
    if (HEAD.chunked) body.chunks(isBare)
    else body.length(Math.max(0, HEAD.length))
    return readBody(body, source, bodyAt)
  }) as [ReturnType<typeof readBody>, ReturnType<typeof readBody>]
  if (framed.done !== bare.done || framed.fault !== bare.fault || (framed.done && framed.at !== bare.at)) {
    throw new Error(`the body ends at ${framed.at} ${framed.fault}, without framing at ${bare.at} ${bare.fault}`)
  }
  const message: OurRequest = {
    ...headReading(bytes),
    content: bare.passed,
    trailers: fieldsOf(framed.tail),
    whole: framed.done,
    forwarded: head + framed.passed + framed.tail,
    head: [HEAD.start, bodyAt],
    dropped: framed.dropped,
  }
  return { message, fault: framed.fault, behind: framed.at }
}

function connectReading(bytes: Buffer): OurRequest {
  const nothing = { content: '', trailers: [], forwarded: '', dropped: [] }
  return { ...headReading(bytes), ...nothing, whole: true, head: [HEAD.start, HEAD.end] }
}

function headReading(bytes: Buffer): Pick<RequestReading, 'method' | 'target' | 'minor' | 'fields' | 'keepAlive'> {
  const { method, minor, connection } = HEAD
  return {
    method,
    minor,
    target: text(bytes, HEAD.targetStart, HEAD.targetEnd),
    fields: headFields(bytes, HEAD),
    // Exchange says the same.
    keepAlive: !connection.close && (minor === 1 || connection.keepAlive),
  }
}

export function headFields(bytes: Buffer, { fields }: Pick<RequestHead, 'fields'>): Field[] {
  const out: Field[] = []
  for (let i = 0; i < fields.count; i++) {
    const name = text(bytes, fields.nameStart[i]!, fields.nameEnd[i]!)
    out.push([name, text(bytes, fields.valueStart[i]!, fields.valueEnd[i]!)])
  }
  return out
}
