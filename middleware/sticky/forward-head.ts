// Heads on their way between `node:http` and the sidecar's connections.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Passing, passedText } from '../../sidecar/http1/passed-request.ts'
import { readTrailers } from '../../sidecar/http1/trailers.ts'
import { BadForward } from './sticky-errors.ts'

/** The request as it goes to its owner. Throws BadForward for what is not strict HTTP/1.1. */
export function requestHead(req: IncomingMessage & { originalUrl?: string }, passing: Passing): string {
  const { rawHeaders, httpVersionMajor, httpVersionMinor } = req
  let out = `${req.method} ${req.originalUrl ?? req.url} HTTP/1.1\r\n`
  let hasHost = false
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    // Of HTTP/2.
    if (name.startsWith(':')) continue
    if (name.length === 4 && name.toLowerCase() === 'host') hasHost = true
    out += `${name}: ${rawHeaders[i + 1]}\r\n`
  }
  // HTTP/1.0 needs none, and HTTP/2 has another word for it.
  if (!hasHost) out += `Host: ${req.headers[':authority'] ?? req.headers.host ?? 'localhost'}\r\n`
  if (isFramedElsewhere(req)) out += 'Transfer-Encoding: chunked\r\n'
  const text = passedText(`${out}\r\n`, httpVersionMajor === 1 && httpVersionMinor === 0, passing)
  if (typeof text === 'string') return text
  throw new BadForward(text.status, text.detail)
}

/** How the content of a request is framed; '' when there is none. */
export function framingOf(req: IncomingMessage): '' | 'length' | 'chunked' {
  const { headers } = req
  if (headers['transfer-encoding'] !== undefined || isFramedElsewhere(req)) return 'chunked'
  const length = headers['content-length']
  return length === undefined || Number(length) === 0 ? '' : 'length'
}

/** HTTP/2 has content without a length. */
function isFramedElsewhere(req: IncomingMessage & { stream?: { endAfterHeaders?: boolean } }): boolean {
  return (
    req.httpVersionMajor === 2 && req.headers['content-length'] === undefined && req.stream?.endAfterHeaders === false
  )
}

/** What comes behind the last chunk, with the empty line; without what may not stand there. */
export function trailersOf({ rawTrailers }: IncomingMessage): string {
  let out = ''
  for (let i = 0; i < rawTrailers.length; i += 2) out += `${rawTrailers[i]}: ${rawTrailers[i + 1]}\r\n`
  return readTrailers(`${out}\r\n`)?.kept ?? '\r\n'
}

/** Lines by name, as it was first written; a list where a name occurs more than once. */
export function fieldsOf(head: string): Record<string, string | string[]> {
  const found = new Map<string, { name: string; values: string[] }>()
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon <= 0) continue
    const name = line.slice(0, colon)
    const value = line.slice(colon + 1).trim()
    const before = found.get(name.toLowerCase())
    if (before === undefined) found.set(name.toLowerCase(), { name, values: [value] })
    else before.values.push(value)
  }
  return Object.fromEntries(
    [...found.values()].map(({ name, values }) => [name, values.length === 1 ? values[0]! : values]),
  )
}

/** Sets the status and the fields of an answer: those of the same name that the app has set give way. */
export function answerHead(res: ServerResponse, head: string): void {
  const first = head.indexOf('\r\n')
  // Ours to say: `node:http` does.
  for (const [name, value] of Object.entries(fieldsOf(head.slice(first + 2))))
    if (name !== 'Connection') res.setHeader(name, value)
  res.statusCode = Number(head.slice(9, 12))
  if (res.req.httpVersionMajor === 1) res.statusMessage = head.slice(13, first)
}
