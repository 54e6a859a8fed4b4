// Who speaks to us and to whom we speak: unix sockets, HTTP/1.0, proxies before us that are believed or not.

import { lookup } from 'node:dns/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { expect } from 'chai'
import { call, closing, field, startApp, startNet, talk } from '../../support/clients.ts'
import { comesToRest, directory, inFrontOf, runSidecar } from '../../support/sidecar.ts'

describe('unix sockets', () => {
  const keep = closing()

  it('carry requests in and out', async () => {
    const { path } = await keep(directory())
    let headers: IncomingHttpHeaders = {}
    const app = await keep(
      startApp(
        (request, response) => {
          headers = request.headers
          request.pipe(response)
        },
        { path: join(path, 'app.sock') },
      ),
    )
    const sidecar = await keep(runSidecar(inFrontOf([app.address], {}, { listen: `unix:${join(path, 'in.sock')}` })))
    expect(sidecar.address).to.equal(`unix:${join(path, 'in.sock')}`)
    const body = 'x'.repeat(300_000)
    const reply = await call(sidecar.address, '/a', { method: 'PUT', body, headers: { 'x-forwarded-for': '10.0.0.1' } })
    expect(reply.text).to.equal(body)
    // A peer without an address has none to tell, and is still not believed by default.
    expect(headers).not.to.have.property('x-forwarded-for')
    expect(headers).to.include({ 'x-forwarded-proto': 'http', via: '1.1 outrigger' })
    await comesToRest(sidecar)
  })
})

describe('addresses', () => {
  const keep = closing()

  for (const host of ['127.0.0.1', '::1']) {
    it(`of endpoints may be names: localhost for ${host}`, async function () {
      const known = await lookup('localhost', { all: true })
      // Not every machine calls its IPv6 loopback localhost.
      if (!known.some(({ address }) => address === host)) this.skip()
      const app = await keep(startApp((request, response) => void request.pipe(response), { host }))
      const sidecar = await keep(runSidecar(inFrontOf([`localhost:${app.port}`])))
      const body = Buffer.alloc(500_000, 'content')
      for (let i = 0; i < 3; i++) {
        const reply = await call(sidecar.address, '/', { method: 'POST', body })
        expect(reply.body.equals(body)).to.equal(true)
      }
      expect(app.accepted).to.equal(1)
    })
  }

  it('may be IPv6 on both sides', async () => {
    const echo = startApp((request, response) => void response.end(request.headers['x-forwarded-for']), { host: '::1' })
    const sidecar = await keep(runSidecar(inFrontOf([(await keep(echo)).address], {}, { listen: '[::1]:0' })))
    expect((await call(sidecar.address)).text).to.equal('::1')
  })

  it('of names that are none are 502', async () => {
    const sidecar = await keep(runSidecar(inFrontOf(['no-such-host.invalid:80'])))
    const reply = await call(sidecar.address)
    expect([reply.status, reply.headers['x-outrigger-reason']]).to.deep.equal([502, 'name-unknown'])
    await comesToRest(sidecar)
  })
})

describe('HTTP/1.0 clients', () => {
  const keep = closing()

  async function start(answer: string) {
    let asked = ''
    const origin = await keep(
      startNet(socket => {
        socket.on('data', bytes => {
          asked += bytes
          if (answer.includes('Content-Length') || answer.includes('chunked')) socket.write(answer)
          else socket.end(answer)
        })
      }),
    )
    const sidecar = await keep(runSidecar(inFrontOf([origin.address])))
    return { sidecar, asked: () => asked }
  }

  it('get content as it is, and the end of the connection', async () => {
    const { sidecar, asked } = await start(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n',
    )
    const [answer] = await talk(sidecar.address, 'GET / HTTP/1.0\r\n\r\n')
    expect(answer!.body.toString()).to.equal('abc')
    expect(answer!.framing.kind).to.equal('close')
    expect(field(answer!, 'connection')).to.equal('close')
    // Without a Host of its own it gets the service's name: HTTP/1.1, which the endpoint is spoken to in, wants one.
    expect(asked()).to.match(/^GET \/ HTTP\/1\.1\r\n(?:.*\r\n)*Host: web\r\n/)
  })

  it('get no interim answers', async () => {
    const { sidecar } = await start(
      'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    )
    const [answer] = await talk(sidecar.address, 'GET / HTTP/1.0\r\nHost: web\r\n\r\n')
    expect(answer!.interim).to.deep.equal([])
    expect(answer!.body.toString()).to.equal('ok')
    const [modern] = await talk(sidecar.address, 'GET / HTTP/1.1\r\nHost: web\r\n\r\n')
    expect(modern!.interim.map(interim => interim.status)).to.deep.equal([103])
  })

  it('are kept when they ask for it', async () => {
    const { sidecar } = await start('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    const request = 'GET / HTTP/1.0\r\nHost: web\r\nConnection: keep-alive\r\n\r\n'
    const answers = await talk(sidecar.address, request + request, ['GET', 'GET'])
    expect(answers.map(answer => field(answer, 'connection'))).to.deep.equal(['keep-alive', 'keep-alive'])
  })
})

describe('X-Forwarded fields', () => {
  const keep = closing()
  const CLAIMS = {
    'x-forwarded-for': '1.1.1.1, 2.2.2.2',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'shop.example',
    forwarded: 'for=1.1.1.1',
  }

  /** What the app is told, and what `/status` would call the client, by the hash of which it is chosen. */
  async function told(trust: unknown, headers: Readonly<Record<string, string>> = CLAIMS) {
    const app = await keep(startApp((request, response) => void response.end(JSON.stringify(request.headers))))
    const seen: { client: string }[] = []
    const log = { info: (what: object) => void seen.push(what as { client: string }), warn() {}, error() {} }
    const config = inFrontOf([app.address], {}, trust === undefined ? {} : { trust })
    const sidecar = await keep(runSidecar({ ...config, log: { level: 'info', access: true } }, { log }))
    const { text } = await call(sidecar.address, '/', { headers: { host: 'web', ...headers } })
    const got = JSON.parse(text) as Record<string, string | undefined>
    return {
      for: got['x-forwarded-for'],
      proto: got['x-forwarded-proto'],
      host: got['x-forwarded-host'],
      forwarded: got.forwarded,
      client: seen.at(-1)!.client,
    }
  }

  it('are nobody’s to write by default', async () => {
    const replaced = { for: '127.0.0.1', proto: 'http', host: 'web', forwarded: undefined, client: '127.0.0.1' }
    expect(await told(undefined)).to.deep.equal(replaced)
    expect(await told(0)).to.deep.equal(replaced)
    expect(await told(['10.0.0.0/8', '::1'])).to.deep.equal(replaced)
    const spelled = { x_forwarded_for: '1.1.1.1', x_forwarded_host: 'evil', x_forwarded_proto: 'https' }
    expect(await told(0, spelled)).to.deep.equal(replaced)
  })

  const kept = { for: '1.1.1.1, 2.2.2.2, 127.0.0.1', proto: 'https', host: 'shop.example', forwarded: 'for=1.1.1.1' }

  it('are believed of as many hops as are trusted', async () => {
    expect(await told(1)).to.deep.equal({ ...kept, client: '2.2.2.2' })
    expect(await told(2)).to.deep.equal({ ...kept, client: '1.1.1.1' })
    expect(await told(9)).to.deep.equal({ ...kept, client: '1.1.1.1' })
  })

  it('are believed of trusted networks', async () => {
    expect(await told(['127.0.0.0/8'])).to.deep.equal({ ...kept, client: '2.2.2.2' })
    expect(await told(['127.0.0.1', '2.2.0.0/16'])).to.deep.equal({ ...kept, client: '1.1.1.1' })
  })

  it('are begun where there are none', async () => {
    const begun = { for: '127.0.0.1', proto: 'http', host: 'web', forwarded: undefined, client: '127.0.0.1' }
    expect(await told(1, {})).to.deep.equal(begun)
  })
})
