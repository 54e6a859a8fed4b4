// A kept connection and a request that meet in one turn of the loop: the process is stopped, both arrive, it goes on.

import { expect } from 'chai'
import { closing, responses, startNet } from '../../support/clients.ts'
import { openRaw, pause, until } from '../../support/raw.ts'
import { directory, inFrontOf, outrigger } from '../../support/sidecar.ts'

const GET = 'GET /two HTTP/1.1\r\nHost: web\r\n\r\n'
const POST = 'POST /two HTTP/1.1\r\nHost: web\r\nContent-Length: 2\r\n\r\nhi'
const answer = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`

describe('what comes before a request has left', () => {
  const keep = closing()

  for (const [what, happen] of [
    ['an answer that nobody asked for', socket => socket.write(answer('POISON'))],
    ['an end', socket => socket.end()],
    ['a reset', socket => socket.resetAndDestroy()],
  ] as readonly [string, (socket: import('node:net').Socket) => void][]) {
    for (const request of [GET, POST]) {
      it(`${what} is no answer to it: ${request.split(' ')[0]}`, async () => {
        const asked: string[] = []
        const sockets: import('node:net').Socket[] = []
        const origin = await keep(
          startNet(socket => {
            sockets.push(socket)
            socket.on('data', bytes => {
              asked.push(`${sockets.indexOf(socket)} ${String(bytes).split(' ')[1]}`)
              socket.write(answer(`answer ${asked.length}`))
            })
          }),
        )
        const config = { ...inFrontOf([origin.address], { retries: false }), admin: false }
        const { file, close } = await directory(config)
        await keep({ close })
        const command = await keep(outrigger(['run', file]))
        const { listeners } = await command.ready()
        const client = await keep(openRaw(listeners[0]!))
        await client.send('GET /one HTTP/1.1\r\nHost: web\r\n\r\n')
        await responses(client, ['GET'])
        command.kill('SIGSTOP')
        await pause(20)
        await client.send(request)
        await pause(20)
        happen(sockets[0]!)
        await pause(20)
        command.kill('SIGCONT')
        const [, second] = await responses(client, ['GET', request.split(' ')[0]!])
        expect([second!.status, String(second!.body)]).to.deep.equal([200, 'answer 2'])
        expect(asked).to.deep.equal(['0 /one', '1 /two'])
        command.kill('SIGTERM')
        expect(await until(() => sockets[0]!.destroyed || sockets[0]!.readableEnded)).to.equal(true)
      })
    }
  }
})
