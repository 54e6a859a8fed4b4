// Keys that express-session stores and that are the names of something of ours.
import { assert } from 'chai'
import type express from 'express'
import { closing } from '../support/clients.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { type Answer, each, ours } from './contenders.ts'
import { serve as serveKoa } from './koa-sites.ts'

const KEYS = ['handle', 'outage', 'revokeOthers', 'update', '__created']

describe('keys of an app', () => {
  let redis: RedisServer
  const open = closing()
  before(async () => {
    redis = await startRedis()
  })
  beforeEach(() => redis.client.flushall())
  after(() => redis.close())

  const stored = async () => JSON.parse((await redis.client.get((await redis.client.keys('*'))[0]!))!)
  const routes = (app: express.Express) => {
    app.get('/set/:key/:value', async (req: any, res) => {
      req.session[req.params.key] = req.params.value
      if (req.query.save !== undefined) await new Promise(resolve => req.session.save(resolve))
      res.json(req.session)
    })
    app.get('/unset/:key', (req: any, res) => {
      delete req.session[req.params.key]
      res.json(req.session)
    })
    app.get('/', (req: any, res) => res.json(req.session))
  }

  it('with names of ours are kept, changed and removed as in express-session, and read by either', async () => {
    await each(async contender => {
      await redis.client.flushall()
      const site = await open(contender.serve(redis.url, routes))
      const others = await each(other => open(other.serve(redis.url, routes)))
      let from: Answer | undefined
      for (const key of KEYS) from = await site.get(`/set/${key}/1`, from)
      await site.get('/set/update/2', from)
      await site.get('/set/outage/3?save', from)
      const expected = { handle: '1', outage: '3', revokeOthers: '1', update: '2', __created: '1' }
      for (const reader of [site, others.ours, others.theirs]) {
        const { cookie: _, ...data } = JSON.parse((await reader.get('/', from)).text)
        assert.deepEqual(data, expected)
      }
      for (const key of KEYS) await site.get(`/unset/${key}`, from)
      assert.deepEqual(Object.keys(await stored()), ['cookie'])
    })
  })

  it('of these names survive when another request writes meanwhile', async () => {
    let arrived = () => {}
    const arriving = new Promise<void>(resolve => (arrived = resolve))
    let release = () => {}
    const released = new Promise<void>(resolve => (release = resolve))
    const site = await open(
      ours.serve(redis.url, app => {
        routes(app)
        app.get('/slow', async (req: any, res) => {
          req.session.slow = 1
          arrived()
          await released
          await req.session.save()
          req.session.more = 1
          res.json(req.session)
        })
      }),
    )
    let from = await site.get('/set/handle/1')
    from = await site.get('/set/__created/1', from)
    const slow = site.get('/slow', from)
    await arriving
    for (const key of KEYS) await site.get(`/set/${key}/2`, from)
    release()
    await slow
    const { cookie: _, ...data } = await stored()
    assert.deepEqual(data, {
      ...{ handle: '2', outage: '2', revokeOthers: '2', update: '2', __created: '2' },
      ...{ slow: 1, more: 1 },
    } as never)
  })

  it('of these names can be given to a session of Koa', async () => {
    const koa = await open(
      serveKoa(
        {
          set(ctx) {
            ctx.session = { update: 1, outage: 2 }
            ctx.body = 'x'
          },
          show: ctx => (ctx.body = JSON.stringify(ctx.session)),
        },
        { redis: redis.url },
      ),
    )
    const first = await koa.get('/set')
    assert.include((await koa.get('/show', first)).text, '"update":1,"outage":2')
  })
})
