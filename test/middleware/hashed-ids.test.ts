import { createRequire } from 'node:module'
import { assert } from 'chai'
import { sign } from 'cookie-signature'
import type express from 'express'
import { hashedIds, storedId } from '../../middleware/hardening/hashed-ids.ts'
import { sessions } from '../../middleware/index.ts'
import { MemoryStore } from '../../middleware/stores/memory-store.ts'
import { closing, startApp } from '../support/clients.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { type Answer, ours, SECRET, type Site } from './contenders.ts'

const expressSession = createRequire(import.meta.url)('express-session')

describe('hashed ids', () => {
  let redis: RedisServer
  const open = closing()
  before(async () => {
    redis = await startRedis()
  })
  beforeEach(() => redis.client.flushall())
  after(() => redis.close())

  const promised = (start: (done: (error: any, value?: any) => void) => void) =>
    new Promise<any>((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value))))
  const routes = (app: express.Express) => {
    app.get('/set/:key', (req: any, res) => {
      req.session[req.params.key] = 1
      res.send(req.sessionID)
    })
    app.get('/update', async (req: any, res) => {
      await req.session.update((data: any) => {
        data.count = (data.count ?? 0) + 1
      })
      res.send()
    })
    app.get('/regenerate', (req: any, res) => req.session.regenerate({ keep: true }, () => res.send()))
    app.get('/logout', (req: any, res) => req.session.destroy(() => res.send()))
    app.get('/', (req: any, res) => void res.send(Object.keys(req.session).slice(1).join()))
    app.get('/store/:method', async (req: any, res) => {
      const { sessionStore: store } = req
      const { method } = req.params
      const id = req.query.id ?? req.sessionID
      if (method === 'set') await promised(done => store.set(id, { ...req.session, byApp: 1 }, done))
      else if (method === 'load')
        return res.json(
          await promised(done =>
            store.load(id, (error: any, session: any) => done(error, session && [session.id === id, session.user])),
          ),
        )
      else if (method === 'all' || method === 'length') return res.json(await promised(done => store[method](done)))
      else
        return res.json(
          (await promised(done => store[method](id, method === 'touch' ? req.session : done, done))) ?? null,
        )
      res.send()
    })
  }
  const serve = (options: object) => open(ours.serve(redis.url, routes, options))
  const keys = async () => (await redis.client.keys('*')).sort()
  const keysOf = async (site: Site, from: Answer) => (await site.get('/', from)).text

  it('leave no id in Redis, and what is there is no id to us', async () => {
    for (const hashIds of [true, 'only']) {
      await redis.client.flushall()
      const site = await serve({ hashIds })
      const first = await site.get('/set/user')
      const [key] = await keys()
      assert.equal(key, `sess:${storedId(first.text)}`)
      assert.match(key!, /^sess:sha256\.[\w-]{43}$/)
      assert.notInclude((await redis.client.get(key!))!, first.text)
      assert.equal(await keysOf(site, first), 'user')
      // Who has a dump and the secret as well.
      for (const mode of [true, 'read', 'only']) {
        const other = await serve({ hashIds: mode })
        assert.equal(await keysOf(other, first), 'user')
        const forged = `connect.sid=${encodeURIComponent(`s:${sign(key!.slice(5), SECRET)}`)}`
        assert.equal((await other.get('/', forged)).text, '', String(mode))
      }
    }
  })

  it('cost no command, but for an id that nobody knows, and a logout', async () => {
    const costs = async (options: object) => {
      const site = await serve(options)
      const first = await site.get('/set/a')
      await site.get('/set/b', first)
      const unknown = `connect.sid=${encodeURIComponent(`s:${sign('nobody', SECRET)}`)}`
      return [
        await redis.counting(() => site.get('/', first)),
        await redis.counting(() => site.get('/set/c', first)),
        await redis.counting(() => site.get('/set/a')),
        await redis.counting(() => site.get('/update', first)),
        await redis.counting(() => site.get('/', unknown)),
        await redis.counting(() => site.get('/logout', first)),
      ]
    }
    const plain = await costs({})
    assert.deepEqual(await costs({ hashIds: 'only' }), plain)
    const more = [...plain.slice(0, 4), { getex: 1, get: 1 }, { getex: 1, del: 2 }]
    assert.deepEqual(await costs({ hashIds: true }), more)
    assert.deepEqual(await costs({ hashIds: 'read' }), [...plain.slice(0, 4), { getex: 2 }, { getex: 1, del: 2 }])
  })

  for (const encrypt of [false, Buffer.alloc(32, 1)] as const) {
    it(`take over the sessions that are there${encrypt ? ', encrypting them' : ''}`, async () => {
      const old = await serve({})
      const first = await old.get('/set/a')
      const site = await serve({ hashIds: true, encrypt })
      const reading = await serve({ hashIds: 'read', encrypt: encrypt && ['plaintext', encrypt] })
      await reading.get('/set/b', first)
      assert.deepEqual(await keys(), [`sess:${first.text}`])
      assert.equal(await keysOf(old, first), 'a,b')

      assert.equal(await keysOf(site, first), 'a,b')
      const hashed = `sess:${storedId(first.text)}`
      assert.equal((await redis.client.get(hashed))!.startsWith(encrypt ? 'v1.' : '{'), true)
      assert.approximately(await redis.client.pttl(hashed), 60_000, 2_000)
      // What is left of it says nothing of the session, and is gone soon.
      assert.isAtMost(await redis.client.pttl(`sess:${first.text}`), 30_000)
      assert.notInclude((await redis.client.get(`sess:${first.text}`))!, 'cookie')

      for (const each of [reading, site, reading]) await each.get('/update', first)
      assert.equal(await keysOf(reading, first), 'a,b,count')
      await redis.client.del(`sess:${first.text}`)
      await reading.get('/set/c', first)
      assert.equal(await keysOf(site, first), 'a,b,count,c')
      assert.deepEqual(await keys(), [hashed])
      await reading.get('/logout', first)
      assert.isEmpty(await keys())
    })
  }

  it('take commands that a Cluster takes', async () => {
    // Of itself it would choose its port plus 10000, which may be none.
    const bus = await open(startApp(() => {}))
    await bus.close()
    const settings = { 'cluster-enabled': 'yes', 'cluster-port': bus.port, 'cluster-announce-ip': '127.0.0.1' }
    const node = await open(startRedis(...Object.entries(settings).flatMap(([key, value]) => [`--${key}`, `${value}`])))
    await node.client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    const up = async () => String(await node.client.call('CLUSTER', 'INFO')).includes('cluster_state:ok')
    while (!(await up())) await new Promise(resolve => setTimeout(resolve, 20))
    const cluster = { redis: [{ host: '127.0.0.1', port: node.port }], deadline: 2_000 }
    const old = await serve(cluster)
    const first = await old.get('/set/a')
    const site = await serve({ ...cluster, hashIds: true, encrypt: Buffer.alloc(32, 1) })
    await site.get('/set/b', first)
    await site.get('/update', first)
    assert.equal(await keysOf(site, first), 'a,b,count')
    assert.equal(
      await keysOf(await serve({ ...cluster, hashIds: 'read', encrypt: Buffer.alloc(32, 1) }), first),
      'a,b,count',
    )
    assert.equal((await site.get('/logout', first)).status, 200)
    assert.equal(await node.client.dbsize(), 0)
  })

  it('let nobody be logged out who comes while three servers change over', async () => {
    const old = await serve({})
    const servers = [await serve({ hashIds: true }), await serve({ hashIds: true }), await serve({ hashIds: 'read' })]
    for (let round = 0; round < 5; round++) {
      const first = await old.get('/set/start')
      const all = (path: string) =>
        Promise.all(Array.from({ length: 18 }, (_, nth) => servers[nth % 3]!.get(path.replace('*', `k${nth}`), first)))
      for (const { status, text } of await all('/set/*')) assert.deepEqual([status, text], [200, first.text])
      for (const { status } of await all('/update')) assert.equal(status, 200)
      assert.lengthOf((await keysOf(servers[0]!, first)).split(','), 20)
      // A logout, while others are at it: nothing is left, but for what is left of the move.
      const second = await old.get('/set/start')
      await Promise.all([
        ...servers.map(site => site.get('/set/x', second)),
        servers[round % 3]!.get('/logout', second),
      ])
      for (const site of servers) assert.equal(await keysOf(site, second), '')
    }
  })

  it('keep working through regenerate, and drop what is not a session', async () => {
    const site = await serve({ hashIds: true })
    const first = await site.get('/set/a')
    const second = await site.get('/regenerate', first)
    assert.equal(await keysOf(site, second), 'a')
    assert.deepEqual([(await keys()).length, await keysOf(site, first)], [1, ''])
    const id = decodeURIComponent(second.cookie!.split('=')[1]!).slice(2).split('.')[0]!
    await redis.client.flushall()
    await redis.client.set(`sess:${id}`, '{"cookie":')
    assert.equal(await keysOf(site, second), '')
    assert.equal(await redis.client.get(`sess:${id}`), '{"cookie":')
  })

  it('tell whether there was a session to end, under either key', async () => {
    const { driver } = new MemoryStore()
    for (const mode of [true, 'read'] as const) {
      const hashed = hashedIds(driver, mode)
      for (const key of ['a', storedId('a')]) {
        await driver.create(key, { json: '{"cookie":{}}', life: 60_000, session: undefined as never })
        assert.isTrue(await hashed.destroy('a'), key)
        assert.isFalse(await hashed.destroy('a'), key)
      }
    }
  })

  for (const options of [
    { hashIds: true },
    { hashIds: 'read', encrypt: 'a passphrase of good length' },
    { hashIds: 'only' },
  ]) {
    it(`req.sessionStore takes ids, and those that all() names (${options.hashIds})`, async () => {
      const site = await serve(options)
      const [ada, bob] = [await site.get('/set/user'), await site.get('/set/user')]
      const ask = async (method: string, id?: string) =>
        (await site.get(`/store/${method}${id ? `?id=${id}` : ''}`, ada)).text
      assert.equal(JSON.parse(await ask('get')).user, 1)
      assert.isAbove(Date.parse(JSON.parse(await ask('get')).cookie.expires), Date.now() + 50_000)
      assert.deepEqual(JSON.parse(await ask('load')), [true, 1])
      assert.equal(await ask('touch'), 'null')
      assert.equal(await ask('length'), '2')
      await ask('set')
      assert.equal(await keysOf(site, ada), 'user,byApp')
      const all = JSON.parse(await ask('all'))
      assert.deepEqual(
        all.map(({ user }: any) => user),
        [1, 1],
      )
      const [other] = all.filter((each: any) => !each.byApp)
      await ask('destroy', other.id)
      assert.equal(await keysOf(site, bob), '')
      await ask('destroy', ada.text)
      assert.isEmpty(await keys())
      assert.equal(await ask('get', 'nobody'), 'null')
    })
  }

  it('work on a store of express-session, where the later of two wins as ever', async () => {
    const store = new expressSession.MemoryStore()
    const old = await serve({ redis: undefined, store })
    const first = await old.get('/set/a')
    const site = await serve({ redis: undefined, store, hashIds: true })
    assert.equal(await keysOf(site, first), 'a')
    assert.deepEqual(Object.keys(store.sessions), [storedId(first.text)])
    await site.get('/set/b', first)
    assert.equal(await keysOf(site, first), 'a,b')
    await site.get('/logout', first)
    assert.isEmpty(Object.keys(store.sessions))
    assert.equal(await keysOf(site, first), '')
  })

  it('cost nothing when off: the store is the store', async () => {
    const store = new MemoryStore()
    assert.equal(sessions({ secret: SECRET, resave: false, saveUninitialized: false, store }).store, store)
  })

  it('refuse other values, and stores that cannot', () => {
    const start = (options: object) => () =>
      sessions({ secret: SECRET, resave: false, saveUninitialized: false, ...options })
    assert.throws(
      start({ hashIds: 'yes' }),
      TypeError,
      /^hashIds option must be true, false, 'read' or 'only', not "yes"/,
    )
    const store = new expressSession.MemoryStore()
    assert.throws(start({ hashIds: 'read', store }), TypeError, /^hashIds: 'read' needs redis/)
  })
})
