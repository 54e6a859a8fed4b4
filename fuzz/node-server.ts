// Requests as a server of node:http reads them, strict as it is by default.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { MemorySocket } from './memory-socket.ts'
import type { Field, RequestReading } from './reading.ts'

export interface NodeRequests {
  readonly messages: readonly RequestReading[]
  /** The code of the parse error that ended it, '' without. */
  readonly error: string
}

export interface NodeServer {
  readonly server: Server
  read(bytes: Buffer): NodeRequests
  /** What arrived on this connection so far; for a real one. */
  readingOf(socket: Duplex): NodeRequests
}

interface Seen {
  readonly requests: { readonly request: IncomingMessage; readonly keepAlive: boolean; content: string }[]
  error: string
}

export function createNodeServer(): NodeServer {
  // Sizes are our own limits' business; node's smaller ones would hide what lies behind them.
  const server = createServer({ insecureHTTPParser: false, maxHeaderSize: 1 << 20, requestTimeout: 0 })
  server.headersTimeout = 0
  server.maxHeadersCount = 0
  server.timeout = 0
  const seen = new WeakMap<object, Seen>()
  const seenOf = (socket: object) => {
    let found = seen.get(socket)
    if (found === undefined) seen.set(socket, (found = { requests: [], error: '' }))
    return found
  }
  const note = (request: IncomingMessage, response?: ServerResponse) => {
    const keepAlive = response?.shouldKeepAlive ?? false
    seenOf(request.socket).requests.push({ request, keepAlive, content: '' })
  }
  server.on('request', note)
  server.on('checkContinue', note)
  server.on('checkExpectation', note)
  server.on('connect', (request: IncomingMessage) => note(request))
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    seenOf(socket).error ||= error.code ?? error.message
    socket.destroy()
  })
  const readingOf = (socket: object): NodeRequests => {
    const { requests, error } = seenOf(socket)
    return { error, messages: requests.map(readingOfRequest) }
  }
  return {
    server,
    readingOf,
    read(bytes) {
      const socket = new MemorySocket()
      server.emit('connection', socket)
      socket.receive(bytes, false)
      const reading = readingOf(socket)
      socket.destroy()
      return reading
    },
  }
}

function readingOfRequest(entry: Seen['requests'][number]): RequestReading {
  const { request, keepAlive } = entry
  entry.content += unread(request)
  return {
    method: request.method!,
    target: request.url!,
    minor: request.httpVersionMinor,
    fields: pairs(request.rawHeaders),
    content: entry.content,
    trailers: pairs(request.rawTrailers),
    whole: request.complete,
    keepAlive,
  }
}

/** All that has come. Up to Node 24 one read gives all of it, from 26 on one buffer. */
export function unread(message: IncomingMessage): string {
  let out = ''
  for (let part = message.read(); part !== null; part = message.read()) out += (part as Buffer).toString('latin1')
  return out
}

export function pairs(raw: readonly string[]): Field[] {
  const out: Field[] = []
  for (let i = 0; i < raw.length; i += 2) out.push([raw[i]!, raw[i + 1]!])
  return out
}
