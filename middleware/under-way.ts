// What a server has under way, and how it is brought to an end politely.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2Session } from 'node:http2'
import type { Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface Watched {
  count(): number
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
  let announced = false

  if (isHttp) {
    // Before the app's own listener: it may answer at once.
    server.prependListener('request', (_: IncomingMessage, answer: ServerResponse) => {
      answers.add(answer)
      answer.once('close', () => answers.delete(answer))
      if (announced) sayClose(answer)
    })
    server.on('session', (session: Http2Session) => {
      sessions.add(session)
      session.once('close', () => sessions.delete(session))
    })
    watchUpgrades(server, (socket, isWebSocket) => {
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
