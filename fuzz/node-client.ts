// Responses as a client of node:http reads them, strict as it is by default.

import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { MemorySocket } from './memory-socket.ts'
import { pairs, unread } from './node-server.ts'
import type { ResponseReading } from './reading.ts'

export type Interim = Pick<ResponseReading, 'status' | 'minor' | 'fields'>

export interface NodeResponse {
  readonly interims: readonly Interim[]
  /** undefined: none was read. */
  readonly final: ResponseReading | undefined
  readonly error: string
}

/** `ends`: the connection ends behind the bytes. */
export async function nodeResponse(bytes: Buffer, method: string, ends: boolean): Promise<NodeResponse> {
  const socket = new MemorySocket()
  const seen = ask(socket, method)
  await seen.connected
  socket.receive(bytes, ends)
  const reading = seen.reading()
  socket.destroy()
  return reading
}

/** One connection, one request: keep-alive, so that node shows what it makes of the response's Connection field. */
class OneAgent extends Agent {
  readonly #socket: Duplex

  constructor(socket: Duplex) {
    super({ keepAlive: true, maxFreeSockets: 0 })
    this.#socket = socket
  }

  override createConnection(): Duplex {
    return this.#socket
  }
}

export interface Asked {
  /** The request has its connection and its parser. */
  readonly connected: Promise<void>
  readonly closed: Promise<void>
  reading(): NodeResponse
}

export function ask(socket: Duplex, method: string): Asked {
  const interims: Interim[] = []
  let error = ''
  let response: IncomingMessage | undefined
  let keepAlive = false
  let content = ''
  const options = { method, agent: new OneAgent(socket), insecureHTTPParser: false, maxHeaderSize: 1 << 20 }
  const sent: ClientRequest = request(options as RequestOptions)
  sent.maxHeadersCount = 0
  sent.on('error', (cause: NodeJS.ErrnoException) => {
    error ||= cause.code ?? cause.message
  })
  const noted = (incoming: IncomingMessage) => {
    incoming.on('error', () => {})
    // What stands behind the response answers nothing, but node may take it for another one.
    if (response !== undefined) return
    response = incoming
    keepAlive = (sent as unknown as { shouldKeepAlive: boolean }).shouldKeepAlive
  }
  sent.on('response', noted)
  sent.on('upgrade', noted)
  sent.on('information', ({ statusCode, httpVersionMinor, rawHeaders }) => {
    interims.push({ status: statusCode, minor: httpVersionMinor, fields: pairs(rawHeaders) })
  })
  const connected = new Promise<void>(resolve => sent.once('socket', () => resolve()))
  const closed = new Promise<void>(resolve => sent.once('close', resolve))
  sent.end()
  return {
    connected,
    closed,
    reading() {
      if (response === undefined) return { interims, final: undefined, error }
      content += unread(response)
      const final = {
        status: response.statusCode!,
        phrase: response.statusMessage!,
        minor: response.httpVersionMinor,
        fields: pairs(response.rawHeaders),
        content,
        trailers: pairs(response.rawTrailers),
        whole: response.complete,
        keepAlive,
      }
      return { interims, final, error }
    },
  }
}
