/**
 * A TCP client that shows every byte and how the connection ended, and a strict reader of HTTP/1.1 messages.
 * Nothing here comes from `sidecar/`: a reader that shares the proxy's mistakes could not find them.
 */
import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

/** `rst` is every ending that is no FIN. The first ending counts: a reset after a FIN is still `fin`. */
export type Ending = 'open' | 'fin' | 'rst'

export interface RawClient {
  readonly bytes: Buffer
  readonly ending: Ending
  /** Does not wait for the peer: a proxy that stopped reading must not stop the test. */
  send(bytes: string | Buffer): Promise<void>
  sendBytewise(bytes: string | Buffer): Promise<void>
  /** Half-close: the other direction stays open. */
  finish(): void
  reset(): void
  close(): void
  /** True once the predicate holds; false when time is up. */
  until(predicate: () => boolean, ms?: number): Promise<boolean>
}

/** `address` is `host:port`, as a listener prints it. */
export async function openRaw(address: string): Promise<RawClient> {
  const colon = address.lastIndexOf(':')
  const socket = connect({
    host: address.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: Number(address.slice(colon + 1)),
    allowHalfOpen: true,
    noDelay: true,
  })
  const chunks: Buffer[] = []
  let ending: Ending = 'open'
  const end = (how: Ending) => {
    if (ending === 'open') ending = how
  }
  socket.on('data', chunk => chunks.push(chunk))
  socket.on('end', () => end('fin'))
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => end('rst'))

  const write = async (bytes: Buffer) => {
    if (socket.writable) socket.write(bytes)
    await turn()
  }
  return {
    get bytes() {
      if (chunks.length > 1) chunks.splice(0, chunks.length, Buffer.concat(chunks))
      return chunks[0] ?? Buffer.alloc(0)
    },
    get ending() {
      return ending
    },
    send: bytes => write(latin1(bytes)),
    async sendBytewise(bytes) {
      const all = latin1(bytes)
      for (let i = 0; i < all.length && ending === 'open'; i++) await write(all.subarray(i, i + 1))
    },
    finish: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    close: () => void socket.destroy(),
    until,
  }
}

/** Looks again every few milliseconds: simple, and the same for conditions on either side of the proxy. */
export async function until(predicate: () => boolean, ms = 1000): Promise<boolean> {
  const deadline = performance.now() + ms
  while (!predicate()) {
    if (performance.now() > deadline) return false
    await pause(4)
  }
  return true
}

export const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

export const latin1 = (bytes: string | Buffer) => (typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)

export type Field = readonly [name: string, value: string]

export const valuesOf = (fields: readonly Field[], name: string) =>
  fields.filter(field => field[0].toLowerCase() === name.toLowerCase()).map(field => field[1])

export interface RawResponse {
  readonly version: string
  readonly status: number
  readonly reason: string
  /** In order, in the case in which they came. */
  readonly fields: readonly Field[]
  /** The 1xx responses that came before this one; always empty for those themselves. */
  readonly interim: readonly RawResponse[]
  readonly framing: Framing
  readonly body: Buffer
  readonly trailers: readonly Field[]
  readonly complete: boolean
}

export interface Transcript {
  readonly responses: readonly RawResponse[]
  /** 1xx responses whose final response never came. */
  readonly dangling: readonly RawResponse[]
  /** What follows the last response that could be read: the tunnel after a 101, otherwise part of a head or garbage. */
  readonly rest: Buffer
  readonly fault: string | undefined
}

/** Splits what a client received. `methods` are those it sent, in order: HEAD and CONNECT change what follows a head. */
export function readResponses(bytes: Buffer, methods: readonly string[], ended: boolean): Transcript {
  const responses: RawResponse[] = []
  let interim: RawResponse[] = []
  let at = 0
  const stop = (fault?: string): Transcript => ({ responses, dangling: interim, rest: bytes.subarray(at), fault })
  for (;;) {
    const head = readHead(bytes.subarray(at))
    if (head.kind === 'fault') return stop(head.why)
    if (head.kind === 'part') return stop()
    const line = /^(HTTP\/1\.[01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/.exec(head.start)
    if (!line) return stop(`status line ${JSON.stringify(head.start)}`)
    const start = { version: line[1]!, status: Number(line[2]), reason: line[3] ?? '', fields: head.fields }
    if (start.status < 200 && start.status !== 101) {
      interim.push({ ...start, interim: [], ...nothing, complete: true })
      at += head.length
      continue
    }
    const framing = responseFraming(start.status, head.fields, methods[responses.length] ?? 'GET')
    if (framing.kind === 'fault') return stop(framing.why)
    const body = readBody(framing, bytes.subarray(at + head.length), ended)
    responses.push({ ...start, interim, framing, ...body })
    interim = []
    at += head.length + body.used
    if (body.fault !== undefined || !body.complete || start.status === 101) return stop(body.fault)
  }
}

export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' }

type Faulty = { readonly kind: 'fault'; readonly why: string }

const nothing = { framing: { kind: 'none' } as const, body: Buffer.alloc(0), trailers: [] }

function responseFraming(status: number, fields: readonly Field[], method: string): Framing | Faulty {
  const stated = statedFraming(fields)
  // Even where no body can follow, contradictory framing is a fault: the next recipient may read it otherwise.
  if (stated.kind === 'fault') return stated
  const bodiless = status < 200 || status === 204 || status === 304 || method === 'HEAD'
  if (bodiless || (method === 'CONNECT' && status < 300)) return { kind: 'none' }
  return stated.kind === 'none' ? { kind: 'close' } : stated
}

/** What Content-Length and Transfer-Encoding say. Stricter than the RFC: one of them, once, in its plainest form. */
export function statedFraming(fields: readonly Field[]): Framing | Faulty {
  const lengths = valuesOf(fields, 'content-length')
  const codings = valuesOf(fields, 'transfer-encoding')
  if (lengths.length + codings.length > 1) return { kind: 'fault', why: `framing twice: ${[...lengths, ...codings]}` }
  if (codings[0] !== undefined) {
    return codings[0].toLowerCase() === 'chunked' ? { kind: 'chunked' } : { kind: 'fault', why: `coding ${codings[0]}` }
  }
  if (lengths[0] === undefined) return { kind: 'none' }
  const sane = /^\d{1,18}$/.test(lengths[0])
  return sane ? { kind: 'length', length: Number(lengths[0]) } : { kind: 'fault', why: `length ${lengths[0]}` }
}

export interface Head {
  readonly kind: 'head'
  readonly start: string
  readonly fields: readonly Field[]
  /** As it came, its empty line included. */
  readonly text: string
  readonly length: number
}

export function readHead(bytes: Buffer): Head | { readonly kind: 'part' } | Faulty {
  const end = bytes.indexOf('\r\n\r\n')
  const text = bytes.toString('latin1', 0, end < 0 ? bytes.length : end + 4)
  const bad = /\r(?!\n|$)|(?<!\r)\n|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.exec(text)
  if (bad) return { kind: 'fault', why: `control character at ${bad.index} of ${JSON.stringify(text.slice(0, 80))}` }
  if (end < 0) return { kind: 'part' }
  const [start = '', ...lines] = text.slice(0, -4).split('\r\n')
  const fields = readFields(lines)
  return typeof fields === 'string'
    ? { kind: 'fault', why: fields }
    : { kind: 'head', start, fields, text, length: end + 4 }
}

function readFields(lines: readonly string[]): readonly Field[] | string {
  const fields: Field[] = []
  for (const line of lines) {
    const parts = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/.exec(line)
    if (!parts) return `field line ${JSON.stringify(line)}`
    fields.push([parts[1]!, parts[2]!])
  }
  return fields
}

export interface Body {
  readonly body: Buffer
  readonly trailers: readonly Field[]
  /** Bytes on the wire, framing included. */
  readonly used: number
  readonly complete: boolean
  readonly fault: string | undefined
}

export function readBody(framing: Framing, bytes: Buffer, ended: boolean): Body {
  if (framing.kind === 'chunked') return readChunks(bytes)
  const length = framing.kind === 'none' ? 0 : framing.kind === 'length' ? framing.length : bytes.length
  const body = bytes.subarray(0, length)
  const complete = framing.kind === 'close' ? ended : body.length === length
  return { body, trailers: [], used: body.length, complete, fault: undefined }
}

function readChunks(bytes: Buffer): Body {
  const parts: Buffer[] = []
  let at = 0
  const result = (complete: boolean, fault?: string, trailers: readonly Field[] = []): Body => ({
    body: Buffer.concat(parts),
    trailers,
    used: at,
    complete,
    fault,
  })
  for (;;) {
    const eol = bytes.indexOf('\r\n', at)
    const line = bytes.toString('latin1', at, eol < 0 ? bytes.length : eol)
    if (eol < 0)
      return result(false, /^[0-9a-fA-F]*[^\n\x00]*$/.test(line) ? undefined : `chunk line ${JSON.stringify(line)}`)
    const size = /^([0-9a-fA-F]{1,12})(;[\t\x20-\x7e\x80-\xff]*)?$/.exec(line)?.[1]
    if (size === undefined) return result(false, `chunk line ${JSON.stringify(line)}`)
    const length = Number.parseInt(size, 16)
    if (length === 0) return readTrailers(bytes, eol + 2)
    const data = bytes.subarray(eol + 2, eol + 2 + length)
    parts.push(data)
    const after = bytes.toString('latin1', eol + 2 + length, eol + 4 + length)
    if (data.length < length || (after.length < 2 && '\r\n'.startsWith(after))) {
      at = bytes.length
      return result(false)
    }
    if (after !== '\r\n') return result(false, `${JSON.stringify(after)} after chunk data`)
    at = eol + 4 + length
  }

  function readTrailers(all: Buffer, from: number): Body {
    if (all.toString('latin1', from, from + 2) === '\r\n') {
      at = from + 2
      return result(true)
    }
    // The trailer section is a head without its start line: lend it one.
    const head = readHead(Buffer.concat([Buffer.from('trailers\r\n'), all.subarray(from)]))
    if (head.kind === 'part') return result(false)
    if (head.kind === 'fault') return result(false, head.why)
    at = from + head.length - 'trailers\r\n'.length
    return result(true, undefined, head.fields)
  }
}
