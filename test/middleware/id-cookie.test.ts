// Bad input: what a client sends as its cookie, and what has become of a session in Redis.
import { assert } from 'chai'
import { closing } from '../support/clients.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { ours } from './contenders.ts'

describe('bad input', () => {
  let redis: RedisServer
  const open = closing()
  before(async () => {
    redis = await startRedis()
  })
  beforeEach(() => redis.client.flushall())
  after(() => redis.close())
  const serve = () =>
    open(
      ours.serve(redis.url, app => {
        app.get('/', (req: any, res) => {
          req.session.count = (req.session.count ?? 0) + 1
          res.send(String(req.session.count))
        })
      }),
    )

  it('a forged, truncated, oversized or undecodable cookie is a new client, and Redis is not asked', async () => {
    const site = await serve()
    const { cookie } = await site.get('/')
    const bad = ['connect.sid=', 'connect.sid=s%3A', 'connect.sid=s%3Aabc', 'connect.sid=%', 'connect.sid=s%3A%ff%fe.x']
    bad.push(
      cookie!.slice(0, -3),
      cookie!.replace('s%3A', ''),
      cookie!.replace(/.\./, '.'),
      `connect.sid=s%3A${'a'.repeat(8_000)}.b`,
    )
    for (const each of bad) {
      const counts = await redis.counting(async () => assert.equal((await site.get('/', each)).text, '1', each))
      assert.deepEqual(counts, { set: 1 }, each)
    }
  })

  it('corrupt JSON in Redis is a new session', async () => {
    const site = await serve()
    const first = await site.get('/')
    const [key] = await redis.client.keys('*')
    for (const corrupt of ['{"cookie":', '', 'null', '\u0000']) {
      await redis.client.set(key!, corrupt)
      const answer = await site.get('/', first)
      assert.deepEqual([answer.status, answer.text], [200, '1'])
      assert.notEqual(answer.cookie, first.cookie)
    }
  })

  it('JSON without a cookie, and a key of another type, are errors that say what they are', async () => {
    const site = await serve()
    const first = await site.get('/')
    const [key] = await redis.client.keys('sess:*')
    for (const { cookie } of [first]) {
      const id = decodeURIComponent(cookie!.split('=')[1]!).slice(2).split('.')[0]
      await redis.client.set(`sess:${id}`, '{"foo":"bar"}')
      assert.equal((await site.get('/', first)).status, 500)
      await redis.client.del(`sess:${id}`)
      await redis.client.lpush(`sess:${id}`, 'x')
      assert.match((await site.get('/', first)).text, /WRONGTYPE/)
    }
    assert.isString(key)
  })
})
