// What a server has under way, and how it is brought to an end politely.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2Session, Http2Stream } from 'node:http2'
import { Server as NetServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { whenOver } from './answer-over.ts'

export interface Watched {
  count(): number
  /** Whether somebody has connected lately, and its first request is still on the way. */
  expects(): boolean
  /** From now on each answer is the last one on its connection. */
  announce(): void
  /** Nothing new is accepted; WebSockets are told. */
  stop(): void
  /** Connections on which nothing is asked; WebSockets that have opened since are told. */
  closeIdle(): void
  cut(): void
}

interface Upgraded {
  untold: boolean
  /** Bytes that had been written when it was upgraded. */
  readonly written: number
}

interface HttpServer extends Server {
  closeIdleConnections?(): void
  closeAllConnections?(): void
}

/** RFC 6455 sections 5.5.1 and 7.4.1: a close frame, unmasked as from a server, with 1001 "going away". */
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9])

export function watchServer(server: Server): Watched {
  if (typeof server?.close !== 'function' || typeof server.on !== 'function')
    throw new TypeError('drain: it wants a server, as app.listen() returns it, not an app or a function')
  const http = server as HttpServer
  const answers = new Set<ServerResponse>()
  const streams = new Set<Http2Stream>()
  const sessions = new Set<Http2Session>()
  const upgraded = new Map<Duplex, Upgraded>()
  const sockets = new Set<Socket>()
  const isHttp2 = 'updateSettings' in server
  const isHttp =
    isHttp2 ||
    typeof http.closeIdleConnections === 'function' ||
    ['request', 'stream', 'session'].some(event => server.listenerCount(event) > 0)
  /** Without a request so far: when they were accepted. */
  const fresh = new Map<Socket, number>()
  let announced = false

  function request({ httpVersionMajor, socket }: IncomingMessage, answer: ServerResponse): void {
    // Those are counted as streams.
    if (httpVersionMajor !== 1) return
    fresh.delete(socket)
    answers.add(answer)
    whenOver(answer, () => answers.delete(answer))
    if (announced) sayClose(answer)
  }

  function session(session: Http2Session): void {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    session.on('stream', (stream: Http2Stream) => {
      if (stream.destroyed) return
      streams.add(stream)
      stream.once('close', () => streams.delete(stream))
    })
  }

  if (isHttp) {
    // Before the app's own listener: it may answer at once.
    server.on('connection', (socket: Socket) => {
      fresh.set(socket, performance.now())
      socket.once('close', () => fresh.delete(socket))
    })
    // A listener for requests has `node:http2` make some of every stream, and answer it.
    if (isHttp2) whenListened(server, 'request', request)
    else server.prependListener('request', request)
    server.on('session', session)
    // A listener for upgrades has `node:http` take them for such: without any, they are ordinary requests.
    whenListened(server, 'upgrade', ({ headers }: IncomingMessage, socket: Duplex) => {
      fresh.delete(socket as Socket)
      // Whoever asked somebody else before the server heard of it may come too late.
      if (socket.destroyed) return
      const isWebSocket = headers.upgrade?.toLowerCase() === 'websocket'
      upgraded.set(socket, { untold: isWebSocket, written: writtenTo(socket) })
      socket.once('close', () => upgraded.delete(socket))
    })
  } else {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
  }

  /** Not before the 101: until then it is not a WebSocket, and a frame is no answer to a handshake. */
  function tellWebSockets(): void {
    for (const [socket, it] of upgraded) {
      if (!it.untold || writtenTo(socket) === it.written) continue
      it.untold = false
      if (socket.writable) socket.write(GOING_AWAY)
    }
  }

  const expects = () => {
    const since = performance.now() - FIRST_REQUEST
    for (const acceptedAt of fresh.values()) if (acceptedAt > since) return true
    return false
  }

  return {
    count: () => answers.size + streams.size + upgraded.size + sockets.size,
    expects,
    announce() {
      announced = true
      for (const answer of answers) sayClose(answer)
    },
    stop() {
      // `close` of an HTTP server closes idle connections as well; for Node 26 one that has sent half a head is idle.
      if (expects() && !isHttp2) NetServer.prototype.close.call(server)
      else server.close()
      for (const session of sessions) session.close()
      tellWebSockets()
    },
    closeIdle() {
      if (!expects()) http.closeIdleConnections?.()
      tellWebSockets()
    },
    cut() {
      http.closeAllConnections?.()
      for (const session of sessions) session.destroy()
      for (const socket of upgraded.keys()) socket.destroy()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Milliseconds from the accept on, as in the sidecar: a TLS handshake takes two of the client's round trips. */
const FIRST_REQUEST = 500

/** RFC 9112 section 9.6. HTTP/2 says it with GOAWAY. */
function sayClose(answer: ServerResponse): void {
  if (!answer.headersSent && answer.req?.httpVersionMajor === 1) answer.setHeader('Connection', 'close')
}

function writtenTo(socket: Duplex & { bytesWritten?: number }): number {
  return socket.bytesWritten ?? 0
}

/** Some events change what a server does as soon as somebody listens. So ours comes only where there is another one. */
function whenListened(server: Server, event: string, listener: (...all: any[]) => void): void {
  if (server.listenerCount(event) > 0) return void server.prependListener(event, listener)
  const waiting = (added: string | symbol) => {
    if (added !== event) return
    server.off('newListener', waiting)
    server.prependListener(event, listener)
  }
  server.on('newListener', waiting)
}
