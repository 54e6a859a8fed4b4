// Client connections that have had one answer and stay: what they cost is a proxy's price for being popular.

import { connect, type Socket } from 'node:net'

const AT_ONCE = 50
const PATIENCE_MS = 10_000

/** Returns what closes them. Rejects when one is refused, cut or not answered. */
export async function openIdle(port: number, count: number, path: string): Promise<() => void> {
  const sockets: Socket[] = []
  const close = () => {
    for (const socket of sockets) socket.destroy()
  }
  try {
    while (sockets.length < count) {
      const some = Array.from({ length: Math.min(AT_ONCE, count - sockets.length) }, () => connect(port, '127.0.0.1'))
      sockets.push(...some)
      await Promise.all(some.map(socket => answered(socket, path)))
    }
    return close
  } catch (error) {
    close()
    throw error
  }
}

function answered(socket: Socket, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    const fail = () => reject(new Error(`a connection ended after ${text.length} bytes of an answer`))
    socket.setEncoding('latin1')
    socket.setTimeout(PATIENCE_MS, () => reject(new Error('a connection had no answer in ten seconds')))
    socket.once('error', fail).once('close', fail)
    socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`)
    socket.on('data', (chunk: string) => {
      text += chunk
      const end = text.indexOf('\r\n\r\n')
      const length = /^HTTP\/1\.1 200 [\s\S]*\r\ncontent-length: *(\d+)/i.exec(text.slice(0, Math.max(end, 0)))?.[1]
      if (end === -1 || text.length < end + 4 + Number(length)) return
      if (length === undefined) return reject(new Error(`an answer was ${text.slice(0, text.indexOf('\r'))}`))
      socket.setTimeout(0)
      resolve()
    })
  })
}
