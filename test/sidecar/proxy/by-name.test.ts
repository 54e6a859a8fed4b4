// The app's outbound calls, as real clients send them: Host, absolute-form, CONNECT; and the routes of a front.

import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { expect } from 'chai'
import { Agent, ProxyAgent, request } from 'undici'
import { call, closing, field, startApp, talk } from '../../support/clients.ts'
import { type Running, runSidecar } from '../../support/sidecar.ts'

describe('calls by name', () => {
  const keep = closing()
  let sidecar: Running

  beforeEach(async () => {
    const named = async (name: string) => {
      const app = await keep(
        startApp(({ method, url, headers }, response) => void response.end(`${name} ${method} ${url} ${headers.host}`)),
      )
      return { endpoints: [app.address] }
    }
    sidecar = await keep(runSidecar({ services: { orders: await named('orders'), shop: await named('shop') } }))
  })

  it('by the Host field, with undici', async () => {
    for (const host of ['orders', 'Orders', 'orders:80', 'orders.']) {
      const { statusCode, body } = await request(`${sidecar.url}/a?b`, {
        headers: { host },
        dispatcher: await pooled(),
      })
      expect([statusCode, await body.text()]).to.deep.equal([200, `orders GET /a?b ${host}`])
    }
    const { body } = await request(sidecar.url, { headers: { host: 'shop' }, dispatcher: await pooled() })
    expect(await body.text()).to.equal('shop GET / shop')
  })

  it('by absolute-form, as HTTP_PROXY clients do, with node:http', async () => {
    const reply = await call(sidecar.address, 'http://orders/a?b', { headers: { host: 'other' } })
    expect(reply.text).to.equal('orders GET /a?b orders')
    const posted = await call(sidecar.address, 'http://shop', { method: 'POST', body: 'x', headers: { host: 'shop' } })
    expect(posted.text).to.equal('shop POST / shop')
  })

  it('through CONNECT, several in one tunnel, with undici’s ProxyAgent', async () => {
    const dispatcher = await keep(new ProxyAgent({ uri: sidecar.url, proxyTunnel: true, connections: 1 }))
    for (let i = 0; i < 5; i++) {
      const { statusCode, body } = await request(`http://orders/${i}`, { dispatcher })
      expect([statusCode, await body.text()]).to.deep.equal([200, `orders GET /${i} orders`])
    }
    const other = await request('http://shop/', { dispatcher })
    expect(await other.body.text()).to.equal('shop GET / shop')
    // One tunnel per name.
    expect(sidecar.status().listeners[0]!.accepted).to.equal(2)
  })

  it('without a tunnel, with undici’s ProxyAgent', async () => {
    const dispatcher = await keep(new ProxyAgent({ uri: sidecar.url, proxyTunnel: false }))
    for (let i = 0; i < 3; i++) {
      const { body } = await request(`http://shop/${i}`, { dispatcher })
      expect(await body.text()).to.equal(`shop GET /${i} shop`)
    }
  })

  it('through CONNECT, with node:http', async () => {
    const connecting = httpRequest({ port: sidecar.port, method: 'CONNECT', path: 'orders:80', agent: false })
    const [response, socket] = await new Promise<[IncomingMessage, Socket]>((resolve, reject) => {
      connecting.on('connect', (response, socket) => resolve([response, socket])).on('error', reject)
      connecting.end()
    })
    expect(response.statusCode).to.equal(200)
    const text = await new Promise<string>((resolve, reject) => {
      const through = httpRequest(
        { createConnection: () => socket, path: '/x', headers: { host: 'whatever' } },
        reply => {
          let text = ''
          reply.on('data', chunk => (text += chunk)).on('end', () => resolve(text))
        },
      )
      through.on('error', reject).end()
    })
    // The tunnel has decided already.
    expect(text).to.equal('orders GET /x whatever')
    socket.destroy()
  })

  it('404 for a name that is none, 403 for a tunnel to it', async () => {
    const { statusCode, headers, body } = await request(sidecar.url, { headers: { host: 'nobody' } })
    await body.dump()
    expect([statusCode, headers['x-outrigger-reason']]).to.deep.equal([404, 'no-such-service'])
    expect((await call(sidecar.address, 'http://nobody/')).status).to.equal(404)
    const dispatcher = await keep(new ProxyAgent({ uri: sidecar.url, proxyTunnel: true }))
    const error: Error = await request('http://nobody/', { dispatcher }).then(
      () => expect.fail('it went on'),
      e => e,
    )
    expect(String(error.cause ?? error)).to.include('403')
    const [refused] = await talk(sidecar.address, 'CONNECT nobody:443 HTTP/1.1\r\nHost: nobody:443\r\n\r\n', ['GET'])
    expect([refused!.status, field(refused!, 'x-outrigger-reason')]).to.deep.equal([403, 'tunnel-refused'])
  })

  async function pooled(): Promise<Agent> {
    return keep(new Agent())
  }
})

describe('routes', () => {
  const keep = closing()

  it('go by host, then wildcard, then any, and by the longest prefix', async () => {
    const services: Record<string, object> = {}
    for (const name of ['api', 'pages', 'tenant', 'deep', 'rest']) {
      const app = await keep(startApp(({ url }, response) => void response.end(`${name} ${url}`)))
      services[name] = { endpoints: [app.address] }
    }
    const routes = [
      { host: 'shop.example', service: 'pages' },
      { host: 'shop.example', prefix: '/api', service: 'api' },
      { host: '*.shop.example', service: 'tenant' },
      { host: '*.eu.shop.example', service: 'deep' },
      { prefix: '/public', service: 'rest' },
    ]
    const sidecar = await keep(runSidecar({ services, listeners: [{ listen: '127.0.0.1:0', routes }] }))
    const ask = async (host: string, path: string) => {
      const { status, text } = await call(sidecar.address, path, { headers: { host } })
      return status === 200 ? text : status
    }
    expect(await ask('shop.example', '/')).to.equal('pages /')
    expect(await ask('Shop.Example:8080', '/api/x')).to.equal('api /api/x')
    expect(await ask('shop.example', '/api?x')).to.equal('api /api?x')
    expect(await ask('shop.example', '/apix')).to.equal('pages /apix')
    expect(await ask('a.shop.example', '/')).to.equal('tenant /')
    expect(await ask('a.b.shop.example', '/')).to.equal('tenant /')
    expect(await ask('a.eu.shop.example', '/')).to.equal('deep /')
    expect(await ask('other.example', '/public/x')).to.equal('rest /public/x')
    expect(await ask('other.example', '/private')).to.equal(404)
    expect(await ask('notshop.example', '/')).to.equal(404)
  })
})
