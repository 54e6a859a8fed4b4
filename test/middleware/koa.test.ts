// Koa 3 over real sockets: what koa-session's users expect of ctx.session, and what koa-session gets wrong.
import { Readable } from 'node:stream'
import { assert } from 'chai'
import { RedisStore } from '../../middleware/stores/redis-store.ts'
import { closing } from '../support/clients.ts'
import { openRaw } from '../support/raw.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { barrier, slow } from './contenders.ts'
import { each, ours, type Routes, serve } from './koa-sites.ts'

const login: Routes = {
  login(ctx) {
    ctx.session.user = 'ada'
    ctx.body = 'in'
  },
  show(ctx) {
    const { cookie: _, ...data } = ctx.session ?? {}
    ctx.body = data
  },
}

describe('koa', () => {
  let redis: RedisServer
  const open = closing()
  before(async () => {
    redis = await startRedis()
  })
  beforeEach(() => redis.client.flushall())
  after(() => redis.close())

  for (const [place, options] of [
    ['in Redis', () => ({ redis: redis.url, deadline: 5_000 })],
    ['in the process', () => ({})],
  ] as const) {
    describe(`ctx.session ${place}`, () => {
      const start = (routes: Routes, more?: object) => open(serve({ ...login, ...routes }, { ...options(), ...more }))

      it('is there, is kept, and says whether it is new', async () => {
        const site = await start({
          state(ctx) {
            const { isNew, populated, length } = ctx.session
            ctx.body = { isNew, populated, length, same: ctx.req.session === ctx.session, id: ctx.req.sessionID }
          },
        })
        const before = await site.get('/state')
        assert.deepInclude(JSON.parse(before.text), { isNew: true, populated: false, length: 0, same: true })
        assert.isUndefined(before.cookie)
        const first = await site.get('/login')
        assert.match(first.cookie!, /^connect\.sid=s%3A/)
        assert.deepInclude(JSON.parse((await site.get('/state', first)).text), {
          isNew: false,
          populated: true,
          length: 1,
        })
      })

      it('= null destroys it and takes the cookie away', async () => {
        const site = await start({
          logout(ctx) {
            ctx.session = null
            ctx.body = String(ctx.session)
          },
        })
        const first = await site.get('/login')
        const out = await site.get('/logout', first)
        assert.equal(out.text, 'null')
        assert.match(out.headers['set-cookie']![0]!, /^connect\.sid=; .*Expires=Thu, 01 Jan 1970/)
        assert.equal((await site.get('/show', first)).text, '{}')
        assert.isUndefined((await site.get('/logout')).headers['set-cookie'])
      })

      it('= an object replaces what is in it, and keeps its id and its methods', async () => {
        const site = await start({
          async replace(ctx) {
            ctx.session = { cart: ['tea'] }
            await ctx.session.save()
            ctx.session = { ...ctx.session, more: 1, cookie: 'not taken' }
            ctx.body = 'done'
          },
          async back(ctx) {
            ctx.session = null
            ctx.session = { again: 1 }
            ctx.body = ''
          },
          async anew(ctx) {
            await ctx.session.destroy()
            ctx.session = { user: 'bob' }
            ctx.body = ''
          },
          wrong(ctx) {
            const failed = [1, undefined, [], { id: 1 }, { save: 1 }].map(content => {
              try {
                ctx.session = content
                return ''
              } catch (error: any) {
                return `${error.name}: ${error.message}`
              }
            })
            ctx.body = failed.join('\n')
          },
        })
        const first = await site.get('/login')
        assert.equal((await site.get('/replace', first)).cookie, first.cookie)
        assert.deepEqual(JSON.parse((await site.get('/show', first)).text), { cart: ['tea'], more: 1 })
        assert.equal((await site.get('/back', first)).cookie, first.cookie)
        assert.deepEqual(JSON.parse((await site.get('/show', first)).text), { again: 1 })
        const wrong = (await site.get('/wrong', first)).text.split('\n')
        assert.match(wrong[0]!, /^TypeError: .*an object or to null, not to 1$/)
        assert.match(wrong[1]!, /not to undefined$/)
        assert.match(wrong[2]!, /not to an array$/)
        assert.match(wrong[3]!, /^TypeError: ctx.session.id is the session's own/)
        assert.match(wrong[4]!, /ctx.session.save is/)
        assert.deepEqual(JSON.parse((await site.get('/show', first)).text), { again: 1 })
        const anew = await site.get('/anew', first)
        assert.notEqual(anew.cookie, first.cookie)
        assert.equal((await site.get('/show', anew)).text, '{"user":"bob"}')
        assert.equal((await site.get('/show', first)).text, '{}')
      })

      it('has maxAge, which is sent again when it is set', async () => {
        const site = await start({
          remember(ctx) {
            const before = ctx.session.maxAge
            ctx.session.maxAge = ctx.state.rest === 'session' ? 'session' : Number(ctx.state.rest)
            ctx.body = `${before} ${ctx.session.maxAge}`
          },
        })
        const first = await site.get('/login')
        const later = await site.get('/remember/3600000', first)
        assert.equal(later.text, '60000 3600000')
        const expires = Date.parse(/Expires=([^;]+)/.exec(later.headers['set-cookie']![0]!)![1]!)
        assert.closeTo(expires - Date.now(), 3_600_000, 5_000)
        assert.equal((await site.get('/remember/session', first)).text, '3600000 session')
        assert.notInclude((await site.get('/remember/session', first)).headers['set-cookie']![0]!, 'Expires')
        assert.equal((await site.get('/remember/x', first)).status, 500)
        assert.match(site.errors[0].message, /session\.maxAge must be milliseconds or 'session', not NaN/)
      })

      it('can be written, updated and given a new id', async () => {
        const site = await start({
          async commit(ctx) {
            ctx.session.early = 1
            await ctx.session.manuallyCommit()
            ctx.body = ctx.session.id
          },
          async count(ctx) {
            ctx.body = String(await ctx.session.update((data: any) => (data.count = (data.count ?? 0) + 1)))
          },
          async fresh(ctx) {
            ctx.session.before = 1
            await ctx.session.regenerate()
            ctx.body = ''
          },
          async empty(ctx) {
            await ctx.session.manuallyCommit()
            await new Promise<void>((resolve, reject) =>
              ctx.session.regenerate({ keep: false }, (error: any) => (error ? reject(error) : resolve())),
            )
            ctx.body = ''
          },
        })
        const first = await site.get('/commit')
        assert.isDefined(first.cookie)
        await Promise.all(Array.from({ length: 20 }, () => site.get('/count', first)))
        assert.equal((await site.get('/count', first)).text, '21')
        const fresh = await site.get('/fresh', first)
        assert.notEqual(fresh.cookie, first.cookie)
        assert.deepEqual(JSON.parse((await site.get('/show', fresh)).text), { early: 1, count: 21, before: 1 })
        assert.equal((await site.get('/show', first)).text, '{}')
        assert.equal((await site.get('/show', await site.get('/empty', fresh))).text, '{}')
      })
    })
  }

  it('loses no update of two requests that change different keys, where koa-session loses most', async () => {
    const found = await each(async contender => {
      const arrived = barrier(50)
      const site = await open(
        contender.serve(redis.url, {
          ...login,
          async set(ctx) {
            await arrived()
            ctx.session[ctx.state.rest] = 1
            ctx.body = ''
          },
        }),
      )
      const first = await site.get('/login')
      await Promise.all(Array.from({ length: 50 }, (_, nth) => site.get(`/set/k${nth}`, first)))
      return Object.keys(JSON.parse((await site.get('/show', first)).text)).filter(key => /^k\d/.test(key)).length
    })
    assert.isBelow(found.theirs, 10)
    assert.equal(found.ours, 50)
  })

  it('stays destroyed, where koa-session brings it back', async () => {
    const found = await each(async contender => {
      const arrived = barrier(6)
      const site = await open(
        contender.serve(redis.url, {
          ...login,
          async write(ctx) {
            await arrived()
            ctx.session.seen = Math.random()
            await new Promise(resolve => setTimeout(resolve, 20))
            ctx.body = ''
          },
          async logout(ctx) {
            await arrived()
            ctx.session = null
            ctx.body = ''
          },
        }),
      )
      const first = await site.get('/login')
      await Promise.all([...Array.from({ length: 5 }, () => site.get('/write', first)), site.get('/logout', first)])
      const keys = await redis.client.dbsize()
      await redis.client.flushall()
      return keys
    })
    assert.deepEqual(found, { theirs: 1, ours: 0 })
  })

  it('is kept, with its cookie, when the handler throws: koa-session stores it for nobody', async () => {
    const found = await each(async contender => {
      const site = await open(
        contender.serve(redis.url, {
          ...login,
          fail(ctx) {
            ctx.session.user = 'ada'
            ctx.throw(418)
          },
        }),
      )
      const first = await site.get('/fail')
      assert.equal(first.status, 418)
      return [await redis.client.dbsize(), (await site.get('/show', first)).text.includes('ada')]
    })
    assert.deepEqual(found.theirs, [1, false])
    assert.deepEqual(found.ours.slice(1), [true])
  })

  it('has its cookie when the handler answers by itself: koa-session comes too late', async () => {
    const found = await each(async contender => {
      const site = await open(
        contender.serve(redis.url, {
          async raw(ctx) {
            ctx.respond = false
            ctx.session.user = 'ada'
            ctx.res.end('raw')
          },
        }),
      )
      const answer = await site.get('/raw')
      assert.equal(answer.text, 'raw')
      return answer.cookie !== undefined
    })
    assert.deepEqual(found, { theirs: false, ours: true })
  })

  for (const kind of ['text', 'stream', 'web stream', 'json', 'redirect']) {
    it(`is stored before the head of its answer leaves: ${kind}`, async () => {
      const bodies: Record<string, (ctx: any) => void> = {
        text: ctx => (ctx.body = 'text'),
        stream: ctx => (ctx.body = Readable.from(['a', 'b'])),
        'web stream': ctx => (ctx.body = new Blob(['a']).stream()),
        json: ctx => (ctx.body = { a: 1 }),
        redirect: ctx => ctx.redirect('/show'),
      }
      const client = slow(redis.url, 20)
      await open({ close: () => client.disconnect() })
      const a = await open(
        serve(
          {
            login(ctx) {
              ctx.session.user = 'ada'
              bodies[kind]!(ctx)
            },
          },
          { store: new RedisStore({ client }), resave: false, saveUninitialized: false },
        ),
      )
      const b = await open(ours.serve(redis.url, login))
      const raced = Array.from({ length: 20 }, async () => {
        const raw = await open(openRaw(a.address))
        await raw.send('GET /login HTTP/1.1\r\nHost: a\r\n\r\n')
        await raw.until(() => raw.bytes.includes('\r\n\r\n'))
        const cookie = /connect\.sid=[^;]+/.exec(raw.bytes.toString('latin1'))![0]
        return (await b.get('/show', cookie)).text
      })
      assert.deepEqual(new Set(await Promise.all(raced)), new Set(['{"user":"ada"}']))
    })
  }
})
