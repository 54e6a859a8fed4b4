// What Redis can say instead of serving. Of each there is one outcome: 503 in time, the reason in the message, and the
// end of it without a restart. Redis that is killed or frozen is in outage.test.ts.
import { connect } from 'node:net'
import { assert } from 'chai'
import { Redis } from 'ioredis'
import { closing, startNet } from '../support/clients.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { freePort, until } from '../support/redis-process.ts'
import { type Answer, ours, type Site } from './contenders.ts'

/** A request loads and writes: twice the deadline of 250 ms, and what a busy machine adds. */
const LONGEST = 2 * 250 + 400

interface Condition {
  readonly name: string
  readonly settings?: readonly string[]
  readonly options?: object
  /** While a session is only read. Default 503. */
  readonly reads?: 200
  /** A write that is refused has the connection made anew, which those who read meanwhile notice. */
  readonly cuts?: true
  readonly reason: RegExp
  strike(redis: RedisServer): Promise<unknown>
  heal(redis: RedisServer): Promise<unknown>
}

const set = (name: string, value: string | number) => (redis: RedisServer) => redis.client.config('SET', name, value)

const CONDITIONS: readonly Condition[] = [
  { name: 'OOM', reads: 200, reason: /: OOM /, strike: set('maxmemory', 1), heal: set('maxmemory', 0) },
  {
    name: 'MISCONF',
    reads: 200,
    settings: ['--save', '3600 1', '--enable-protected-configs', 'yes'],
    reason: /: MISCONF /,
    async strike({ client }) {
      // A snapshot cannot take the place of a folder.
      await client.config('SET', 'dbfilename', '.')
      await client.set('any', 1)
      await client.bgsave()
      await until('snapshot fails', async () => /rdb_last_bgsave_status:err/.test(await client.info('persistence')))
    },
    heal: set('stop-writes-on-bgsave-error', 'no'),
  },
  {
    name: 'NOREPLICAS',
    reads: 200,
    reason: /: NOREPLICAS /,
    strike: set('min-replicas-to-write', 1),
    heal: set('min-replicas-to-write', 0),
  },
  {
    name: 'READONLY',
    reads: 200,
    cuts: true,
    reason: /[:;] READONLY /,
    strike: async ({ client }) => client.replicaof('127.0.0.1', await freePort()),
    heal: ({ client }) => client.replicaof('NO', 'ONE'),
  },
  {
    name: 'NOPERM',
    reason: /: NOPERM /,
    strike: ({ client }) => client.acl('SETUSER', 'default', '-getex', '-set', '-evalsha'),
    heal: ({ client }) => client.acl('SETUSER', 'default', '+@all'),
  },
  {
    name: 'BUSY',
    settings: ['--busy-reply-threshold', '50'],
    reason: /: BUSY /,
    async strike({ url, client }) {
      const other = new Redis(url)
      other.on('error', () => other.disconnect())
      other.eval('while true do end', 0).catch(() => other.disconnect())
      await until('script is known to be slow', () =>
        client.ping().then(
          () => false,
          () => true,
        ),
      )
    },
    heal: ({ client }) => client.script('KILL'),
  },
  {
    name: 'NOAUTH',
    reason: /NOAUTH/,
    async strike(redis) {
      await set('requirepass', 'right')(redis)
      await redis.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    },
    heal: set('requirepass', ''),
  },
  {
    name: 'WRONGPASS',
    settings: ['--requirepass', 'right'],
    options: { password: 'right' },
    reason: /WRONGPASS/,
    async strike(redis) {
      await set('requirepass', 'changed')(redis)
      await redis.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    },
    heal: set('requirepass', 'right'),
  },
  {
    name: 'LOADING',
    settings: ['--rdbcompression', 'no', '--key-load-delay', '2000', '--loading-process-events-interval-bytes', '1024'],
    reason: /: LOADING /,
    async strike(redis) {
      const many = redis.client.pipeline()
      for (let nth = 0; nth < 300; nth++) many.set(`key${nth}`, 'x'.repeat(300))
      await many.exec()
      await redis.client.save()
      await redis.kill()
      await redis.start('speaks')
    },
    heal: () => Promise.resolve(),
  },
]

describe('conditions of Redis', () => {
  const open = closing()
  const routes = (app: any) => {
    app.get('/set', (req: any, res: any) => {
      req.session.count = (req.session.count ?? 0) + 1
      res.send(`${req.session.count}`)
    })
    // A 503 in place of an answer names no reason, as it goes to the public; an error of `save` does.
    app.get('/save', async (req: any, res: any) => {
      req.session.count = (req.session.count ?? 0) + 1
      await req.session.save().catch((error: Error) => {
        res.set('X-Reason', error.message)
        throw error
      })
      res.send(`${req.session.count}`)
    })
    app.get('/get', (req: any, res: any) => void res.send(`${req.session.count}`))
  }

  for (const { name, settings = [], options = {}, reads = 503, cuts, reason, strike, heal } of CONDITIONS) {
    it(`${name}: 503 in time that says so, and an end`, async () => {
      const redis = await open(startRedis(...settings))
      const site = await open(ours.serve({ host: '127.0.0.1', port: redis.port, ...options } as never, routes))
      const first = await site.get('/set')
      assert.equal(first.text, '1')
      await strike(redis)
      const ask = () => [
        ...(cuts ? [] : [expect(site, '/get', first, reads, reason)]),
        expect(site, '/save', first, 503, reason),
        expect(site, '/save', undefined, 503, reason),
        expect(site, '/set', first, 503, /unavailable/),
      ]
      await expect(site, '/get', first, reads, reason)
      // The second time with a breaker that is open, if it opens.
      await Promise.all([...ask(), ...ask()])
      await Promise.all(ask())
      await heal(redis)
      await until('served again', async () => (await site.get('/get', first)).status === 200)
      assert.equal((await site.get('/set', first)).text, '2')
    })
  }

  it('are subject to the policies', async () => {
    const redis = await open(startRedis())
    const site = async (outage: string) => open(ours.serve(redis.url, routes, { outage }))
    const [anonymous, stale] = [await site('anonymous'), await site('stale')]
    const [mine, known] = [await anonymous.get('/set'), await stale.get('/set')]
    await set('maxmemory', 1)(redis)
    assert.equal((await anonymous.get('/get', mine)).text, '1')
    assert.deepInclude(await anonymous.get('/set', mine), { status: 200, text: '2', cookie: mine.cookie })
    assert.isUndefined((await anonymous.get('/set')).cookie)
    assert.equal((await stale.get('/set', known)).status, 503)
    await set('maxmemory', 0)(redis)
    await redis.client.acl('SETUSER', 'default', '-getex', '-set', '-evalsha')
    assert.equal((await anonymous.get('/get', mine)).text, 'undefined')
    assert.equal((await stale.get('/get', known)).text, '1')
    assert.equal((await stale.get('/set', known)).status, 503)
  })

  it('a hole in the network, which forgets its connections: 503 in time, and an end', async () => {
    const redis = await open(startRedis())
    let lets = true
    const proxy = await open(
      startNet(socket => {
        const upstream = connect(redis.port, '127.0.0.1').on('error', () => {})
        let alive = lets
        socket.on('data', bytes => (alive &&= lets) && upstream.write(bytes)).on('close', () => upstream.destroy())
        upstream.on('data', bytes => (alive &&= lets) && socket.write(bytes))
      }),
    )
    const site = await open(ours.serve(`redis://${proxy.address}`, routes))
    const first = await site.get('/set')
    lets = false
    const ask = () => expect(site, '/save', first, 503, /no answer within 250 ms/)
    await Promise.all(Array.from({ length: 6 }, ask))
    await ask()
    lets = true
    await until('served again', async () => (await site.get('/get', first)).status === 200)
    assert.equal((await site.get('/set', first)).text, '2')
  })

  it('a restart with what was on disk: nothing is lost, and nobody notices once it is over', async () => {
    const redis = await open(startRedis('--appendonly', 'yes', '--appendfsync', 'no'))
    const site = await open(ours.serve(redis.url, routes))
    const first = await site.get('/set')
    await redis.kill()
    await expect(site, '/save', first, 503, /ECONNREFUSED|connection is lost|not connected/)
    await redis.start()
    await until('served again', async () => (await site.get('/get', first)).status === 200)
    assert.equal((await site.get('/set', first)).text, '2')
  })
})

async function expect(site: Site, path: string, from: Answer | undefined, status: number, reason: RegExp) {
  const start = performance.now()
  const answer = await site.get(path, from)
  assert.equal(answer.status, status, answer.text)
  assert.isBelow(performance.now() - start, LONGEST)
  if (status === 503) assert.match(`${answer.headers['x-reason'] ?? answer.text}`, reason)
}
