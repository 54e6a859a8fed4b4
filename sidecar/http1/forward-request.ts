// A request head as it goes upstream: the bytes that came, minus what ends at us, plus what we add.

import * as field from './fields.ts'
import { dropTable, keepFields, VIA, VIA_10 } from './forward.ts'
import { ABSOLUTE_FORM, ORIGIN_FORM, type RequestHead } from './request-head.ts'
import { text } from './text.ts'

/** What a listener and one client connection contribute to every request forwarded from it. */
export interface Forwarding {
  /** The peer's address, '' for a unix socket. */
  readonly peer: string
  /** Whether X-Forwarded-* of this peer is believed, and then kept and extended. */
  readonly trusted: boolean
  /** Host of an HTTP/1.0 request that came without one. */
  readonly authority: string
  /** Ready-made for the untrusted case: the X-Forwarded-For line (none without a peer address) and -Proto. */
  readonly replaced: string
}

export function forwardingOf(peer: string, trusted: boolean, authority: string): Forwarding {
  const line = peer === '' ? '' : `X-Forwarded-For: ${peer}\r\n`
  return { peer, trusted, authority, replaced: `${line}X-Forwarded-Proto: http\r\n` }
}

/** `upgrade` is the protocol to switch to, '' when no upgrade is forwarded. Ends with the empty line. */
export function requestText(bytes: Buffer, head: RequestHead, forwarding: Forwarding, upgrade: string): string {
  let out = ''
  let from = head.start
  if (head.form !== ORIGIN_FORM || head.minor === 0) {
    out = requestLine(bytes, head, forwarding)
    from = head.fieldsStart
  }
  const which = (forwarding.trusted ? 1 : 0) | (head.form === ABSOLUTE_FORM ? 2 : 0) | (head.minor === 0 ? 4 : 0)
  const span = { from, fieldsStart: head.fieldsStart, fields: head.fields }
  out += keepFields(bytes, span, DROP[which]!, head.connection.named)
  out += head.minor === 1 ? VIA : VIA_10
  if (forwarding.trusted) out += trustedFields(bytes, head, forwarding)
  else out += head.host === '' ? forwarding.replaced : `${forwarding.replaced}X-Forwarded-Host: ${head.host}\r\n`
  if (head.chunked) out += 'Transfer-Encoding: chunked\r\n'
  if (head.trailers && upgrade === '') out += 'TE: trailers\r\nConnection: TE\r\n'
  return upgrade === '' ? `${out}\r\n` : `${out}Upgrade: ${upgrade}\r\nConnection: Upgrade\r\n\r\n`
}

/** Origin-form, version 1.1, and for absolute-form the Host that follows from it (RFC 9112 section 3.2.2). */
function requestLine(bytes: Buffer, head: RequestHead, forwarding: Forwarding): string {
  let target = text(bytes, head.pathStart, head.targetEnd)
  if (head.form === ABSOLUTE_FORM && !target.startsWith('/')) {
    target = target === '' && head.method === 'OPTIONS' ? '*' : `/${target}`
  }
  const line = `${head.method} ${target} HTTP/1.1\r\n`
  if (head.form === ABSOLUTE_FORM) return `${line}Host: ${head.host}\r\n`
  // HTTP/1.1, which is spoken upstream, has no request without Host (RFC 9112 section 3.2).
  return head.host === '' ? `${line}Host: ${forwarding.authority}\r\n` : line
}

/** The peer is believed: its list is extended, its word on scheme and host stands. */
function trustedFields(bytes: Buffer, head: RequestHead, forwarding: Forwarding): string {
  const chain = forwardedChain(bytes, head)
  let proto = false
  let host = false
  for (let i = 0; i < head.fields.count; i++) {
    if (head.fields.id[i] === field.X_FORWARDED_PROTO) proto = true
    else if (head.fields.id[i] === field.X_FORWARDED_HOST) host = true
  }
  if (forwarding.peer !== '') chain.push(forwarding.peer)
  let out = ''
  if (chain.length > 0) out += `X-Forwarded-For: ${chain.join(', ')}\r\n`
  if (!proto) out += 'X-Forwarded-Proto: http\r\n'
  if (!host && head.host !== '') out += `X-Forwarded-Host: ${head.host}\r\n`
  return out
}

/** The entries of all X-Forwarded-For fields, first hop first. */
export function forwardedChain(bytes: Buffer, head: RequestHead): string[] {
  const { fields } = head
  const chain: string[] = []
  for (let i = 0; i < fields.count; i++) {
    if (fields.id[i] !== field.X_FORWARDED_FOR) continue
    for (const entry of text(bytes, fields.valueStart[i]!, fields.valueEnd[i]!).split(',')) {
      if (entry.trim() !== '') chain.push(entry.trim())
    }
  }
  return chain
}

/** Hop-by-hop, RFC 9110 section 7.6.1; the list of forwarded addresses is written anew in any case. */
const ALWAYS = [
  field.CONNECTION,
  field.TRANSFER_ENCODING,
  field.UPGRADE,
  field.KEEP_ALIVE,
  field.TE,
  field.PROXY,
  field.HTTP2_SETTINGS,
  field.X_FORWARDED_FOR,
  field.SHADOW_FORWARDED,
  // What is left of it is written anew with each attempt.
  field.DEADLINE,
  field.GRPC_TIMEOUT,
]
/** What a client that is not trusted may not claim. */
const CLAIMS = [field.X_FORWARDED_PROTO, field.X_FORWARDED_HOST, field.FORWARDED]

/** By 1: trusted, 2: absolute-form (its authority replaces Host), 4: HTTP/1.0 (knows no Expect). */
const DROP = [0, 1, 2, 3, 4, 5, 6, 7].map(which =>
  dropTable([
    ...ALWAYS,
    ...((which & 1) === 0 ? CLAIMS : []),
    ...((which & 2) !== 0 ? [field.HOST] : []),
    ...((which & 4) !== 0 ? [field.EXPECT] : []),
  ]),
)

/** The target of a forwarded head. */
export function targetOf(head: string): string {
  const from = head.indexOf(' ') + 1
  return head.slice(from, head.indexOf(' ', from))
}
