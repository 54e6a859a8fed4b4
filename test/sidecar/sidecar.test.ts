// The sidecar as a part of another program.

import { connect, createServer } from 'node:net'
import { expect } from 'chai'
import { BindError, parseConfig, type Settings, startSidecar } from '../../sidecar/index.ts'
import { call, closing, field, hostAndPort, responses, startApp, talk } from '../support/clients.ts'
import { openRaw, until } from '../support/raw.ts'
import { comesToRest, inFrontOf, runSidecar } from '../support/sidecar.ts'

const GET = 'GET / HTTP/1.1\r\nHost: web\r\n\r\n'

describe('startSidecar', () => {
  const keep = closing()

  it('opens all listeners, tells their addresses in order, and counts for each of them', async () => {
    const app = await keep(startApp((_, response) => void response.end('fine')))
    const listeners = [{ listen: '127.0.0.1:0' }, { listen: '[::1]:0', service: 'web' }, { listen: '127.0.0.1:0' }]
    const sidecar = await keep(
      runSidecar({ listeners, services: { web: { endpoints: [app.address] } }, admin: '127.0.0.1:0' }),
    )
    const [first, second, third] = sidecar.addresses
    expect(first).to.match(/^127\.0\.0\.1:\d+$/)
    expect(second).to.match(/^\[::1\]:\d+$/)
    expect(first).not.to.equal(third)
    await talk(first!, GET)
    await talk(second!, GET.replace('web', 'any'))
    await talk(third!, GET)
    await talk(third!, GET)
    const { listeners: told } = sidecar.status()
    expect(told.map(({ address, target, requests }) => [address, target, requests])).to.deep.equal([
      [first, 'by-name', 1],
      [second, 'service web', 1],
      [third, 'by-name', 2],
    ])
    expect(await sidecar.metrics()).to.include(`outrigger_listener_connections_accepted_total{listener="${third}"} 2`)
    expect((await call(sidecar.admin!, '/healthz')).status).to.equal(200)
  })

  it('leaves nothing open when it cannot open all', async () => {
    const other = createServer()
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    await keep(other)
    const { port: taken } = other.address() as { port: number }
    const free = await freePort()
    const listeners = [{ listen: `127.0.0.1:${free}` }, { listen: `127.0.0.1:${taken}` }]
    const config = { listeners, services: { web: { endpoints: ['127.0.0.1:1'] } } }
    const error = await runSidecar(config).then(
      () => undefined,
      error => error,
    )
    expect(error).to.be.instanceOf(BindError)
    expect(error.message.split('\n')).to.have.lengthOf(1)
    const again = await keep(runSidecar({ ...config, listeners: listeners.slice(0, 1) }))
    expect(again.port).to.equal(free)
  })

  it('drains: idle connections go, what is in flight ends', async () => {
    const { sidecar, answer } = await slow()
    const idle = await keep(openRaw(sidecar.address))
    const busy = await keep(openRaw(sidecar.address))
    await busy.send(GET)
    await until(() => sidecar.status().services[0]!.inFlight === 1)
    const drained = sidecar.drain(10_000)
    expect(sidecar.status().state).to.equal('draining')
    expect(await idle.until(() => idle.ending === 'fin')).to.equal(true)
    expect(await opens(sidecar.address)).to.equal(false)
    await answer()
    const [response] = await responses(busy, ['GET'])
    expect(field(response!, 'connection')).to.equal('close')
    idle.close()
    busy.close()
    expect(await drained).to.deep.equal({ cut: 0 })
  })

  it('with a delay: says close with each answer, and refuses nobody before it is over', async () => {
    const app = await keep(startApp((_, response) => void response.end('fine')))
    const sidecar = await keep(runSidecar(inFrontOf([app.address])))
    const idle = await keep(openRaw(sidecar.address))
    const kept = await keep(openRaw(sidecar.address))
    await kept.send(GET)
    await until(() => kept.bytes.length > 0)
    const drained = sidecar.drain(10_000, 400)
    expect(sidecar.status().state).to.equal('draining')
    const fresh = await keep(openRaw(sidecar.address))
    for (const client of [kept, fresh]) {
      await client.send(GET)
      expect(await client.until(() => client.ending === 'fin')).to.equal(true)
      const last = (await responses(client, client === kept ? ['GET', 'GET'] : ['GET'])).at(-1)!
      expect([last.status, field(last, 'connection')]).to.deep.equal([200, 'close'])
      client.close()
    }
    expect(idle.ending).to.equal('open')
    expect(await idle.until(() => idle.ending === 'fin')).to.equal(true)
    expect(await opens(sidecar.address)).to.equal(false)
    idle.close()
    expect(await drained).to.deep.equal({ cut: 0 })
  })

  it('cuts what outlives the grace, and says how much that was', async () => {
    const { app, sidecar } = await slow()
    const clients = await Promise.all([1, 2, 3, 4].map(() => keep(openRaw(sidecar.address))))
    await Promise.all(clients.slice(0, 2).map(client => client.send(GET)))
    await clients[2]!.send('GET / HT')
    await until(() => sidecar.status().services[0]!.inFlight === 2)
    expect(await sidecar.drain(150)).to.deep.equal({ cut: 3 })
    expect(await until(() => clients.every(client => client.ending !== 'open'))).to.equal(true)
    expect(await until(() => app.sockets.size === 0)).to.equal(true)
  })

  it('closes all at once, also what streams, waits or is idle upstream, and may be told so twice', async () => {
    const { app, sidecar, answer } = await slow({ limits: { inFlight: 2 } })
    const first = await keep(openRaw(sidecar.address))
    await first.send(GET)
    await until(() => sidecar.status().services[0]!.inFlight === 1)
    await answer()
    await responses(first, ['GET'])
    for (let i = 0; i < 3; i++) await (await keep(openRaw(sidecar.address))).send(GET)
    await until(() => sidecar.status().services[0]!.queued === 1)
    await Promise.all([sidecar.close(), sidecar.close()])
    await sidecar.close()
    expect(await until(() => app.sockets.size === 0)).to.equal(true)
    expect(sidecar.status().services[0]).to.include({ inFlight: 0, queued: 0 })
    expect(sidecar.status().listeners[0]).to.include({ connections: 0 })
  })

  it('survives a fault of its own, and tells the log, not the client', async () => {
    const app = await keep(startApp((_, response) => void response.end('fine')))
    const good = parseConfig(JSON.stringify({ ...inFrontOf([app.address]), admin: false }), 'test')
    // Nothing that a file can say: a key to hash by that has no name.
    const key = { from: 'header', name: undefined } as never
    const services = good.services.map(service => ({ ...service, balance: { name: 'hash' as const, key } }))
    const told: { err?: Error }[] = []
    const log = { info() {}, warn() {}, error: (what: object) => void told.push(what) }
    const sidecar = await keep(startSidecar({ ...good, services } satisfies Settings, { log }))
    for (let i = 0; i < 2; i++) {
      const [answer] = await talk(sidecar.addresses[0]!, GET)
      expect([answer!.status, field(answer!, 'x-outrigger-reason')]).to.deep.equal([500, 'internal-error'])
      expect(answer!.body.toString()).not.to.match(/TypeError|undefined|\.ts/)
    }
    expect(told.map(({ err }) => err?.name)).to.deep.equal(['TypeError', 'TypeError'])
    await comesToRest(sidecar)
  })

  it('says when it is ready, drains and has stopped', async () => {
    const told: string[] = []
    const log = { info: (_: object, message: string) => void told.push(message), warn() {}, error() {} }
    const sidecar = await runSidecar(inFrontOf(['127.0.0.1:1']), { log })
    await sidecar.drain()
    expect(told).to.deep.equal(['ready', 'draining', 'stopped'])
  })

  async function slow(service = {}) {
    const asked: (() => void)[] = []
    const app = await keep(startApp((_, response) => void asked.push(() => response.end('late'))))
    const sidecar = await keep(runSidecar(inFrontOf([app.address], service)))
    // The sidecar counts a request before the app has it.
    const answer = async () => {
      await until(() => asked.length > 0)
      asked.at(-1)!()
    }
    return { app, sidecar, answer }
  }
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

function opens(address: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(hostAndPort(address))
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
