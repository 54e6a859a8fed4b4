// What a request believes of the store, where answers come late or not at all.
import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from 'chai'
import type express from 'express'
import { Redis } from 'ioredis'
import { closing } from '../support/clients.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { ours, slow } from './contenders.ts'

describe('what a request knows of its session in the store', () => {
  let redis: RedisServer
  const open = closing()
  beforeEach(async () => {
    redis = await startRedis()
  })
  afterEach(() => redis.close())

  const outcome = (work: Promise<unknown>) =>
    work.then(
      () => 'kept',
      error => error.code ?? error.message,
    )
  const serve = (options: object, routes: (app: express.Express) => void, client?: Redis) =>
    open(
      ours.serve(
        redis.url,
        app => {
          app.get('/in', (req: any, res) => {
            req.session.user = 'ada'
            res.send('in')
          })
          app.get('/me', (req: any, res) => void res.send(`${req.session.user} ${req.session.outage}`))
          app.get('/out', async (req: any, res) => {
            await req.session.destroy()
            res.send('out')
          })
          routes(app)
        },
        options,
        client,
      ),
    )

  it('save() of one that was destroyed writes nothing, whoever holds on to it', async () => {
    const site = await serve({}, app =>
      app.get('/', async (req: any, res) => {
        const { session } = req
        if (req.query.waits) await session.destroy()
        else void session.destroy()
        session.late = 1
        res.send(await outcome(session.save()))
      }),
    )
    const first = await site.get('/in')
    assert.equal((await site.get('/?waits=1', first)).text, 'ERR_SESSION_GONE')
    assert.equal((await site.get('/', await site.get('/in'))).text, 'ERR_SESSION_GONE')
    assert.equal((await site.get('/')).text, 'ERR_SESSION_GONE')
    assert.deepEqual(await redis.client.keys('*'), [])
  })

  it('a late save() says nothing of the session that came after it', async () => {
    for (const client of [undefined, slow(redis.url, 20)]) {
      const site = await serve(
        {},
        app =>
          app.get('/login', async (req: any, res) => {
            req.session.step = 1
            const saved = req.session.save()
            await req.session.regenerate(req.query.keep ? { keep: true } : undefined)
            req.session.user = 'ada'
            await saved
            res.send('in')
          }),
        client,
      )
      for (const path of ['/login', '/login?keep=1'])
        for (const from of [undefined, await site.get('/in')]) {
          await redis.client.flushall()
          if (from !== undefined) await site.get('/in')
          const login = await site.get(path, from)
          assert.equal((await site.get('/me', login)).text, 'ada undefined', path)
        }
    }
    await redis.client.flushall()
    const site = await serve({}, app =>
      app.get('/login', async (req: any, res) => {
        void req.session.save()
        await req.session.regenerate(req.query.keep ? { keep: true } : undefined)
        req.session.user = 'ada'
        res.send('in')
      }),
    )
    for (const path of ['/login', '/login?keep=1']) {
      await site.get(path)
      assert.lengthOf(await redis.client.keys('*'), 1, `what was saved first is gone: ${path}`)
      await redis.client.flushall()
    }
  })

  it('a logout that cannot be carried out says so, and else ends the session that could not be loaded', async () => {
    const site = await serve({ outage: 'anonymous' }, app =>
      app.get('/thaw', async (req: any, res) => {
        const before = req.session.outage
        redis.thaw()
        await req.session.destroy()
        res.send(before)
      }),
    )
    const first = await site.get('/in')
    redis.freeze()
    assert.equal((await site.get('/out', first)).status, 503)
    const answer = await site.get('/thaw', first)
    assert.deepEqual([answer.status, answer.text], [200, 'anonymous'])
    assert.match(String(answer.headers['set-cookie']), /1970/)
    assert.deepEqual(await redis.client.keys('*'), [])
  })

  it('stale: a session that was being read as it was destroyed is not served', async () => {
    const client = new Redis(redis.url)
    client.on('error', () => {})
    const del = client.del.bind(client) as (...keys: unknown[]) => Promise<number>
    client.del = (async (...keys: unknown[]) => {
      await sleep(60)
      return del(...keys)
    }) as never
    const site = await serve({ outage: 'stale' }, () => {}, client)
    const first = await site.get('/in')
    const out = site.get('/out', first)
    await sleep(20)
    assert.equal((await site.get('/me', first)).text, 'ada undefined')
    assert.equal((await out).text, 'out')
    await redis.kill()
    assert.equal((await site.get('/me', first)).status, 503)
  })

  it('save() fails with the app’s own error for what cannot be written', async () => {
    const site = await serve({}, app =>
      app.get('/:what', async (req: any, res) => {
        const was = req.session.cookie
        if (req.params.what === 'big') req.session.big = 1n
        else req.session.cookie = null
        const told = await outcome(req.session.save())
        delete req.session.big
        req.session.cookie = was
        res.send(told)
      }),
    )
    assert.match((await site.get('/big')).text, /BigInt|UNSTORABLE/)
    assert.match((await site.get('/cookie')).text, /null|UNSTORABLE/)
  })
})
