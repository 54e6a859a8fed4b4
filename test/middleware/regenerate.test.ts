// A new id for the same data: what is stored at which moment, whoever is killed, refused, late or quicker.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from 'chai'
import expressSession from 'express-session'
import { EmbeddedStore, MemoryStore, sessions } from '../../middleware/index.ts'
import { RedisStore } from '../../middleware/stores/redis-store.ts'
import { closing } from '../support/clients.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { ask } from './compatible/kit.ts'
import { type Answer, barrier, SECRET, type Site, site } from './contenders.ts'
import { startEmbedded as start } from './embedded-process.ts'

const OPTIONS = { secret: SECRET, resave: false, saveUninitialized: false, cookie: { maxAge: 60_000 } }

describe('regenerate({ keep: true })', () => {
  let redis: RedisServer
  let folder: string
  const open = closing()
  before(async () => {
    redis = await startRedis()
    folder = await mkdtemp(join(tmpdir(), 'outrigger-regenerate-'))
  })
  beforeEach(() => redis.client.flushall())
  after(async () => {
    await redis.close()
    await rm(folder, { recursive: true })
  })

  const keep = (req: any) => req.session.regenerate({ keep: true })

  async function serve(works: Record<string, (req: any, res: any) => any> = {}, options: object = {}) {
    const from = 'store' in options ? {} : { redis: redis.url, deadline: 2_000 }
    const api = sessions({ ...OPTIONS, ...from, ...options })
    const served = await site(
      api,
      app => {
        app.get('/', (req: any, res) => void res.json({ ...req.session, cookie: undefined }))
        app.get('/set/:key/:value', (req: any, res) => {
          req.session[req.params.key] = req.params.value
          res.send()
        })
        for (const [path, work] of Object.entries({ '/keep': keep as (req: any, res: any) => any, ...works }))
          app.get(path, async (req: any, res) => {
            const text = await Promise.resolve(work(req, res)).catch((error: any) => error.code)
            if (!res.writableEnded && !res.destroyed) res.end(text ?? '')
          })
      },
      () => api.close(),
    )
    return open(served)
  }
  const data = async (at: Site, from: Answer) => JSON.parse((await at.get('/', from)).text)
  const keys = () => redis.client.keys('sess:*')

  const stores = {
    MemoryStore: () => new MemoryStore(),
    EmbeddedStore: () => new EmbeddedStore({ path: join(folder, String(Math.random())) }),
    RedisStore: () => new RedisStore({ client: redis.url, deadline: 2_000 }),
    'a store of express-session': () => new expressSession.MemoryStore(),
  }
  for (const [name, make] of Object.entries(stores))
    it(`leaves the old session until the new one is stored, and not longer: ${name}`, async () => {
      const store = make() as any
      const arrived = barrier(2)
      const goOn = barrier(2)
      const waits = async (req: any) => {
        await keep(req)
        req.session.user = 'ada'
        await arrived()
        await goOn()
      }
      const ends = async (req: any) => {
        await keep(req)
        await req.session.destroy()
      }
      const nulls = async (req: any) => {
        await keep(req)
        req.session = null
      }
      const twice = async (req: any) => {
        await keep(req)
        await keep(req)
        await req.session.save()
        await keep(req)
      }
      const drops = async (req: any) => {
        await keep(req)
        await req.session.regenerate()
      }
      const app = await serve(
        { '/waits': waits, '/ends': ends, '/nulls': nulls, '/twice': twice, '/drops': drops },
        { store },
      )
      const guest = await app.get('/set/cart/tea')
      const login = app.get('/waits', guest)
      await arrived()
      assert.deepEqual(await data(app, guest), { cart: 'tea' })
      await goOn()
      assert.deepEqual(await data(app, await login), { cart: 'tea', user: 'ada' })
      assert.deepEqual(await data(app, guest), {})
      const second = await app.get('/twice', await login)
      assert.deepEqual(await data(app, second), { cart: 'tea', user: 'ada' })
      assert.deepEqual(await data(app, await login), {})
      for (const path of ['/ends', '/nulls', '/drops']) {
        const last = await app.get('/set/cart/tea')
        const answer = await app.get(path, last)
        for (const each of [last, answer]) assert.deepEqual(await data(app, each), {}, path)
      }
      // Those of `second`, and of `drops`, which is empty.
      if (store.length) assert.equal(await ask(store, 'length'), 2)
    })

  it('takes the commands of before: read, create, remove; also with a head that is written by hand', async () => {
    const app = await serve({
      '/head': async (req, res) => {
        await keep(req)
        res.writeHead(200, { 'Content-Length': '0' })
      },
    })
    for (const path of ['/keep', '/head']) {
      const guest = await app.get('/set/cart/tea')
      assert.deepEqual(await redis.counting(() => app.get(path, guest)), { getex: 1, set: 1, del: 1 })
    }
    const indexed = await serve({}, { indexBy: 'user' })
    const ada = await indexed.get('/set/user/ada')
    const { getex, set, del, zrem, evalsha, ...inner } = await redis.counting(() => indexed.get('/keep', ada))
    assert.deepEqual({ getex, set, del, zrem, evalsha }, { getex: 1, set: 1, del: 1, zrem: 1, evalsha: 1 })
    assert.hasAllKeys(inner, ['time', 'zrangebyscore', 'zscore', 'zadd', 'zrevrange', 'pexpireat'])
  })

  it('fails with the store: 503 without a cookie, and the session is where it was', async () => {
    const app = await serve()
    for (const command of ['set', 'del']) {
      const guest = await app.get('/set/cart/tea')
      await redis.client.call('ACL', 'SETUSER', 'default', `-${command}`)
      const answer = await app.get('/keep', guest)
      await redis.client.call('ACL', 'SETUSER', 'default', `+${command}`)
      assert.deepEqual([answer.status, answer.headers['set-cookie']], [503, undefined], command)
      assert.deepEqual(await data(app, guest), { cart: 'tea' }, command)
    }
  })

  it('whose answer never comes, loses nothing', async () => {
    let left: (() => void) | undefined
    const app = await serve({
      '/hang': async (req, res) => {
        await keep(req)
        left!()
        res.destroy()
      },
    })
    const guest = await app.get('/set/cart/tea')
    const hung = new Promise<void>(resolve => (left = resolve))
    await app.get('/hang', guest).catch(() => {})
    await hung
    assert.deepEqual(await data(app, guest), { cart: 'tea' })
  })

  it('before a stream ends the old session as the head leaves', async () => {
    const ended = barrier(2)
    const app = await serve({
      '/stream': async (req, res) => {
        await keep(req)
        res.write('first')
        await ended()
        req.session.late = 'yes'
      },
    })
    const guest = await app.get('/set/cart/tea')
    const [old] = await keys()
    const answer = app.get('/stream', guest)
    await until(async () => (await keys()).length === 1 && (await keys())[0] !== old)
    await ended()
    assert.deepEqual(await data(app, await answer), { cart: 'tea', late: 'yes' })
  })

  it('of a guest twice at once: both have the data', async () => {
    const meet = barrier(2)
    const app = await serve({ '/login': async req => [await meet(), await keep(req)][1] })
    const guest = await app.get('/set/cart/tea')
    for (const answer of await Promise.all([app.get('/login', guest), app.get('/login', guest)]))
      assert.deepEqual(await data(app, answer), { cart: 'tea' })
  })

  it('without waiting for it is the same', async () => {
    for (const options of [{}, { indexBy: 'user' }]) {
      const app = await serve({ '/at-once': req => void keep(req) }, options)
      const ada = await app.get('/set/user/ada')
      const answer = await app.get('/at-once', ada)
      assert.deepEqual(await data(app, answer), { user: 'ada' })
      assert.deepEqual(await data(app, ada), {})
    }
  })

  it('does not undo a logout that comes between its steps: there is no session of this user then', async () => {
    const store = new RedisStore({ client: redis.url, deadline: 2_000 })
    const create = store.driver.create.bind(store.driver)
    // Between the creation of the new session and the end of the old one, another server logs the user out.
    store.driver.create = async (id, snapshot) => {
      const old = await keys()
      await create(id, snapshot)
      for (const key of old) await redis.client.del(key)
    }
    const app = await serve({}, { store, indexBy: 'user' })
    const ada = await app.get('/set/user/ada')
    const answer = await app.get('/keep', ada)
    assert.equal(answer.text, 'ERR_SESSION_GONE')
    assert.isEmpty(await keys())
    assert.deepEqual(await data(app, answer), {})
  })

  for (const [name, where] of [
    ['Redis', () => ({ redis: redis.url })],
    ['LMDB', () => ({ path: join(folder, String(Math.random())) })],
  ] as const)
    it(`loses nothing with a process that is killed: ${name}`, async () => {
      const options = { ...OPTIONS, ...where() }
      const survivor = await open(start(options))
      const victim = await open(start(options))
      const guests = await Promise.all(
        Array.from({ length: 120 }, async (_, nth) => ({
          key: `k${nth}`,
          cookie: (await victim.get(`/set/k${nth}`)).cookie!,
        })),
      )
      const has = async ({ key }: { key: string }, cookie: string) =>
        key in JSON.parse((await survivor.get('/', cookie)).text)
      // One has its new id, and not answered yet.
      victim.get('/keep/hang', guests[0]!.cookie).catch(() => {})
      await until(() => victim.errors().includes('hangs'))
      const answered = new Map<string, string>()
      const all = guests.slice(1).map(async ({ key, cookie }, nth) => {
        await sleep(nth / 4)
        const answer = await victim.get('/keep', cookie).catch(() => undefined)
        if (answer?.cookie) answered.set(key, answer.cookie)
      })
      await until(() => answered.size > 30)
      await victim.kill()
      await Promise.all(all)
      assert.isTrue(await has(guests[0]!, guests[0]!.cookie))
      const store = 'redis' in options ? new RedisStore(redis.url) : new EmbeddedStore({ path: (options as any).path })
      await open(store)
      const stored = JSON.stringify(Object.values(await ask(store, 'all')))
      for (const guest of guests) {
        assert.include(stored, `"${guest.key}"`)
        const now = answered.get(guest.key)
        if (now === undefined) continue
        assert.isTrue(await has(guest, now), guest.key)
        assert.isFalse(await has(guest, guest.cookie), guest.key)
      }
    })
})
