import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from 'chai'
import express from 'express'
import Koa from 'koa'
import { type HealthOptions, health } from '../../middleware/process/health.ts'
import { call, closing, startApp } from '../support/clients.ts'

describe('health', () => {
  const open = closing()
  const serve = async (options: HealthOptions = {}) => {
    const app = express()
    app.use(health(options)).get('/', (_, res) => void res.send('app'))
    return (await open(startApp(app))).address
  }

  it('says that the process lives, and whether it is ready', async () => {
    const address = await serve({ checks: { db: () => {}, cache: async () => true } })
    assert.deepEqual(JSON.parse((await call(address, '/livez')).text), { status: 'live' })
    const { status, headers, text } = await call(address, '/readyz?x=1')
    assert.equal(status, 200)
    assert.deepInclude(headers, { 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' })
    const body = JSON.parse(text)
    assert.equal(body.status, 'ready')
    assert.sameMembers(Object.keys(body.checks), ['db', 'cache'])
    assert.equal((await call(address, '/')).text, 'app')
    assert.equal((await call(address, '/readyz', { method: 'HEAD' })).status, 200)
    assert.equal((await call(address, '/readyz', { method: 'POST' })).status, 404)
  })

  const failures: Record<string, () => unknown> = {
    throws: () => {
      throw new Error('secret host 10.1.2.3')
    },
    rejects: async () => Promise.reject(new Error('secret host 10.1.2.3')),
    'throws what has no text': () => {
      throw Object.create(null)
    },
    'says no': () => false,
    'takes too long': () => new Promise(() => {}),
  }
  for (const [how, check] of Object.entries(failures)) {
    it(`is not ready when a check ${how}, and keeps the reason to itself`, async () => {
      const address = await serve({ checks: { good: () => {}, bad: check }, timeout: 50 })
      const { status, text } = await call(address, '/readyz')
      const { status: state, checks } = JSON.parse(text)
      assert.deepEqual([status, state, checks.good.status, checks.bad.status], [503, 'not ready', 'ok', 'failed'])
      assert.notInclude(text, 'secret')
      assert.equal((await call(address, '/livez')).status, 200)
    })
  }

  it('tells the reason where it may', async () => {
    const address = await serve({ checks: { bad: failures.throws! }, details: true })
    assert.equal(JSON.parse((await call(address, '/readyz')).text).checks.bad.error, 'secret host 10.1.2.3')
  })

  it('asks once, however many ask it, and not again before the cache is old', async () => {
    let asked = 0
    const check = async () => {
      asked++
      await sleep(30)
    }
    const address = await serve({ checks: { db: check }, cache: 200 })
    await Promise.all(Array.from({ length: 20 }, () => call(address, '/readyz')))
    await call(address, '/readyz')
    assert.equal(asked, 1)
    await sleep(250)
    await call(address, '/readyz')
    assert.equal(asked, 2)
  })

  it('gives up the check as well', async () => {
    let given: AbortSignal | undefined
    const address = await serve({
      timeout: 30,
      checks: {
        db: signal => {
          given = signal
          return new Promise(() => {})
        },
      },
    })
    await call(address, '/readyz')
    assert.isTrue(given?.aborted)
  })

  it('is not ready while the event loop is late, or the heap is full', async () => {
    const address = await serve({ eventLoopDelay: 50, cache: 0 })
    const busyUntil = performance.now() + 400
    while (performance.now() < busyUntil) {}
    await sleep(30)
    const { status, text } = await call(address, '/readyz')
    assert.deepEqual([status, JSON.parse(text).eventLoop.late], [503, true])
    const full = await call(await serve({ heap: 0.0001 }), '/readyz')
    assert.deepEqual([full.status, JSON.parse(full.text).heap.full], [503, true])
  })

  it('serves Koa, and lets everything else pass', async () => {
    const app = new Koa()
    app.use(health({ ready: '/health', checks: { bad: () => false } }) as never)
    app.use(ctx => {
      ctx.body = 'app'
    })
    const { address } = await open(startApp(app.callback()))
    assert.equal((await call(address, '/health')).status, 503)
    assert.equal((await call(address, '/livez')).status, 200)
    assert.equal((await call(address, '/readyz')).text, 'app')
  })

  it('says which option is wrong', () => {
    assert.throws(() => health({ checks: { db: 'up' as never } }), 'health: checks.db must be a function, not string')
    assert.throws(
      () => health({ timeout: 0 }),
      'health: timeout must be milliseconds, 1 or more and at most 2147483647, not 0',
    )
    assert.throws(() => health({ timeout: Number.POSITIVE_INFINITY }), 'health: timeout must be milliseconds')
    assert.throws(() => health({ heap: 90 }), 'health: heap must be a share of the heap limit')
  })
})
