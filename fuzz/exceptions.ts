// Where node and we may differ in what the peer sent. Each takes its cause away from the input: node must then agree on
// all the rest. What we forward is not excused, but by the one that says so.

import { METHODS } from 'node:http'
import type { Span } from './our-body.ts'

/** What we accepted, as far as an exception has to know it. */
export interface Accepted {
  /** Where a request's method stands. */
  readonly methods: readonly Span[]
  /** Where a head stands, start line and all. */
  readonly heads: readonly Span[]
  /** What was read and not passed on: chunk extensions and trailers. */
  readonly dropped: readonly Span[]
}

export interface Exception {
  readonly name: string
  readonly forwarded?: true
  rewrite(input: string, accepted: Accepted): string
}

export const EXCEPTIONS: readonly Exception[] = [
  // llhttp has a list of methods. We forward any: the method never changes the framing, so the list guards nothing.
  { name: 'method', rewrite: inMethods(name => (METHODS.includes(name) ? name : 'POST')) },
  // llhttp has a grammar for chunk extensions. We neither read them nor pass them on.
  { name: 'extension', rewrite: inDropped(part => (part.startsWith(';') ? '' : part)) },
  // llhttp heeds Connection in trailers and refuses framing there. We pass none of them on.
  {
    name: 'trailer',
    rewrite: inDropped(part => part.replace(/^(?:connection|content-length|transfer-encoding):/gim, 'X-Gone:')),
  },
  // Behind a request that asks for an upgrade, node throws away what is pipelined, whether anybody upgrades or not. We
  // ask for it only where the service allows it, and send nothing behind it before the answer.
  { name: 'upgrade', rewrite: inHeads(head => head.replace(/^upgrade:/gim, 'X-Gone:')) },
  // llhttp takes Proxy-Connection for Connection, in trailers too. It is in no RFC; we do not pass it on.
  { name: 'proxy', rewrite: inHeads(head => head.replace(/^proxy-connection:/gim, 'X-Gone:')) },
  { name: 'proxy trailer', rewrite: inDropped(part => part.replace(/^proxy-connection:/gim, 'X-Gone:')) },
  // llhttp ends the connection behind an interim response that says close. For us the final one decides.
  {
    name: 'interim',
    rewrite: inHeads(head => (/^HTTP\/1\.1 1/.test(head) ? head.replace(/^connection:/gim, 'X-Gone:') : head)),
  },
  // In the fields that it understands itself, llhttp takes a tab for a part of the value; RFC 9110 section 5.6.3 does not.
  { name: 'tab', rewrite: inHeads(head => head.replace(/^(?:connection|transfer-encoding|upgrade):.*$/gim, untabbed)) },
  // We write those anew; this one goes on as it came. A server of node refuses it: that misleads nobody.
  { name: 'length tab', forwarded: true, rewrite: inHeads(head => head.replace(/^content-length:.*$/gim, untabbed)) },
]

function untabbed(line: string): string {
  return line.replaceAll('\t', ' ')
}

type Rewrite = Exception['rewrite']

function inMethods(by: (text: string) => string): Rewrite {
  return (input, { methods }) => replaced(input, methods, by)
}

function inHeads(by: (text: string) => string): Rewrite {
  return (input, { heads }) => replaced(input, heads, by)
}

function inDropped(by: (text: string) => string): Rewrite {
  return (input, { dropped }) => replaced(input, dropped, by)
}

function replaced(input: string, spans: readonly Span[], by: (text: string) => string): string {
  let out = ''
  let at = 0
  for (const [from, to] of spans) {
    out += input.slice(at, from) + by(input.slice(from, to))
    at = to
  }
  return out + input.slice(at)
}
