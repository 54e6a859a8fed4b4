// Three instances that keep state in memory, behind a balancer that takes them in turn.

import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from 'chai'
import { WebSocket } from 'ws'
import { createPins } from '../../middleware/pin.ts'
import { hostAndPort } from '../support/clients.ts'
import { openRaw } from '../support/raw.ts'
import { type Instance, KEY, type Site, startSite, Visitor } from '../support/sticky-site.ts'

const listed = (nth: number, addresses: readonly string[]) => ({
  instance: { name: 'abc'[nth] },
  instances: Object.fromEntries(addresses.map((address, each) => ['abc'[each], address])),
})

describe('sticky', () => {
  let site: Site
  before(async () => {
    site = await startSite(3, { options: listed, continues: true })
  })
  after(() => site.close())

  /** A client that lives at an instance, and another instance. */
  async function settled(who: string): Promise<{ visitor: Visitor; owner: Instance; other: Instance }> {
    const visitor = new Visitor(who)
    const { name } = await visitor.count(site.address)
    const owner = site.instances.find(each => each.name === name)!
    return { visitor, owner, other: site.instances.find(each => each !== owner)! }
  }

  it('serves each client by its owner, wherever its requests come to', async () => {
    const visitors = Array.from({ length: 6 }, (_, nth) => new Visitor(`v${nth}`))
    const homes = new Set<string>()
    await Promise.all(
      visitors.map(async visitor => {
        const { name } = await visitor.count(site.address)
        homes.add(name)
        for (let count = 2; count <= 7; count++) assert.deepEqual(await at(visitor), { name, count })
        assert.equal(visitor.pinned, 1)
      }),
    )
    assert.equal(homes.size, 3)
    // The same without the pin: state is wherever the balancer says.
    const stateless = []
    for (let nth = 0; nth < 6; nth++) stateless.push((await new Visitor('one').count(site.address)).count)
    assert.deepEqual(stateless, [1, 1, 1, 2, 2, 2])
  })

  async function at(visitor: Visitor) {
    const { name, count } = await visitor.count(site.address)
    return { name, count }
  }

  it('shows the owner the client, as the first instance sees it', async () => {
    const { visitor, owner, other } = await settled('ip')
    const headers = {
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'https',
      connection: 'x-mine',
      'x-mine': '1',
    }
    for (const { address } of [owner, other]) {
      const seen = JSON.parse((await visitor.ask(address, '/seen', { headers })).text)
      assert.equal(seen.ip, '203.0.113.9')
      assert.equal(seen.headers['x-forwarded-for'], '203.0.113.9')
      assert.equal(seen.headers['x-forwarded-proto'], 'https')
      assert.notProperty(seen.headers, 'x-outrigger-forwarded')
    }
    const far = JSON.parse((await visitor.ask(other.address, '/seen', { headers })).text)
    assert.notProperty(far.headers, 'x-mine')
    assert.match(far.headers.via, /outrigger/)
    // The address of the socket: connections between instances come from 127.0.0.1.
    const { host, port } = hostAndPort(other.address)
    const [incoming] = await once(
      request({ host, port, path: '/seen', localAddress: '127.0.0.2', headers: { cookie: visitor.pin } }).end(),
      'response',
    )
    assert.equal(JSON.parse(await text(incoming)).socket, '127.0.0.2')
  })

  it('does not believe a header that a client has made up, nor one that was for another request', async () => {
    const { visitor, owner, other } = await settled('forger')
    for (const forged of [
      '1',
      'WzEsIjEiXQ.AAAAAAAAAAAAAAAAAAAAAA',
      `${Buffer.from(`[${Date.now()},"8.8.8.8",1,"IPv4",0]`).toString('base64url')}.${randomBytes(16).toString('base64url')}`,
    ]) {
      const { text } = await visitor.ask(other.address, '/seen', { headers: { 'x-outrigger-forwarded': forged } })
      const seen = JSON.parse(text)
      assert.equal(seen.socket, '127.0.0.1')
      assert.notProperty(seen.headers, 'x-outrigger-forwarded')
      const count = await visitor.ask(other.address, '/count?who=forger', {
        headers: { 'x-outrigger-forwarded': forged },
      })
      assert.equal(JSON.parse(count.text).name, owner.name)
    }
  })

  for (const framing of ['a length', 'chunks'])
    it(`relays large bodies both ways, with ${framing}`, async () => {
      const { visitor, owner, other } = await settled(`large ${framing}`)
      const body = randomBytes(5_000_000)
      const { host, port } = hostAndPort(other.address)
      const size = framing === 'chunks' ? {} : { 'content-length': body.length }
      const outgoing = request({ host, port, path: '/echo', method: 'POST', headers: { cookie: visitor.pin, ...size } })
      const answered = once(outgoing, 'response')
      for (let at = 0; at < body.length; at += 70_000) outgoing.write(body.subarray(at, at + 70_000))
      outgoing.end()
      const [incoming] = await answered
      const hash = createHash('sha1')
      for await (const chunk of incoming) hash.update(chunk)
      assert.equal(hash.digest('hex'), createHash('sha1').update(body).digest('hex'))
      assert.equal(incoming.headers['x-instance'], owner.name)
      assert.deepEqual(incoming.headers['set-cookie'], ['a=1', 'b=2'])
      assert.deepEqual(incoming.trailers, { 'x-end': 'whole' })
    })

  it('takes from the owner no more than the client takes, and tells it when the client leaves', async () => {
    const { visitor, owner, other } = await settled('slow')
    const before = JSON.parse((await visitor.ask(owner.address, '/seen')).text)
    const socket = connect(other.port, '127.0.0.1')
    socket.write(`GET /pour HTTP/1.1\r\nHost: x\r\nCookie: ${visitor.pin}\r\n\r\n`)
    await once(socket, 'readable')
    let poured = -1
    const look = async () => JSON.parse((await visitor.ask(owner.address, '/seen')).text)
    // Until it stands still.
    for (let now = 0; poured !== now; now = (await look()).bytes - before.bytes) {
      poured = now
      await sleep(150)
    }
    assert.isAbove(poured, 0)
    assert.isBelow(poured, 40_000_000)
    socket.destroy()
    for (let tries = 0; (await look()).aborted === before.aborted; tries++) {
      assert.isBelow(tries, 100)
      await sleep(20)
    }
  })

  it('takes from the client no more than the owner reads', async () => {
    const { visitor, owner, other } = await settled('upload')
    const unread = owner.said('unread')
    const socket = connect(other.port, '127.0.0.1')
    socket.write(`POST /unread HTTP/1.1\r\nHost: x\r\nCookie: ${visitor.pin}\r\nContent-Length: 1000000000\r\n\r\n`)
    await unread
    const chunk = Buffer.alloc(1_000_000)
    let sent = 0
    while (sent < 100_000_000) {
      sent += chunk.length
      if (!socket.write(chunk) && !(await Promise.race([once(socket, 'drain'), sleep(500, false)]))) break
    }
    assert.isBelow(sent, 40_000_000)
    socket.destroy()
  })

  it('lets the owner decide whether it wants the content', async () => {
    const { visitor, other, owner } = await settled('expects')
    for (const [path, wanted] of [
      ['/refuse', false],
      ['/hash', true],
    ] as const) {
      const client = await openRaw(other.address)
      await client.send(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nCookie: ${visitor.pin}\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n`,
      )
      await client.until(() => client.bytes.includes('\r\n\r\n'), 2_000)
      assert.equal(String(client.bytes).startsWith('HTTP/1.1 100 '), wanted)
      if (wanted) {
        await client.send('abc')
        await client.until(() => client.bytes.includes('a9993e364706816aba3e25717850c26c9cd0d89d'), 2_000)
      }
      assert.include(String(client.bytes), `X-Instance: ${owner.name}`)
      client.close()
    }
  })

  it('brings WebSockets to the owner', async () => {
    const { visitor, owner } = await settled('socket')
    for (let nth = 0; nth < 3; nth++) {
      const socket = new WebSocket(`ws://${site.address}/`, { headers: { cookie: visitor.pin } })
      const hello = JSON.parse(String((await once(socket, 'message'))[0]))
      assert.equal(hello.name, owner.name)
      const large = randomBytes(1_000_000)
      socket.send(large)
      assert.isTrue(large.equals((await once(socket, 'message'))[0]))
      socket.close(4000, 'enough')
      assert.equal((await once(socket, 'close'))[0], 4000)
    }
  })

  it('passes a request on once, also when two lists contradict each other', async () => {
    const crossed = await startSite(2, {
      // Each takes the other one for `lost`.
      options: (nth, addresses) => ({
        instance: { name: 'xy'[nth] },
        instances: { ['xy'[nth]!]: addresses[nth], lost: addresses[1 - nth] },
      }),
    })
    const pins = createPins({ keys: [KEY], scope: 'app', idle: 60_000, life: 60_000 })
    const visitor = new Visitor('loop')
    visitor.pin = `outrigger_pin=${pins.seal('lost', Date.now(), Date.now())}`
    assert.deepInclude(JSON.parse((await visitor.ask(crossed.instances[0]!.address)).text), { name: 'y', count: 1 })
    assert.equal(visitor.pinned, 1)
    const { forwarded, received } = await crossed.instances[1]!.counts()
    assert.deepEqual({ forwarded, received }, { forwarded: 0, received: 1 })
    await crossed.close()
  })

  it('says that it has to come before body parsers, at the first body', async () => {
    const wrong = await startSite(1, { options: listed, parsesFirst: true })
    const headers = { 'content-type': 'text/plain' }
    const { status, text } = await new Visitor('w').ask(wrong.address, '/hash', {
      method: 'POST',
      headers,
      body: 'abc',
    })
    assert.equal(status, 500)
    assert.equal(JSON.parse(text).code, 'ERR_STICKY_BODY_TAKEN')
    assert.equal((await new Visitor('w').ask(wrong.address, '/count')).status, 200)
    await wrong.close()
  })
})
