// Redis away under Koa: the answer is Koa's own 503, the app hears of it once, and the console stays quiet.
import { Readable } from 'node:stream'
import { assert } from 'chai'
import Koa from 'koa'
import { MemoryStore } from '../../middleware/index.ts'
import { StoreUnavailable } from '../../middleware/koa.ts'
import { call, closing } from '../support/clients.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { type Routes, serve, theirs } from './koa-sites.ts'

describe('koa: outage', () => {
  let redis: RedisServer
  const open = closing()
  beforeEach(async () => {
    redis = await startRedis()
  })
  afterEach(() => redis.close())

  const routes: Routes = {
    set(ctx) {
      ctx.session.count = (ctx.session.count ?? 0) + 1
      ctx.body = `${ctx.session.count} ${ctx.session.outage}`
    },
    get: ctx => (ctx.body = `${ctx.session.count} ${ctx.session.outage}`),
    logout(ctx) {
      ctx.session = null
      ctx.body = 'out'
    },
    stream(ctx) {
      ctx.session.count = 1
      ctx.body = Readable.from(['a', 'b']).on('close', () => closed++)
    },
    async save(ctx) {
      ctx.session.count = 1
      await ctx.session.save()
    },
    raw(ctx) {
      ctx.respond = false
      ctx.session.count = 1
      ctx.res.end('raw')
    },
    later(ctx) {
      ctx.respond = false
      ctx.session.count = 1
      setTimeout(() => ctx.res.writeHead(200).end('later'), 20)
    },
    fail(ctx) {
      ctx.session.count = 1
      ctx.throw(418)
    },
  }
  let closed = 0

  it('answers 503 through Koa, tells app.on("error"), sends no cookie and no address', async () => {
    const site = await open(serve(routes, { redis: redis.url }))
    const first = await site.get('/set')
    await redis.kill()
    closed = 0
    for (const [path, from] of [
      ['/get', first],
      ['/set', undefined],
      ['/stream', undefined],
      ['/save', undefined],
    ] as const) {
      const answer = await site.get(path, from)
      assert.equal(answer.status, 503, path)
      assert.equal(answer.text, 'The session store is unavailable: try again')
      assert.equal(answer.headers['retry-after'], '1')
      assert.isUndefined(answer.headers['set-cookie'])
      const error = site.errors.pop()
      assert.instanceOf(error, StoreUnavailable)
      assert.instanceOf(error, Koa.HttpError)
      assert.equal(error.code, 'ERR_SESSION_STORE_UNAVAILABLE')
      assert.instanceOf(error.cause, StoreUnavailable)
      assert.isEmpty(site.errors)
    }
    assert.equal(closed, 1)
    for (const path of ['/raw', '/fail']) {
      const answer = await site.get(path)
      assert.equal(answer.status, 503, path)
      assert.equal(answer.text, 'The session store is unavailable\n')
      assert.isUndefined(answer.headers['set-cookie'])
    }
    await redis.start()
    const deadline = Date.now() + 5_000
    let back = await site.get('/set')
    while (back.status === 503 && Date.now() < deadline) {
      await new Promise(resolve => setTimeout(resolve, 50))
      back = await site.get('/set')
    }
    assert.equal(back.text, '1 undefined')
  })

  it('tells of a logout that could not be carried out', async () => {
    const site = await open(serve(routes, { redis: redis.url }))
    const first = await site.get('/set')
    const { address } = site
    site.app.middleware.splice(1, 0, async (_, next) => {
      await redis.kill()
      await next()
    })
    // The middlewares were composed as the server was started: one more server for the one that was put in.
    const server = site.app.listen(0, '127.0.0.1')
    await open({ close: () => server.close().closeAllConnections() })
    await new Promise(resolve => server.once('listening', resolve))
    const port = (server.address() as { port: number }).port
    const answer = await call(address.replace(/\d+$/, String(port)), '/logout', { headers: { cookie: first.cookie! } })
    assert.equal(answer.status, 503)
    assert.isUndefined(answer.headers['set-cookie'])
  })

  it('prints nothing, as koa-session + koa-redis hang', async () => {
    const app = new Koa()
    const printed: unknown[] = []
    const { error } = console
    const site = await open(serve(routes, { redis: redis.url }, app))
    const old = await open(theirs.serve(redis.url, routes))
    const first = await site.get('/set')
    await old.get('/set')
    // Koa's own listener, which an app has that brings none.
    app.on('error', app.onerror)
    await redis.kill()
    console.error = (...all) => void printed.push(all)
    try {
      for (let nth = 0; nth < 3; nth++) assert.equal((await site.get('/get', first)).status, 503)
    } finally {
      console.error = error
    }
    assert.isEmpty(printed)
    const hung = await Promise.race([
      old.get('/set').catch(() => 'closed'),
      new Promise(resolve => setTimeout(resolve, 400, 'nothing')),
    ])
    assert.equal(hung, 'nothing')
  })

  it('follows the policy: anonymous, stale', async () => {
    const anonymous = await open(serve(routes, { redis: redis.url, outage: 'anonymous' }))
    const stale = await open(serve(routes, { redis: redis.url, outage: 'stale' }))
    const first = await stale.get('/set')
    await stale.get('/get', first)
    await redis.kill()
    const answer = await anonymous.get('/set', first)
    assert.equal(answer.text, '1 anonymous')
    assert.isUndefined(answer.headers['set-cookie'])
    assert.equal((await stale.get('/get', first)).text, '1 stale')
    assert.equal((await stale.get('/set', first)).status, 503)
  })

  it("passes a foreign store's error on as it is", async () => {
    class Broken extends MemoryStore {
      override set(_id: string, _session: any, callback?: (error?: any) => void): void {
        callback?.(new Error('disk full'))
      }
    }
    const site = await open(serve(routes, { store: new Broken() }))
    for (const path of ['/set', '/stream']) {
      const answer = await site.get(path)
      assert.equal(answer.status, 500)
      assert.isUndefined(answer.headers['set-cookie'])
      assert.equal(site.errors.pop().message, 'disk full')
      assert.isEmpty(site.errors)
    }
    // A handler that answers by itself goes on after it has returned: its answer is not taken from it.
    const later = await site.get('/later')
    assert.equal(later.text, 'later')
    assert.isUndefined(later.headers['set-cookie'])
    assert.equal(site.errors.pop().message, 'disk full')
  })

  it('touches a foreign store once', async () => {
    let touches = 0
    class Counting extends MemoryStore {
      override touch(...all: Parameters<MemoryStore['touch']>): void {
        touches++
        super.touch(...all)
      }
    }
    const site = await open(serve(routes, { store: new Counting() }))
    const first = await site.get('/set')
    await site.get('/get', first)
    assert.equal(touches, 1)
  })
})
