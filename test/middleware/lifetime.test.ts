import { createRequire } from 'node:module'
import { assert } from 'chai'
import type express from 'express'
import { sessions } from '../../middleware/index.ts'
import { closing } from '../support/clients.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { type Answer, type Contender, ours, type Site, theirs } from './contenders.ts'

const expressSession = createRequire(import.meta.url)('express-session')
const STAMP = '__created'

describe('lifetime', () => {
  let redis: RedisServer
  const open = closing()
  before(async () => {
    redis = await startRedis()
  })
  beforeEach(() => redis.client.flushall())
  after(() => redis.close())

  const routes = (app: express.Express) => {
    app.get('/set/:key', (req: any, res) => {
      req.session[req.params.key] = 1
      res.send(Object.keys(req.session).join())
    })
    app.get('/update', async (req: any, res) => {
      const seen = await req.session.update((data: any) => {
        data.count = (data.count ?? 0) + 1
        return Object.keys(data).join()
      })
      res.send(seen)
    })
    app.get('/reload', async (req: any, res) => {
      await req.session.reload()
      res.send(Object.keys(req.session).join())
    })
    app.get('/regenerate', async (req: any, res) => {
      await req.session.regenerate({ keep: true })
      res.send(Object.keys(req.session).join())
    })
    app.get('/', (req: any, res) => void res.send(Object.keys(req.session).join()))
  }
  const serve = (options: object, contender: Contender = ours) => open(contender.serve(redis.url, routes, options))
  const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
  const keyOf = async () => (await redis.client.keys('*'))[0]!
  const left = async () => redis.client.pttl(await keyOf())
  const stored = async () => JSON.parse((await redis.client.get(await keyOf()))!)
  const ago = async (ms: number) => {
    const key = await keyOf()
    const session = { ...(await stored()), [STAMP]: Date.now() - ms }
    await redis.client.set(key, JSON.stringify(session), 'KEEPTTL')
  }
  const inProcess = { redis: undefined }

  it('a long session that a new process reads first by a stream without an end keeps its length', async () => {
    const streams = (app: express.Express) => {
      app.get('/long', (req: any, res) => {
        req.session.cookie.maxAge = 3_600_000
        req.session.user = 'ada'
        res.send()
      })
      app.get('/events', (_, res) => void res.write('data: 1\n\n'))
    }
    const first = await (await open(ours.serve(redis.url, streams))).get('/long')
    const restarted = await open(ours.serve(redis.url, streams))
    const url = `http://${restarted.address}/events`
    const events = await fetch(url, { headers: { cookie: first.cookie! } })
    while ((await left()) < 3_000_000) await pause(5)
    await events.body!.cancel()
  })

  const keys = async (site: Site, from: Answer) => (await site.get('/', from)).text

  it('idle: sessions live in the store for so long after their last use, whatever the cookie says', async () => {
    for (const maxAge of [5_000, 86_400_000, null]) {
      await redis.client.flushall()
      const site = await serve({ cookie: { maxAge }, lifetime: { idle: 60_000 } })
      const first = await site.get('/set/a')
      const life = async () => assert.approximately(await left(), 60_000, 3_000)
      await life()
      await redis.client.pexpire(await keyOf(), 1_000)
      assert.deepEqual(await redis.counting(() => site.get('/', first)), { getex: 1 })
      await life()
      for (const path of ['/set/b', '/update', '/set/b']) {
        await redis.client.pexpire(await keyOf(), 1_000)
        await site.get(path, first)
        await life()
      }
      assert.notProperty(await stored(), STAMP)
    }
  })

  for (const [where, options] of [
    ['redis', {}],
    ['in the process', inProcess],
  ] as const) {
    it(`idle: then they are gone, but not while they are used (${where})`, async () => {
      const site = await serve({ ...options, lifetime: { idle: 300 } })
      const first = await site.get('/set/a')
      for (let nth = 0; nth < 5; nth++) {
        await pause(100)
        assert.equal(await keys(site, first), 'cookie,a')
      }
      await pause(350)
      assert.equal(await keys(site, first), 'cookie')
    })

    it(`absolute: they are gone then, however busy (${where})`, async () => {
      const site = await serve({ ...options, lifetime: { absolute: 400 } })
      const start = Date.now()
      const first = await site.get('/set/a')
      for (let nth = 0; Date.now() - start < 300; nth++) {
        const { text } = await site.get(nth % 2 ? '/' : '/set/b', first)
        if (Date.now() - start < 400) assert.match(text, /^cookie,a/)
        await pause(20)
      }
      await pause(Math.max(0, 420 - (Date.now() - start)))
      assert.equal(await keys(site, first), 'cookie')
    })
  }

  it('absolute: reload() does not find a session either that has ended meanwhile', async () => {
    const site = await open(
      ours.serve(
        redis.url,
        app => {
          app.get('/set', (req: any, res) => {
            req.session.a = 1
            res.send('set')
          })
          app.get('/', async (req: any, res) => {
            await ago(60_000)
            res.send(await req.session.reload().then(() => 'found', String))
          })
        },
        { lifetime: { absolute: 50_000 } },
      ),
    )
    await redis.client.flushall()
    const first = await site.get('/set')
    assert.equal((await site.get('/', first)).text, 'Error: failed to load session')
  })

  it('absolute: what is stored never lives longer, and only then reading costs a command more', async () => {
    const site = await serve({ lifetime: { absolute: 600_000 } })
    const first = await site.get('/set/a')
    assert.approximately(await left(), 60_000, 2_000)
    assert.deepEqual(await redis.counting(() => site.get('/', first)), { getex: 1 })
    await ago(570_000)
    for (const path of ['/', '/set/b', '/update', '/', '/set/b']) {
      await site.get(path, first)
      assert.approximately(await left(), 30_000, 2_000, path)
    }
    assert.deepEqual(await redis.counting(() => site.get('/', first)), { getex: 1, pexpire: 1 })
    await ago(600_001)
    assert.equal(await keys(site, first), 'cookie')
    assert.isEmpty(await redis.client.keys('*'))
  })

  it('absolute: both limits, and a new start by regenerate', async () => {
    const site = await serve({ lifetime: { idle: 50_000, absolute: 600_000 } })
    const first = await site.get('/set/a')
    await ago(590_000)
    await site.get('/', first)
    assert.approximately(await left(), 10_000, 2_000)
    const second = await site.get('/regenerate', first)
    assert.approximately(await left(), 50_000, 2_000)
    assert.approximately((await stored())[STAMP], Date.now(), 2_000)
    assert.equal(await keys(site, second), 'cookie,a')
  })

  it('absolute: the app never sees when its sessions were made', async () => {
    for (const options of [{}, inProcess, { redis: undefined, store: new expressSession.MemoryStore() }]) {
      const site = await serve({ ...options, lifetime: { absolute: 60_000 } })
      const first = await site.get('/set/a')
      assert.equal((await site.get('/set/b', first)).text, 'cookie,a,b')
      assert.notInclude((await site.get('/update', first)).text, STAMP)
      for (const path of ['/', '/reload']) assert.equal((await site.get(path, first)).text, 'cookie,a,b,count')
      assert.equal((await site.get('/regenerate', first)).text, 'cookie,a,b,count')
    }
    const site = await serve({ lifetime: { absolute: 60_000 } })
    const first = await site.get('/set/a')
    assert.equal(await keys(await serve({}), first), 'cookie,__created,a', 'when nobody counts, it is as any key')
  })

  it('absolute: sessions of before start now, once, also when another request writes at that moment', async () => {
    const before = await serve({})
    const first = await before.get('/set/a')
    assert.notProperty(await stored(), STAMP)
    const site = await serve({ lifetime: { absolute: 60_000 } })
    await Promise.all([
      site.get('/', first),
      site.get('/set/b', first),
      site.get('/update', first),
      site.get('/', first),
    ])
    const created = (await stored())[STAMP]
    assert.approximately(created, Date.now(), 2_000)
    await site.get('/set/c', first)
    assert.equal((await stored())[STAMP], created)
    assert.deepEqual(await redis.counting(() => site.get('/', first)), { getex: 1 })
    assert.equal((await keys(site, first)).split(',').sort().join(), 'a,b,c,cookie,count')
  })

  it('absolute: of two starts the one that is stored counts, and none gets lost in a merge', async () => {
    let stamp: number | undefined
    const site = await open(
      ours.serve(
        redis.url,
        app => {
          app.get('/save', async (req: any, res) => {
            const other = { ...(await stored()), ...(stamp && { [STAMP]: stamp }), other: 1 }
            await redis.client.set(await keyOf(), JSON.stringify(other), 'KEEPTTL')
            req.session.b = 1
            if (stamp) await req.session.save()
            res.send(Object.keys(req.session).join())
          })
        },
        { lifetime: { absolute: 60_000 } },
      ),
    )
    const first = await (await serve({})).get('/set/a')
    const plain = (await redis.client.get(await keyOf()))!
    assert.equal((await site.get('/save', first)).text, 'cookie,a,b')
    assert.containsAllKeys(await stored(), ['a', 'b', 'other'])
    assert.approximately((await stored())[STAMP], Date.now(), 2_000)
    await redis.client.set(await keyOf(), plain, 'KEEPTTL')
    stamp = Date.now() - 5_000
    assert.equal((await site.get('/save', first)).text, 'cookie,a,b,other')
    assert.equal((await stored())[STAMP], stamp)
  })

  it('absolute: the start survives servers of express-session that write the session', async () => {
    const site = await serve({ lifetime: { absolute: 60_000 } })
    const old = await serve({}, theirs)
    const first = await site.get('/set/a')
    const created = (await stored())[STAMP]
    await old.get('/set/b', first)
    assert.equal((await stored())[STAMP], created)
    assert.equal(await keys(site, first), 'cookie,a,b')
    assert.deepEqual(await redis.counting(() => site.get('/', first)), { getex: 1 })
    await ago(60_001)
    assert.equal(await keys(site, first), 'cookie')
  })

  it('absolute: holds for stores of express-session', async () => {
    const store = new expressSession.MemoryStore()
    const site = await serve({ redis: undefined, store, lifetime: { absolute: 60_000 } })
    const first = await site.get('/set/a')
    const [id] = Object.keys(store.sessions) as [string]
    const session = JSON.parse(store.sessions[id])
    assert.approximately(session[STAMP], Date.now(), 2_000)
    store.sessions[id] = JSON.stringify({ ...session, [STAMP]: Date.now() - 60_001 })
    assert.equal(await keys(site, first), 'cookie')
    assert.isEmpty(Object.keys(store.sessions))
  })

  it('works with hashed ids and encryption', async () => {
    const old = await serve({})
    const first = await old.get('/set/a')
    const options = { hashIds: true, encrypt: Buffer.alloc(32, 1), lifetime: { idle: 30_000, absolute: 40_000 } }
    const site = await serve(options)
    assert.equal(await keys(site, first), 'cookie,a')
    assert.equal(await keys(site, first), 'cookie,a')
    const [hashed] = (await redis.client.keys('sess:sha256*')) as [string]
    assert.approximately(await redis.client.pttl(hashed), 30_000, 2_000)
  })

  const bad: [unknown, RegExp][] = [
    [5, /^lifetime option must be an object such as .*, not number/],
    [null, /not null/],
    [{ idle: '30m' }, /^lifetime.idle must be milliseconds above 0, not string/],
    [{ absolute: 0 }, /^lifetime.absolute must be milliseconds above 0, not 0/],
    [{ absolute: Number.NaN }, /^lifetime.absolute/],
    [{ idel: 5 }, /^lifetime.idel is no option; there are idle and absolute/],
    [{ idle: 2_000, absolute: 1_000 }, /^lifetime.idle \(2000\) is longer than lifetime.absolute \(1000\)/],
  ]
  it('refuses what is no duration, and idle for stores that go by the cookie', () => {
    const start =
      (lifetime: unknown, options: object = {}) =>
      () =>
        sessions({
          secret: 'keyboard cat',
          resave: false,
          saveUninitialized: false,
          lifetime: lifetime as any,
          ...options,
        })
    for (const [lifetime, message] of bad) assert.throws(start(lifetime), TypeError, message)
    const store = new expressSession.MemoryStore()
    assert.throws(start({ idle: 5 }, { store }), TypeError, /^lifetime.idle needs redis/)
  })
})
