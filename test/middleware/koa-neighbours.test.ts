// Koa with others: Express on the same Redis and around it, mounted apps, proxies, ctx.cookies, HTTP/2, old options.
import { connect as connectHttp2, createServer as createHttp2 } from 'node:http2'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { assert } from 'chai'
import express from 'express'
import Koa from 'koa'
import { sessions as expressSessions } from '../../middleware/index.ts'
import { sessions } from '../../middleware/koa.ts'
import { call, closing, startApp } from '../support/clients.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { SECRET, ours as site } from './contenders.ts'
import { cookiesOf, ours, type Routes, serve } from './koa-sites.ts'

const routes: Routes = {
  login(ctx) {
    ctx.session.user = 'ada'
    ctx.body = 'in'
  },
  show: ctx => (ctx.body = String(ctx.session?.user)),
  logout(ctx) {
    ctx.session = null
    ctx.body = 'out'
  },
}

describe('koa: neighbours', () => {
  let redis: RedisServer
  const open = closing()
  before(async () => {
    redis = await startRedis()
  })
  beforeEach(() => redis.client.flushall())
  after(() => redis.close())

  it('shares sessions with Express on the same Redis', async () => {
    const koa = await open(ours.serve(redis.url, routes))
    const other = await open(
      site.serve(redis.url, app => {
        app.get('/show', (req: any, res) => void res.send(String(req.session.user)))
        app.get('/login', (req: any, res) => {
          req.session.user = 'bob'
          res.send()
        })
      }),
    )
    const first = await koa.get('/login')
    assert.equal((await other.get('/show', first.cookie)).text, 'ada')
    await other.get('/login', first.cookie)
    assert.equal((await koa.get('/show', first)).text, 'bob')
    await koa.get('/logout', first)
    assert.equal((await other.get('/show', first.cookie)).text, 'undefined')
  })

  it('has the session of the Express app that it is mounted in', async () => {
    const inner = new Koa()
    inner.use(sessions({ secret: SECRET }))
    inner.use(ctx => {
      if (ctx.path === '/login') ctx.session = { user: 'ada' }
      ctx.body = String((ctx.session as any).user)
    })
    const app = express()
    app.use(expressSessions({ secret: SECRET, resave: false, saveUninitialized: false }))
    app.use('/inner', inner.callback())
    app.get('/outer', (req: any, res) => void res.send(String(req.session.user)))
    const { address } = await open(startApp(app))
    const cookie = cookiesOf(await call(address, '/inner/login'))!
    assert.equal((await call(address, '/outer', { headers: { cookie } })).text, 'ada')
  })

  it('begins one session however often it is used', async () => {
    let nexts = 0
    const app = new Koa()
    app.use(sessions({ secret: SECRET }))
    app.use((_, next) => {
      nexts++
      return next()
    })
    const one = await open(serve(routes, {}, app))
    const answer = await one.get('/login')
    assert.lengthOf(answer.headers['set-cookie']!, 1)
    assert.equal((await one.get('/show', answer)).text, 'ada')
    assert.equal(nexts, 2)
  })

  it('keeps to the path of its cookie, seen from outside of what is mounted', async () => {
    const app = new Koa()
    // As koa-mount does.
    app.use((ctx, next) => {
      ctx.path = ctx.path.replace(/^\/admin/, '')
      return next()
    })
    const mounted = await open(serve(routes, { cookie: { path: '/admin' } }, app))
    const first = await mounted.get('/admin/login')
    assert.include(first.headers['set-cookie']![0], 'Path=/admin')
    assert.equal((await mounted.get('/admin/show', first)).text, 'ada')
    assert.equal((await mounted.get('/show', first)).text, 'undefined')
  })

  it('believes X-Forwarded-Proto when the app does', async () => {
    const tls = { 'X-Forwarded-Proto': 'https' }
    for (const [proxy, option, sent] of [
      [false, undefined, false],
      [true, undefined, true],
      [true, false, false],
      [false, true, true],
    ] as const) {
      const app = new Koa({ proxy })
      const secured = await open(serve(routes, { cookie: { secure: true }, proxy: option }, app))
      const answer = await secured.get('/login', undefined, tls)
      assert.equal(answer.cookie !== undefined, sent, `app.proxy ${proxy}, proxy ${option}`)
      assert.isUndefined((await secured.get('/login')).cookie)
    }
  })

  it('leaves ctx.cookies alone', async () => {
    const app = new Koa()
    app.keys = ['old']
    const two = await open(
      serve(
        {
          set(ctx) {
            ctx.cookies.set('a', '1', { signed: true })
            ctx.session.user = 'ada'
            ctx.body = ''
          },
          get(ctx) {
            ctx.cookies.set('b', '2', { signed: true })
            ctx.body = `${ctx.cookies.get('a', { signed: true })} ${ctx.session.user}`
          },
        },
        { rolling: true },
        app,
      ),
    )
    const first = await two.get('/set')
    assert.match(first.cookie!, /^a=1; a\.sig=[^;]+; connect\.sid=/)
    const second = await two.get('/get', first)
    assert.equal(second.text, '1 ada')
    assert.match(second.cookie!, /^b=2; b\.sig=[^;]+; connect\.sid=/)
  })

  it('signs with app.keys when there is no secret, and accepts them all', async () => {
    const keyed = (keys: string[]) => open(serve(routes, { secret: undefined, redis: redis.url }, new Koa({ keys })))
    const first = await (await keyed(['old'])).get('/login')
    const both = await keyed(['new', 'old'])
    assert.equal((await both.get('/show', first)).text, 'ada')
    assert.equal((await (await keyed(['new'])).get('/show', await both.get('/login'))).text, 'ada')
    const none = await open(serve(routes, { secret: undefined }))
    assert.equal((await none.get('/show')).status, 500)
    assert.match(none.errors[0].message, /secret option required/)
  })

  it('loads nothing before it is asked to, when it is lazy', async () => {
    const lazy = await open(
      ours.serve(
        redis.url,
        {
          none: ctx => (ctx.body = ''),
          async count(ctx) {
            const session = await ctx.loadSession()
            ctx.session.count = (session.count ?? 0) + 1
            ctx.body = String(session.count)
          },
          blind(ctx) {
            ctx.session = {}
          },
          out(ctx) {
            ctx.session = null
            ctx.body = 'out'
          },
        },
        { lazy: true },
      ),
    )
    const first = await lazy.get('/count')
    assert.equal((await lazy.get('/count', first)).text, '2')
    assert.deepEqual(await redis.counting(() => lazy.get('/none', first)), {})
    assert.equal((await lazy.get('/blind', first)).status, 500)
    assert.match(lazy.errors[0].message, /await ctx\.loadSession\(\) first/)
    assert.equal((await lazy.get('/out', first)).text, 'out')
    assert.equal((await lazy.get('/count', first)).text, '1')
  })

  it('takes one command to read, and two to change', async () => {
    const counted = await open(
      ours.serve(redis.url, { ...routes, set: ctx => (ctx.body = ctx.session.value = ctx.state.rest) }),
    )
    const first = await counted.get('/login')
    await counted.get('/set/1', first)
    assert.deepEqual(await redis.counting(() => counted.get('/show', first)), { getex: 1 })
    const changed = await redis.counting(() => counted.get('/set/2', first))
    assert.equal((changed.evalsha ?? 0) + (changed.getex ?? 0), 2)
  })

  it('works over HTTP/2', async () => {
    const app = new Koa()
    const middleware = sessions({ redis: redis.url, secret: SECRET })
    app.use(middleware)
    app.use(async ctx => {
      if (ctx.path === '/raw') ctx.respond = false
      ctx.session = { user: 'ada' }
      if (ctx.path === '/raw') ctx.res.end('raw')
      else ctx.body = 'ok'
    })
    const server = createHttp2(app.callback() as never).listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    try {
      for (const [path, text] of [
        ['/', 'ok'],
        ['/raw', 'raw'],
      ] as const) {
        const stream = client.request({ ':path': path })
        let cookie: string[] | undefined
        stream.on('response', headers => (cookie = headers['set-cookie']))
        assert.equal((await stream.setEncoding('utf8').toArray()).join(''), text)
        assert.match(cookie![0]!, /^connect\.sid=/)
      }
      assert.equal(await redis.client.dbsize(), 2)
    } finally {
      client.close()
      await new Promise(resolve => server.close(resolve))
      await middleware.close()
    }
  })

  it("refuses koa-session's words instead of ignoring them", () => {
    const koaRedis = createRequire(import.meta.url)('koa-redis')({ lazyConnect: true })
    for (const [options, message] of [
      [{ maxAge: 1 }, /^maxAge is an option of koa-session: here it is cookie\.maxAge$/],
      [{ renew: true }, /here it is rolling$/],
      [{ externalKey: {} }, /^externalKey .* does not exist here$/],
      [new Koa(), /takes options and no app/],
      [null, /takes an object of options, not null$/],
      [{ store: koaRedis }, /store must be an express-session Store/],
    ] as const)
      assert.throws(() => sessions(options as never), TypeError, message)
    koaRedis.client.disconnect()
  })
})
