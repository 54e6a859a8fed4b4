// What a server has under way, and how it is brought to an end politely.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2Session } from 'node:http2'
import type { Server, Socket } from 'node:net'
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
  /** Connections on which nothing is asked. */
  closeIdle(): void
  cut(): void
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
  const sessions = new Set<Http2Session>()
  const upgraded = new Map<Duplex, boolean>()
  const sockets = new Set<Socket>()
  const isHttp = typeof http.closeIdleConnections === 'function' || server.listenerCount('request') > 0
  /** Without a request so far: when they were accepted. */
  const fresh = new Map<Socket, number>()
  let announced = false

  if (isHttp) {
    // Before the app's own listener: it may answer at once.
    server.on('connection', (socket: Socket) => {
      fresh.set(socket, performance.now())
      socket.once('close', () => fresh.delete(socket))
    })
    server.prependListener('request', (request: IncomingMessage, answer: ServerResponse) => {
      fresh.delete(request.socket)
      answers.add(answer)
      whenOver(answer, () => answers.delete(answer))
      if (announced) sayClose(answer)
    })
    server.on('session', (session: Http2Session) => {
      sessions.add(session)
      session.once('close', () => sessions.delete(session))
    })
    watchUpgrades(server, (socket, isWebSocket) => {
      fresh.delete(socket as Socket)
      // Whoever asked somebody else before the server heard of it may come too late.
      if (socket.destroyed) return
      upgraded.set(socket, isWebSocket)
      socket.once('close', () => upgraded.delete(socket))
    })
  } else {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
  }

  return {
    count: () => answers.size + upgraded.size + sockets.size,
    expects() {
      const since = performance.now() - FIRST_REQUEST
      for (const acceptedAt of fresh.values()) if (acceptedAt > since) return true
      return false
    },
    announce() {
      announced = true
      for (const answer of answers) sayClose(answer)
    },
    stop() {
      server.close()
      for (const session of sessions) session.close()
      for (const [socket, isWebSocket] of upgraded) if (isWebSocket && socket.writable) socket.write(GOING_AWAY)
    },
    closeIdle: () => http.closeIdleConnections?.(),
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

/**
 * A listener for 'upgrade' changes what a server does: without any, `node:http` serves such requests as ordinary ones.
 * So ours comes only where there is another one.
 */
function watchUpgrades(server: Server, found: (socket: Duplex, isWebSocket: boolean) => void): void {
  const listener = (request: IncomingMessage, socket: Duplex) =>
    found(socket, request.headers.upgrade?.toLowerCase() === 'websocket')
  if (server.listenerCount('upgrade') > 0) return void server.prependListener('upgrade', listener)
  const waiting = (event: string) => {
    if (event !== 'upgrade') return
    server.off('newListener', waiting)
    server.prependListener('upgrade', listener)
  }
  server.on('newListener', waiting)
}
