// Redis away: killed, frozen, refusing. Never a hang, never a cookie of a session that was not stored, never a handler
// that does not know; and all is well again once Redis is.
import { assert } from 'chai'
import type express from 'express'
import { Redis } from 'ioredis'
import { closing } from '../support/clients.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { type Answer, ours, type Site, theirs } from './contenders.ts'

const DEADLINE = 250

describe('outage', () => {
  let redis: RedisServer
  const open = closing()
  beforeEach(async () => {
    redis = await startRedis()
  })
  afterEach(() => redis.close())

  const routes = (app: express.Express) => {
    app.get('/set', (req: any, res) => {
      req.session.count = (req.session.count ?? 0) + 1
      res.send(`${req.session.count} ${req.session.outage}`)
    })
    app.get('/get', (req: any, res) => void res.send(`${req.session.count} ${req.session.outage}`))
  }
  const serve = (options: object = {}) => open(ours.serve(redis.url, routes, options))
  const ways: Record<string, () => unknown> = { killed: () => redis.kill(), frozen: () => redis.freeze() }

  it('answers 503 when the function that says what to do throws', async () => {
    const fail = () => {
      throw new Error('no policy')
    }
    const site = await serve({ outage: fail })
    const first = await site.get('/set')
    await redis.kill()
    for (const path of ['/get', '/set']) assert.deepInclude(await site.get(path, first), { status: 503 }, path)
    const { status, headers } = await site.get('/set')
    assert.deepEqual([status, headers['set-cookie']], [503, undefined])
  })

  for (const [way, strike] of Object.entries(ways)) {
    it(`by default answers 503 in time, without a cookie, when Redis is ${way}`, async () => {
      const site = await serve()
      const first = await site.get('/set')
      await strike()
      for (let nth = 0; nth < 8; nth++) {
        for (const [path, from] of [
          ['/get', first],
          ['/set', undefined],
        ] as const) {
          const { answer, ms } = await timed(site, path, from)
          assert.equal(answer.status, 503, answer.text)
          assert.isUndefined(answer.headers['set-cookie'])
          assert.isBelow(ms, DEADLINE + 150)
        }
      }
    })

    it(`does not wait for it again and again when Redis is ${way}`, async () => {
      const site = await serve()
      const first = await site.get('/set')
      await strike()
      for (let nth = 0; nth < 5; nth++) await site.get('/get', first)
      assert.isBelow((await timed(site, '/get', first)).ms, 60)
    })

    it(`express-session + connect-redis hang when Redis is ${way}`, async () => {
      const client = new Redis(redis.url)
      const site = await open(theirs.serve(redis.url, routes, {}, client))
      const first = await site.get('/set')
      await strike()
      const outcome = await Promise.race([site.get('/get', first).catch(() => 'cut off'), later(1_000, 'hangs')])
      assert.equal(outcome, 'hangs')
    })

    it(`lets requests through without a session, when told to, and Redis is ${way}`, async () => {
      const site = await serve({ outage: 'anonymous' })
      const first = await site.get('/set')
      await strike()
      assert.equal((await site.get('/get', first)).text, 'undefined anonymous')
      const changed = await site.get('/set', first)
      // The client keeps the session that it has.
      assert.deepEqual([changed.status, changed.headers['set-cookie']], [200, undefined])
      const created = await site.get('/set')
      assert.deepEqual([created.status, created.headers['set-cookie']], [200, undefined])
    })

    it(`serves what it knows, when told to, and Redis is ${way}`, async () => {
      const site = await serve({ outage: 'stale' })
      const first = await site.get('/set')
      await strike()
      assert.equal((await site.get('/get', first)).text, '1 stale')
      assert.equal((await site.get('/set', first)).status, 503)
    })
  }

  it('of a frozen Redis closes a connection once, however many were waiting', async () => {
    const site = await serve()
    const first = await site.get('/set')
    const warnings: Error[] = []
    const onWarning = (warning: Error) => void warnings.push(warning)
    process.on('warning', onWarning)
    redis.freeze()
    await Promise.all(Array.from({ length: 40 }, () => site.get('/get', first)))
    process.off('warning', onWarning)
    assert.deepEqual(warnings, [])
  })

  it('ends without a restart, and a frozen Redis still has the session', async () => {
    const site = await serve()
    const first = await site.get('/set')
    redis.freeze()
    for (let nth = 0; nth < 6; nth++) assert.equal((await site.get('/get', first)).status, 503)
    redis.thaw()
    assert.equal((await eventually(site, '/set', first)).text, '2 undefined')
  })

  it('ends without a restart when Redis comes back empty', async () => {
    const site = await serve()
    await site.get('/set')
    await redis.kill()
    for (let nth = 0; nth < 6; nth++) assert.equal((await site.get('/set')).status, 503)
    await redis.start()
    assert.equal((await eventually(site, '/set')).text, '1 undefined')
    const first = await site.get('/set')
    assert.equal((await site.get('/set', first)).text, '2 undefined')
  })

  it('policy may depend on the request', async () => {
    const site = await serve({ outage: (req: any) => (req.path === '/get' ? 'anonymous' : 'fail') })
    const first = await site.get('/set')
    await redis.kill()
    assert.equal((await site.get('/get', first)).status, 200)
    assert.equal((await site.get('/set', first)).status, 503)
  })

  it('of a Redis that is not there yet ends when it is', async () => {
    await redis.kill()
    const site = await serve()
    assert.equal((await site.get('/set')).status, 503)
    await redis.start()
    assert.equal((await eventually(site, '/set')).text, '1 undefined')
  })

  it('is a wrong password too', async () => {
    await redis.client.config('SET', 'requirepass', 'right')
    const site = await open(ours.serve(`redis://:wrong@127.0.0.1:${redis.port}`, routes))
    const { answer, ms } = await timed(site, '/set')
    assert.equal(answer.status, 503)
    assert.isBelow(ms, DEADLINE + 150)
  })

  it('replaces an answer that was made: 503, nothing of what the handler said', async () => {
    const site = await open(
      ours.serve(redis.url, app => {
        app.get('/', async (req: any, res) => {
          req.session.user = 'ada'
          await redis.kill()
          res.cookie('other', '1').set('ETag', '"x"').status(204).end()
        })
        app.get('/written', async (req: any, res) => {
          req.session.user = 'ada'
          res.writeHead(302, { Location: '/home', 'Content-Length': 5 })
          res.end('hello')
        })
      }),
    )
    for (const path of ['/', '/written']) {
      const answer = await site.get(path)
      assert.equal(answer.status, 503)
      assert.match(answer.text, /session store is unavailable/)
      assert.containsAllKeys(answer.headers, ['retry-after'])
      for (const name of ['set-cookie', 'etag', 'location']) assert.notProperty(answer.headers, name)
      assert.equal(answer.headers['content-length'], String(answer.body.length))
    }
  })
})

async function timed(site: Site, path: string, from?: Answer): Promise<{ answer: Answer; ms: number }> {
  const start = performance.now()
  const answer = await site.get(path, from)
  return { answer, ms: performance.now() - start }
}

async function eventually(site: Site, path: string, from?: Answer): Promise<Answer> {
  for (const end = Date.now() + 10_000; ; ) {
    const answer = await site.get(path, from)
    if (answer.status === 200 || Date.now() > end) return answer
    await later(20)
  }
}

const later = <T>(ms: number, value?: T) => new Promise<T>(resolve => setTimeout(resolve, ms, value as T))
