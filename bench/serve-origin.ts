// `serve-origin.ts PORT,PORT`: an origin on bare sockets for machines without nginx. It reads only what tame clients
// send: a head in one piece or several, and a body by Content-Length.

import { createServer, type Socket } from 'node:net'
import { bodies } from './cells.ts'

const answers = new Map(
  Object.entries(bodies).map(([path, size]) => [
    path,
    `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`,
  ]),
)
const unknown = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'

for (const port of process.argv[2]!.split(',')) {
  createServer({ noDelay: true }, serve).listen({ port: Number(port), host: '127.0.0.1', backlog: 1024 })
}

function serve(socket: Socket): void {
  let text = ''
  let bodyLeft = 0
  let answer = ''
  socket.setEncoding('latin1')
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: string) => {
    text += chunk
    for (;;) {
      if (answer === '') {
        const end = text.indexOf('\r\n\r\n')
        if (end === -1) return
        const head = text.slice(0, end)
        text = text.slice(end + 4)
        answer = answers.get(head.slice(head.indexOf(' ') + 1, head.indexOf(' HTTP/'))) ?? unknown
        bodyLeft = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      }
      const taken = Math.min(bodyLeft, text.length)
      bodyLeft -= taken
      text = text.slice(taken)
      if (bodyLeft > 0) return
      socket.write(answer, 'latin1')
      answer = ''
    }
  })
}
