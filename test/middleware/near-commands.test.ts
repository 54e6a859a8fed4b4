// Over a real Redis: what a read costs, when it slides, and who sees what of a change, when.
import { assert } from 'chai'
import type express from 'express'
import { Redis } from 'ioredis'
import { RedisStore, type RedisStoreOptions, sessions } from '../../middleware/index.ts'
import { closing } from '../support/clients.ts'
import { pause, until } from '../support/raw.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { ours } from './contenders.ts'

describe('sessions from the process', () => {
  let redis: RedisServer
  const open = closing()
  before(async () => {
    redis = await startRedis()
  })
  beforeEach(() => redis.client.flushall())
  after(() => redis.close())

  const start = async (options: Partial<RedisStoreOptions> = {}) => {
    const store = await open(new RedisStore({ client: redis.url, nearCache: true, ...options }))
    assert.isTrue(await until(() => store.nearCache!.tracking))
    return store
  }
  const put = (id: string, data: object = {}, life = 60_000) =>
    redis.client.set(`sess:${id}`, JSON.stringify({ cookie: {}, ...data }), 'PX', life)
  const warm = async ({ driver, nearCache }: RedisStore, id: string, life?: number) => {
    const { hits } = nearCache!.counts
    for (let nth = 0; nth < 50 && nearCache!.counts.hits === hits; nth++) await driver.load(id, life)
    assert.isAbove(nearCache!.counts.hits, hits)
  }

  it('a read of what has not changed costs no command', async () => {
    const site = await open(
      ours.serve(
        redis.url,
        (app: express.Express) => {
          app.get('/set', (req: any, res) => {
            req.session.user = 'ada'
            res.send()
          })
          app.get('/get', (req: any, res) => {
            // What a handler does to its session is not seen by the next one.
            const user = String(req.session.user)
            if (req.query.spoil) req.session = { ...req.session, user: 'eve' }
            res.send(`${user} ${req.sessionStore.nearCache.counts.hits}`)
          })
        },
        { nearCache: true },
      ),
    )
    const first = await site.get('/set')
    await poll(async () => Number((await site.get('/get', first)).text.split(' ')[1]) > 0)
    const called = await redis.counting(async () => {
      for (let nth = 0; nth < 30; nth++) assert.match((await site.get('/get', first)).text, /^ada /)
    })
    // The beats are by the second, not by the request.
    assert.isAtMost(called.publish ?? 0, 3)
    delete called.publish
    delete called['client|getredir']
    assert.deepEqual(called, {})
  })

  it('reload() is answered by Redis, hardened or not', async () => {
    for (const hardened of [{}, { encrypt: 'x'.repeat(32) }, { hashIds: true }, { hashIds: 'read' }]) {
      const store = await start()
      const site = await open(
        ours.serve(
          redis.url,
          (app: express.Express) => {
            app.get('/set', (req: any, res) => {
              req.session.user = 'ada'
              res.send()
            })
            app.get('/get', (_, res) => void res.send(String(store.nearCache!.counts.hits)))
            app.get('/reload', async (req: any, res) => {
              const { hits } = store.nearCache!.counts
              await req.session.reload()
              res.send(`${req.session.user} ${store.nearCache!.counts.hits - hits}`)
            })
          },
          { redis: undefined, store, ...hardened },
        ),
      )
      const first = await site.get('/set')
      await poll(async () => Number((await site.get('/get', first)).text) > 0)
      assert.equal((await site.get('/reload', first)).text, 'ada 0', JSON.stringify(hardened))
    }
  })

  it('is off by default, and costs what it cost', async () => {
    const store = await open(new RedisStore(redis.url))
    await put('a')
    await store.driver.load('a', 60_000)
    const called = await redis.counting(async () => store.driver.load('a', 60_000))
    assert.deepEqual(called, { getex: 1 })
    assert.isUndefined(store.nearCache)
  })

  it('what another one changes or destroys is seen within a message', async () => {
    const [a, b] = [await start(), await start()]
    await put('a', { count: 0 })
    for (let count = 1; count <= 20; count++) {
      await warm(a, 'a', 60_000)
      const seen = (await b.driver.load('a', 60_000)) as string
      const json = JSON.stringify({ cookie: {}, count })
      assert.equal(await b.driver.replace('a', { json, life: 60_000 } as never, seen), 'saved')
      await poll(async () => (await a.driver.load('a', 60_000)) === json, 500)
    }
    await warm(a, 'a', 60_000)
    await b.driver.destroy('a')
    await poll(async () => (await a.driver.load('a', 60_000)) === undefined, 500)
    assert.isAtLeast(a.nearCache!.counts.invalidations, 20)
    assert.equal(a.nearCache!.counts.flushes, 0)
  })

  it('own changes are seen at once, by every way of making them', async () => {
    const store = await start()
    const { driver } = store
    const life = 60_000
    let json = JSON.stringify({ cookie: {}, count: 0 })
    let count = 0
    const next = () => JSON.stringify({ cookie: {}, count: ++count })
    await put('a', { count: 0 })
    const ways: Record<string, () => unknown> = {
      create: () => driver.create('a', { json: (json = next()), life } as never),
      async replace() {
        const seen = json
        json = next()
        assert.equal(await driver.replace('a', { json, life } as never, seen), 'saved')
      },
      claim: async () => (json = (await driver.claim!('a'))!),
      set() {
        json = next()
        return new Promise(done => store.set('a', JSON.parse(json), done))
      },
      destroy: async () => {
        await driver.destroy('a')
        json = undefined as never
      },
    }
    for (let round = 0; round < 5; round++) {
      for (const [way, change] of Object.entries(ways)) {
        if (json === undefined) json = (await put('a', { count })) && JSON.stringify({ cookie: {}, count })
        await warm(store, 'a', life)
        await change()
        assert.equal(await driver.load('a', life), json, way)
      }
    }
  })

  it('reload() asks Redis, and what it saw is what the next request sees', async () => {
    const store = await start()
    await put('a', { count: 1 })
    await warm(store, 'a')
    const { misses, hits } = store.nearCache!.counts
    const called = await redis.counting(async () => store.driver.load('a', undefined, true))
    assert.include(called, { get: 1 })
    await store.driver.load('a', undefined)
    assert.deepEqual([store.nearCache!.counts.misses, store.nearCache!.counts.hits], [misses, hits + 1])
  })

  it('slides when a tenth of the life is gone, and no session ends that is read', async () => {
    const life = 800
    const [a, b] = [await start(), await start()]
    await put('a', {}, life)
    let least = life
    let reads = 0
    const called = await redis.counting(async () => {
      const end = Date.now() + 1.3 * life
      while (Date.now() < end) {
        for (const { driver } of [a, b]) {
          assert.isString(await driver.load('a', life))
          await driver.touch('a', { life } as never)
          reads++
        }
        least = Math.min(least, await redis.client.pttl('sess:a'))
        await pause(3)
      }
    })
    assert.isAbove(least, life * 0.85 - 100)
    const slides = (called.getex ?? 0) + (called.pexpire ?? 0)
    assert.isBelow(slides, reads / 5)
    assert.isAbove(a.nearCache!.counts.hits, reads / 5)
    // And nothing keeps alive what nobody reads.
    await pause(life + 50)
    assert.isUndefined(await a.driver.load('a', life))
  })

  it('never serves a session past its end', async () => {
    const store = await start()
    await put('a', {}, 300)
    const began = performance.now()
    await warm(store, 'a')
    while ((await store.driver.load('a', undefined)) !== undefined) await pause(1)
    assert.isBelow(performance.now() - began, 300 + 100)
  })

  it('slides what has no end, and what has too long a life', async () => {
    const store = await start()
    await redis.client.set('sess:a', '{"cookie":{}}')
    await store.driver.load('a', 5_000)
    await poll(async () => (await redis.client.pttl('sess:a')) > 0)
    await redis.client.pexpire('sess:a', 100_000)
    await poll(async () => (await store.driver.load('a', 5_000)) !== '' && (await redis.client.pttl('sess:a')) <= 5_000)
  })

  it('lets each session age, and is empty when nobody asks', async () => {
    const store = await start({ nearCache: { maxAge: 100, maxSilence: 100 } })
    await put('a')
    await warm(store, 'a')
    const end = Date.now() + 250
    const { get = 0 } = await redis.counting(async () => {
      while (Date.now() < end) {
        await store.driver.load('a', undefined)
        await pause(2)
      }
    })
    assert.isAtLeast(get, 2)
    assert.isTrue(await until(() => store.nearCache!.sessions === 0))
    assert.equal(store.nearCache!.bytes, 0)
    const idle = await redis.counting(() => pause(150))
    assert.deepEqual(idle, {})
  })

  it('serves express-session’s get() too, with the expiry that Redis has', async () => {
    const store = await start()
    const expires = new Date(Date.now() + 10_000).toISOString()
    await put('a', { cookie: { expires }, user: 'ada' }, 60_000)
    const get = () =>
      new Promise<any>((done, failed) => store.get('a', (error, it) => (error ? failed(error) : done(it))))
    await warm(store, 'a')
    const { hits } = store.nearCache!.counts
    const found = await get()
    assert.equal(store.nearCache!.counts.hits, hits + 1)
    assert.equal(found.user, 'ada')
    assert.isAbove(new Date(found.cookie.expires).valueOf(), Date.now() + 55_000)
    // A handler's own copy.
    found.user = 'eve'
    assert.equal((await get()).user, 'ada')
  })

  it('loses no update of two servers, with update() and with assignments', async () => {
    const routes = (app: express.Express) => {
      app.get('/set/:key', (req: any, res) => {
        req.session[req.params.key] = 1
        res.send()
      })
      app.get('/count', async (req: any, res) => {
        await req.session.update((data: any) => {
          data.count = (data.count ?? 0) + 1
        })
        res.send()
      })
      app.get('/all', (req: any, res) => void res.json(req.session))
    }
    const [a, b] = [
      await open(ours.serve(redis.url, routes, { nearCache: true })),
      await open(ours.serve(redis.url, routes, { nearCache: true })),
    ]
    const first = await a.get('/set/start')
    for (let round = 0; round < 6; round++) {
      const both = [a, b].flatMap(site => [site.get(`/set/k${round}${site === a}`, first), site.get('/count', first)])
      for (const { status } of await Promise.all(both)) assert.equal(status, 200)
      await Promise.all([a.get('/all', first), b.get('/all', first)])
    }
    await poll(async () => JSON.parse((await a.get('/all', first)).text).count === 12)
    assert.lengthOf(Object.keys(JSON.parse((await a.get('/all', first)).text)), 1 + 1 + 1 + 12)
  })

  it('logout sticks: a session that another server destroyed is not written again', async () => {
    const routes = (app: express.Express) => {
      app.get('/set', (req: any, res) => {
        req.session.n = (req.session.n ?? 0) + 1
        res.send(String(req.session.n))
      })
      app.get('/get', (req: any, res) => void res.send(String(req.session.n)))
      app.get('/out', (req: any, res) => void req.session.destroy(() => res.send()))
    }
    const [a, b] = [
      await open(ours.serve(redis.url, routes, { nearCache: true })),
      await open(ours.serve(redis.url, routes, { nearCache: true })),
    ]
    const first = await a.get('/set')
    await b.get('/get', first)
    const key = `sess:${/s:([^.]+)/.exec(decodeURIComponent(first.cookie!))![1]}`
    assert.isString(await redis.client.get(key))
    await a.get('/out', first)
    await b.get('/set', first)
    assert.isNull(await redis.client.get(key))
  })

  it('works with an instance that was given, and its keyPrefix', async () => {
    const client = new Redis(redis.url, { keyPrefix: 'app:' })
    const store = await start({ client })
    await store.driver.create('a', { json: '{"cookie":{}}', life: 60_000 } as never)
    await warm(store, 'a')
    // By the app itself, on the very connection that reads.
    await client.del('sess:a')
    await poll(async () => (await store.driver.load('a', undefined)) === undefined, 500)
    // Its end is the end of the second connection, too.
    client.disconnect()
    await poll(async () => !/name=.*cmd=subscribe/.test(String(await redis.client.client('LIST'))))
  })

  it('does not know keys that Redis would spell otherwise', async () => {
    const store = await start()
    const id = 'a\ud800'
    await store.driver.create(id, { json: '{"cookie":{}}', life: 60_000 } as never)
    for (let nth = 0; nth < 3; nth++) assert.isString(await store.driver.load(id, undefined))
    assert.equal(store.nearCache!.counts.hits, 0)
  })

  it('says what is wrong with its options, and opens nothing', () => {
    const make =
      (nearCache: unknown, client: any = redis.url) =>
      () =>
        new RedisStore({ client, nearCache } as never)
    assert.throws(make('yes'), TypeError, 'nearCache must be true, false or an object, not a string')
    assert.throws(make({ maxAge: '30s' }), TypeError, 'nearCache.maxAge must be a number of at least 1, not a string')
    assert.throws(make({ maxSilence: 5 }), TypeError, 'nearCache.maxSilence must be a number of at least 100, not 5')
    assert.throws(make({ ttl: 5 }), TypeError, /nearCache has no option ttl, only maxAge, /)
    assert.throws(make(true, [{ port: redis.port }]), TypeError, /nearCache does not work with a Cluster/)
    assert.throws(
      () => sessions({ secret: 'keyboard cat', nearCache: true }),
      TypeError,
      /nearCache needs redis, which is not set/,
    )
  })
})

async function poll(condition: () => Promise<boolean>, ms = 2_000): Promise<void> {
  const deadline = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() > deadline) assert.fail(`not so within ${ms} ms: ${condition}`)
    await pause(2)
  }
}
