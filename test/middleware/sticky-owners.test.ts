// Owners that come, freeze, leave and die; instances that announce themselves in Redis, which goes away and comes back.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from 'chai'
import { Redis } from 'ioredis'
import { WebSocket } from 'ws'
import { sticky } from '../../middleware/index.ts'
import { sticky as forKoa } from '../../middleware/koa.ts'
import { createPins } from '../../middleware/pin.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { freePorts, type Instance, KEY, type Site, startInstance, startSite, Visitor } from '../support/sticky-site.ts'

const HEARTBEAT = 200
/** Until the last list is not relied on any more. */
const TRUST = HEARTBEAT * 15

describe('sticky: owners', () => {
  let redis: RedisServer
  let site: Site
  const options = (address: string) => ({ instance: { address }, redis: redis.url, heartbeat: HEARTBEAT })

  before(async () => {
    redis = await startRedis()
    site = await startSite(3, { kind: 'koa', options: (nth, addresses) => options(addresses[nth]!) })
  })
  after(async () => {
    await site.close()
    await redis.close()
  })

  const others = (owner: Instance) => site.instances.filter(each => each !== owner && each.child.connected)

  /** A client that lives at this instance. */
  async function settled(owner: Instance, who: string): Promise<Visitor> {
    const visitor = new Visitor(who)
    assert.deepInclude(await visitor.count(owner.address), { name: owner.name, count: 1 })
    assert.equal(visitor.pinned, 1)
    return visitor
  }

  it('are found by the address that they announce', async () => {
    const [owner] = site.instances
    const visitor = await settled(owner!, 'known')
    for (let count = 2; count < 8; count++)
      assert.deepInclude(await visitor.count(site.address), { name: owner!.name, count })
    assert.equal(visitor.pinned, 1)
    // A sidecar in front reads the same in it.
    const pins = createPins({ keys: [KEY], scope: 'app', idle: 60_000, life: 60_000 })
    const pin = pins.open(visitor.pin.split('=')[1]!, Date.now())
    assert.deepInclude(pin, { key: 0, id: pins.idOf(owner!.address, 0) })
  })

  it('are not those that somebody else has written without an address', async () => {
    const [first] = site.instances
    const client = new Redis(redis.url)
    const pins = createPins({ keys: [KEY], scope: 'app', idle: 60_000, life: 60_000 })
    try {
      for (const address of ['nowhere', '127.0.0.1:99999', '']) {
        await client.hset('outrigger:sticky:app', 'bad', `${Date.now() + 60_000} run ${address}`)
        await sleep(2 * HEARTBEAT)
        const visitor = new Visitor('poisoned')
        visitor.pin = `outrigger_pin=${pins.seal('bad', Date.now(), Date.now())}`
        assert.equal((await visitor.count(first!.address)).name, first!.name)
      }
    } finally {
      await client.hdel('outrigger:sticky:app', 'bad')
      client.disconnect()
    }
  })

  it('are found at once when they have just come', async () => {
    const [port] = await freePorts(1)
    const late = await startInstance(port!, options(`127.0.0.1:${port}`), { drains: { delay: 400, grace: 5_000 } })
    const visitor = await settled(late, 'late')
    for (const { address } of others(late)) assert.equal((await visitor.count(address)).name, late.name)
    site.add(late)
  })

  it('keep their clients while they drain, take no new ones, and are replaced when they have left', async () => {
    const late = site.instances.at(-1)!
    const visitor = await settled(late, 'drained')
    const [other] = others(late)
    late.child.kill('SIGTERM')
    await sleep(100)
    const count = JSON.parse((await visitor.ask(other!.address)).text)
    assert.deepInclude(count, { name: late.name, count: 2 })
    const fresh = new Visitor('fresh')
    assert.equal((await fresh.ask(late.address)).status, 200)
    assert.equal(fresh.pinned, 0)
    if (late.child.exitCode === null) await once(late.child, 'exit')
    assert.deepInclude(await visitor.count(other!.address), { name: other!.name, count: 1 })
    assert.equal(visitor.pinned, 2)
  })

  it('are replaced when they freeze, also for a request that waits for its answer', async () => {
    const [owner] = site.instances
    const visitor = await settled(owner!, 'frozen')
    const [other] = others(owner!)
    owner!.child.kill('SIGSTOP')
    try {
      assert.deepInclude(await visitor.count(other!.address), { name: other!.name, count: 1 })
    } finally {
      owner!.child.kill('SIGCONT')
    }
    assert.deepInclude(await visitor.count(other!.address), { name: other!.name, count: 2 })
  })

  it('are asked while Redis is away for a moment; then clients are served where they come, and keep their pins', async () => {
    const [, owner] = site.instances
    const visitor = await settled(owner!, 'patient')
    const [other] = others(owner!)
    assert.deepInclude(await visitor.count(other!.address), { name: owner!.name, count: 2 })
    await redis.kill()
    assert.deepInclude(await visitor.count(other!.address), { name: owner!.name, count: 3 })
    await sleep(TRUST + 200)
    assert.deepInclude(await visitor.count(other!.address), { name: other!.name, count: 1 })
    const fresh = new Visitor('fresh')
    await fresh.count(other!.address)
    assert.deepEqual([visitor.pinned, fresh.pinned], [1, 0])
    await redis.start()
    const deadline = performance.now() + 10_000
    while ((await visitor.count(other!.address)).name !== owner!.name) {
      assert.isBelow(performance.now(), deadline)
      await sleep(50)
    }
    assert.equal(visitor.pinned, 1)
    // All of them are back when all of them pin again.
    for (const { address } of site.instances.filter(({ child }) => child.connected))
      for (const probe = new Visitor('probe'); probe.pinned === 0; await sleep(20)) {
        assert.isBelow(performance.now(), deadline)
        await probe.count(address)
      }
  })

  it('are killed, and no GET fails, nor what can be repeated; what cannot is a 502, and half an answer stays half', async () => {
    const [, , owner] = site.instances
    const [other] = others(owner!)
    const at = other!.address
    const [load, put, post, half, socketed] = await Promise.all(
      ['load', 'put', 'post', 'half', 'socket'].map(who => settled(owner!, who)),
    )
    const body = 'to be read twice'
    const hanging = async (visitor: Visitor, method: string) => {
      const hangs = owner!.said('hangs')
      const reply = visitor.ask(at, `/hash?hangs=${owner!.name}`, { method, body })
      await hangs
      return () => reply
    }
    const putting = await hanging(put!, 'PUT')
    const posting = await hanging(post!, 'POST')
    const begun = owner!.said('half')
    const broken = half!.ask(at, '/half').then(
      () => 'whole',
      () => 'broken',
    )
    await begun
    const socket = new WebSocket(`ws://${at}/`, { headers: { cookie: socketed!.pin } })
    assert.equal(JSON.parse(String((await once(socket, 'message'))[0])).name, owner!.name)
    const closed = once(socket, 'close')

    const replies: { name: string; count: number }[] = []
    let killed = false
    const asking = (async () => {
      // What comes to the dying one itself is lost with it: that is its balancer's to see to.
      for (let left = 12; left > 0; left -= killed ? 1 : 0)
        replies.push(await load!.count(others(owner!)[left % 2]!.address))
    })()
    await sleep(100)
    await owner!.kill()
    killed = true
    await asking
    const homes = replies.map(({ name }) => name)
    const home = homes.at(-1)!
    assert.notEqual(home, owner!.name)
    // In one go, and once.
    assert.deepEqual([...new Set(homes)], [owner!.name, home])
    assert.deepEqual(
      replies.filter(({ name }) => name === home).map(({ count }) => count),
      homes.filter(name => name === home).map((_, nth) => nth + 1),
    )

    const put200 = await putting()
    assert.deepEqual([put200.status, put200.text], [200, createHash('sha1').update(body).digest('hex')])
    assert.equal(put!.pinned, 2)
    const { status } = await posting()
    assert.equal(status, 502)
    assert.equal(await broken, 'broken')
    assert.equal((await closed)[0], 1006)

    // The handshake moves the client too.
    const again = new WebSocket(`ws://${at}/`, { headers: { cookie: socketed!.pin } })
    const [[{ headers }], [hello]] = await Promise.all([once(again, 'upgrade'), once(again, 'message')])
    assert.equal(JSON.parse(String(hello)).name, other!.name)
    assert.match(String(headers['set-cookie']), /^outrigger_pin=/)
    again.terminate()
  })
})

describe('sticky: options', () => {
  const instance = { address: '127.0.0.1:1' }
  const redis = 'redis://127.0.0.1:1'
  for (const [options, message] of [
    [undefined, /options must be an object, not undefined/],
    [{}, /^sticky: key is needed, at least 16 characters; make one with: openssl rand -base64 32$/],
    [{ instance, redis }, /key is needed/],
    [{ key: 7, instance, redis }, /key must be a string or several, not 7/],
    [{ kye: 'k', instance, redis }, /^sticky: "kye" is no option; did you mean key\?$/],
    [{ key: 'short', instance, redis }, /key is 5 characters long, at least 16/],
    [{ key: [], instance, redis }, /key is an empty list/],
    [{ key: KEY, instance }, /redis or instances is needed/],
    [{ key: KEY, instance, redis, instances: {} }, /either redis or instances, not both/],
    [{ key: KEY, redis }, /instance\.address is needed: host:port/],
    [
      { key: KEY, redis, instance: { address: '3000' } },
      /instance\.address must be host:port or unix:\/path, not "3000"/,
    ],
    [
      { key: KEY, redis, instance: { address: 'undefined:3000' } },
      /instance\.address has no host: "undefined:3000"; is/,
    ],
    [{ key: KEY, redis, instance: { address: ':3000' } }, /instance\.address has no host/],
    [{ key: KEY, redis, instance: { ...instance, name: 'a b' } }, /instance\.name must be visible ASCII/],
    [{ key: KEY, instances: { a: 'nowhere' }, instance: { name: 'a' } }, /instances\.a must be host:port/],
    [{ key: KEY, instances: { a: 'x:1' }, instance: { name: 'b' } }, /instance\.name must be one of instances, not b/],
    [
      { key: KEY, instance, redis, heartbeat: '2s' },
      /heartbeat must be milliseconds above 0 and at most 2147483647, not "2s"/,
    ],
    [{ key: KEY, instance, redis, timeout: 2 ** 31 }, /timeout must be milliseconds above 0 and at most 2147483647/],
    [{ key: KEY, instance, redis, idle: 0 }, /idle must be milliseconds above 0, not 0/],
    [{ key: KEY, instance, redis, name: 'a;b' }, /name must be that of a cookie/],
  ] as const)
    it(`refuses: ${String(message)}`, () => {
      assert.throws(() => sticky(options as never), TypeError, message)
    })

  it('are the same for Koa', () => assert.equal(forKoa, sticky))
})
