// WebSockets by the library that most apps use, on both sides.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { expect } from 'chai'
import { WebSocket, WebSocketServer } from 'ws'
import { closing, responses, startApp } from '../../support/clients.ts'
import { openRaw, until } from '../../support/raw.ts'
import { type Config, comesToRest, inFrontOf, type Running, runSidecar } from '../../support/sidecar.ts'

describe('WebSockets', () => {
  const keep = closing()
  const sockets: WebSocket[] = []
  let server: WebSocketServer
  let sidecar: Running

  async function start(options: { deflate?: boolean; service?: Config } = {}): Promise<void> {
    const app = await keep(startApp((request, response) => void response.end(JSON.stringify(request.headers))))
    server = new WebSocketServer({ server: app.server, perMessageDeflate: options.deflate ?? false })
    server.on('connection', socket => {
      socket.on('error', () => {})
      socket.on('message', (data, binary) => socket.send(data, { binary }))
    })
    sidecar = await keep(runSidecar(inFrontOf([app.address], options.service)))
  }

  async function dial(deflate = false): Promise<WebSocket> {
    const socket = new WebSocket(`ws://${sidecar.address}/chat`, { perMessageDeflate: deflate })
    sockets.push(socket)
    await once(socket, 'open')
    return socket
  }

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.terminate()
    server.close()
  })

  const web = () => sidecar.status().services[0]!

  for (const deflate of [false, true]) {
    it(`echo text, binary and 10 MB${deflate ? ', compressed' : ''}`, async () => {
      await start({ deflate })
      const socket = await dial(deflate)
      expect(socket.extensions).to.equal(deflate ? 'permessage-deflate' : '')
      const echo = async (data: string | Buffer) => {
        const [[bytes, binary]] = await Promise.all([once(socket, 'message'), socket.send(data)])
        return binary ? (bytes as Buffer) : String(bytes)
      }
      expect(await echo('héllo')).to.equal('héllo')
      expect(await echo('')).to.equal('')
      for (const size of [1, 125, 126, 65_535, 65_536, 10_000_000]) {
        const sent = size < 1e6 ? randomBytes(size) : Buffer.alloc(size, randomBytes(70_001))
        expect(sent.equals((await echo(sent)) as Buffer), `${size} bytes`).to.equal(true)
      }
    })
  }

  it('pass on what the server says at once, and many small messages in order', async () => {
    await start()
    server.on('connection', socket => {
      for (let i = 0; i < 1000; i++) socket.send(String(i))
    })
    const got: string[] = []
    const socket = new WebSocket(`ws://${sidecar.address}/`)
    sockets.push(socket)
    socket.on('message', data => got.push(String(data)))
    expect(await until(() => got.length === 1000, 3000)).to.equal(true)
    expect(got).to.deep.equal(Array.from({ length: 1000 }, (_, i) => String(i)))
  })

  it('close with the code and reason of either side', async () => {
    await start()
    const first = await dial()
    const [there] = [...server.clients]
    first.close(4001, 'enough')
    const [code, reason] = await once(there!, 'close')
    expect([code, String(reason)]).to.deep.equal([4001, 'enough'])

    const second = await dial()
    for (const socket of server.clients) socket.close(4002, 'closing time')
    const [other, why] = await once(second, 'close')
    expect([other, String(why)]).to.deep.equal([4002, 'closing time'])
    await comesToRest(sidecar)
  })

  it('are in flight until they close, 100 of them, and count as answered', async () => {
    await start()
    const all = await Promise.all(Array.from({ length: 100 }, () => dial()))
    expect(web().inFlight).to.equal(100)
    expect(web().members[0]!.inFlight).to.equal(100)
    const echoes = all.map((socket, i) => {
      const echoed = once(socket, 'message')
      socket.send(`mine is ${i}`)
      return echoed
    })
    const texts = (await Promise.all(echoes)).map(([data]) => String(data))
    expect(texts).to.deep.equal(all.map((_, i) => `mine is ${i}`))
    // Half of them are closed by the server.
    for (const socket of all.slice(50)) socket.close()
    await until(() => server.clients.size === 50)
    expect(await until(() => web().inFlight === 50)).to.equal(true)
    for (const socket of server.clients) socket.close()
    await comesToRest(sidecar)
    expect(web()).to.deep.include({ requests: 100, responses: { '1xx': 100 }, abandoned: 0 })
    expect(web().members[0]).to.include({ succeeded: 100, failed: 0 })
  })

  it('break when the server dies, and reach its end when the client does', async () => {
    await start()
    const first = await dial()
    for (const socket of server.clients) socket.terminate()
    const [code] = await once(first, 'close')
    expect(code).to.equal(1006)
    const second = await dial()
    const [there] = [...server.clients]
    const gone = once(there!, 'close')
    second.terminate()
    expect((await gone)[0]).to.equal(1006)
    await comesToRest(sidecar)
  })

  it('go on while the sidecar drains, until the grace is over', async () => {
    await start()
    const socket = await dial()
    socket.on('error', () => {})
    const drained = sidecar.drain(300)
    socket.send('still here')
    expect(String((await once(socket, 'message'))[0])).to.equal('still here')
    const closed = once(socket, 'close')
    expect(await drained).to.deep.equal({ cut: 1 })
    expect((await closed)[0]).to.equal(1006)
  })

  it('are refused by the app in its own words', async () => {
    await start()
    server.options.verifyClient = (_: unknown, answer: (ok: boolean, code: number, text: string) => void) =>
      answer(false, 401, 'not you')
    const socket = new WebSocket(`ws://${sidecar.address}/`)
    sockets.push(socket)
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }]
    expect(response.statusCode).to.equal(401)
    socket.on('error', () => {}).terminate()
    await comesToRest(sidecar)
  })

  it('are all that is upgraded to, and only where the service allows it', async () => {
    await start()
    expect(await seenBy('h2c')).not.to.have.any.keys('upgrade', 'connection', 'http2-settings')
    await start({ service: { upgrades: [] } })
    expect(await seenBy('websocket')).not.to.have.any.keys('upgrade', 'connection')
  })

  async function seenBy(protocol: string): Promise<object> {
    const client = await keep(openRaw(sidecar.address))
    const fields = `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABkAAQ\r\n`
    await client.send(`GET / HTTP/1.1\r\nHost: web\r\n${fields}\r\n`)
    const [answer] = await responses(client, ['GET'])
    return JSON.parse(answer!.body.toString())
  }
})
