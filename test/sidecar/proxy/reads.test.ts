// The fast way to read leans on fields that Node does not promise. Here a new Node that lacks them gets noticed; with
// the slower way everything has to work just the same.

import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { expect } from 'chai'
import { WebSocket, WebSocketServer } from 'ws'
import { readInto } from '../../../sidecar/http1/static-reads.ts'
import { call, closing, hostAndPort, startApp, talk } from '../../support/clients.ts'
import { openRaw, until } from '../../support/raw.ts'
import { comesToRest, inFrontOf, runSidecar } from '../../support/sidecar.ts'

describe('reads', () => {
  const keep = closing()

  for (const fast of [true, false]) {
    const way = fast ? 'the fast way' : 'the slow way'

    it(`${way} is what is taken, and stops when told`, async () => {
      const server = createServer()
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      await keep(server)
      const accepted = once(server, 'connection') as Promise<[Socket]>
      const { port } = server.address() as { port: number }
      const client = await keep(openRaw(`127.0.0.1:${port}`))
      const [socket] = await accepted
      await keep({ close: () => socket.destroy() })
      const own = Buffer.alloc(4)
      let got = ''
      let go = true
      const callback = (count: number, bytes: Uint8Array) => {
        if (fast) expect(bytes).to.equal(own)
        got += Buffer.from(bytes).toString('latin1', 0, count)
        return go
      }
      expect(readInto(socket, { buffer: () => own, callback }, fast)).to.equal(fast)
      await client.send('0123456789')
      expect(await until(() => got === '0123456789')).to.equal(true)
      go = false
      await client.send('abcd')
      await until(() => got.endsWith('abcd'))
      await client.send('not now')
      await until(() => got.length > 14, 50)
      expect(got).to.equal('0123456789abcd')
      go = true
      socket.resume()
      expect(await until(() => got === '0123456789abcdnot now')).to.equal(true)
    })

    it(`${way} serves all kinds of requests`, async () => {
      const app = await keep(startApp((request, response) => void request.pipe(response)))
      const sockets = new WebSocketServer({ server: app.server })
      sockets.on('connection', socket => socket.on('message', data => socket.send(data)))
      const sidecar = await keep(runSidecar(inFrontOf([app.address]), { fastReads: fast }))
      expect((await call(sidecar.address, '/')).status).to.equal(200)
      for (const size of [1, 1000, 70_000, 3_000_000]) {
        const body = Buffer.alloc(size, 'content')
        for (const headers of [{ 'content-length': String(size) }, { 'transfer-encoding': 'chunked' }]) {
          const reply = await call(sidecar.address, '/', { method: 'POST', body, headers: headers as never })
          expect(reply.body.equals(body), `${size} bytes, ${Object.keys(headers)}`).to.equal(true)
        }
      }
      const post = (text: string) => `POST / HTTP/1.1\r\nHost: web\r\nContent-Length: ${text.length}\r\n\r\n${text}`
      const answers = await talk(sidecar.address, post('one') + post('two') + post('three'), ['POST', 'POST', 'POST'])
      expect(answers.map(answer => String(answer.body))).to.deep.equal(['one', 'two', 'three'])

      const { port } = hostAndPort(sidecar.address)
      const socket = new WebSocket(`ws://127.0.0.1:${port}`)
      await once(socket, 'open')
      socket.send('to and fro')
      const [data] = await once(socket, 'message')
      expect(String(data)).to.equal('to and fro')
      socket.close()
      await once(socket, 'close')

      const leaver = await keep(openRaw(sidecar.address))
      await leaver.send('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 10\r\n\r\nhalf')
      await until(() => sidecar.status().services[0]!.inFlight === 1)
      leaver.reset()
      await comesToRest(sidecar)
      sockets.close()
    })
  }
})
