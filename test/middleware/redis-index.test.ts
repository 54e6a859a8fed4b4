// The sessions of a user in Redis: what it costs, what it leaves, and what a Cluster would say to it.
import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from 'chai'
import expressSession from 'express-session'
import { Redis } from 'ioredis'
import { MemoryStore, type Sessions, sessions } from '../../middleware/index.ts'
import { RedisStore } from '../../middleware/stores/redis-store.ts'
import { closing } from '../support/clients.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { type Answer, SECRET, type Site, site, slow } from './contenders.ts'

const DEFAULTS = {
  secret: SECRET,
  resave: false,
  saveUninitialized: false,
  indexBy: 'user',
  cookie: { maxAge: 60_000 },
}

describe('the sessions of a user in Redis', () => {
  let redis: RedisServer
  const open = closing()
  before(async () => {
    redis = await startRedis()
  })
  beforeEach(() => redis.client.flushall())
  after(() => redis.close())

  async function serve(options: object = {}): Promise<Site & { api: Sessions }> {
    const api = sessions({ ...DEFAULTS, redis: redis.url, deadline: 2_000, ...options })
    const served = await site(
      api,
      app => {
        app.get('/', (req: any, res) => void res.send(String(req.session.user)))
        app.get('/set/:key/:value', async (req: any, res) => {
          req.session[req.params.key] = req.params.value
          res.send()
        })
        app.get('/regenerate', async (req: any, res) => {
          await req.session.regenerate({ keep: true })
          res.send()
        })
        app.get('/destroy', async (req: any, res) => {
          await req.session.destroy()
          res.send()
        })
      },
      () => api.close(),
    )
    return open(Object.assign(served, { api }))
  }

  /** What the script of the index calls is counted as well. */
  const SCRIPT = { evalsha: 1, time: 1, zrangebyscore: 1, zscore: 1, zadd: 1, zrevrange: 1, pexpireat: 1 }
  const REPLACE = { evalsha: 1, get: 1, set: 1 }

  it('cost one command when a user comes or goes, and none else', async () => {
    const app = await serve()
    await app.get('/set/x/2', await app.get('/set/user/warm'))
    const cost = async (path: string, from?: Answer) => {
      let answer: Answer
      const counts = await redis.counting(async () => {
        answer = await app.get(path, from)
      })
      return { counts, answer: answer! }
    }
    const nobody = await cost('/set/x/1')
    assert.deepEqual(nobody.counts, { set: 1 })
    assert.deepEqual((await cost('/', nobody.answer)).counts, { getex: 1 })
    assert.deepEqual((await cost('/set/user/ada', nobody.answer)).counts, {
      getex: 1,
      ...SCRIPT,
      ...REPLACE,
      evalsha: 2,
    })
    const login = await cost('/set/user/ada')
    assert.deepEqual(login.counts, { ...SCRIPT, set: 1 })
    for (let nth = 0; nth < 3; nth++) assert.deepEqual((await cost('/', login.answer)).counts, { getex: 1 })
    assert.deepEqual((await cost('/set/x/1', login.answer)).counts, { getex: 1, ...REPLACE })
    assert.deepEqual((await cost('/set/user/ada', login.answer)).counts, { getex: 1 })
    assert.deepEqual((await cost('/set/user/bob', login.answer)).counts, {
      getex: 1,
      ...SCRIPT,
      ...REPLACE,
      evalsha: 2,
    })
    assert.deepEqual((await cost('/destroy', login.answer)).counts, { getex: 1, del: 1, zrem: 1 })
  })

  it('are refreshed once in a life by each process that reads', async () => {
    const app = await serve({ cookie: { maxAge: 250 } })
    const login = await app.get('/set/user/ada')
    const start = Date.now()
    let reads = 0
    const counts = await redis.counting(async () => {
      for (; Date.now() - start < 750; reads++) {
        await app.get('/', login)
        await sleep(10)
      }
    })
    // Not less often either, or a session of a busy machine has ended.
    assert.isAtMost(counts.zadd ?? 0, 3)
    assert.isAtLeast(counts.zadd ?? 0, 1)
    assert.equal(counts.getex, reads)
  })

  it('take commands and scripts on one key each, as a Cluster asks', async () => {
    const monitor = await redis.client.monitor()
    await open({ close: () => monitor.disconnect() })
    const asked: string[][] = []
    monitor.on('monitor', (_time, args: string[], source: string) => {
      if (source !== 'lua') asked.push(args)
    })
    const app = await serve()
    const login = await app.get('/set/user/ada')
    await redis.client.ping()
    const order = asked.map(
      ([command, ...args]) => `${command} ${args.find(arg => arg.startsWith('sess'))?.match(/^[^:]*:/)}`,
    )
    assert.deepEqual(
      order.filter(each => /sess/.test(each) && !each.startsWith('eval ')),
      ['evalsha sess-of:', 'set sess:'],
    )
    await app.get('/set/user/bob', login)
    await app.get('/regenerate', login)
    await Promise.all([app.get('/set/user/bob'), app.get('/set/user/bob'), app.get('/set/user/bob')])
    await app.api.sessionsOf('bob')
    await app.api.revoke('bob', (await app.api.sessionsOf('bob'))[0]!.handle)
    await app.api.revokeAll('bob')
    await redis.client.ping()
    const names = new Set(asked.map(([name]) => name!.toLowerCase()))
    for (const name of ['zscan', 'zrem', 'evalsha', 'del', 'pttl']) assert.include([...names], name)
    for (const [name, ...args] of asked) {
      if (/^eval/i.test(name!)) assert.equal(args[1], '1', `${name} of ${args[1]} keys`)
      // What follows the key is no second one.
      else if (/^(?:del|get|pttl)$/i.test(name!)) assert.lengthOf(args, 1)
      else assert.match(name!, /^(?:getex|set|zscan|zrem|hello|info|client|ping)$/i)
    }
  })

  it('are listed from their first moment, whoever looked between entry and session', async () => {
    const client = slow(redis.url, 20)
    await open({ close: () => client.disconnect() })
    const app = await serve({ redis: undefined, store: new RedisStore({ client }) })
    let looks = 0
    let looking = true
    const looker = (async () => {
      const other = await serve()
      for (; looking; looks++) await other.api.sessionsOf('ada')
    })()
    const login = await app.get('/set/user/ada')
    assert.lengthOf(await app.api.sessionsOf('ada'), 1)
    looking = false
    await looker
    assert.isAbove(looks, 2)
    assert.equal((await app.get('/', login)).text, 'ada')
  })

  it('are listed and revoked in a Cluster, which refuses commands on keys of two slots', async () => {
    const node = await open(startRedis('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'))
    await node.client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    await until(async () => /cluster_state:ok/.test(String(await node.client.call('CLUSTER', 'INFO'))))
    const refused = await node.client.mget('sess:a', 'sess:b').catch((error: Error) => error)
    assert.match(String(refused), /CROSSSLOT/)
    const app = await serve({ redis: [{ host: '127.0.0.1', port: node.port }] })
    await app.api.ready()
    const logins: Answer[] = []
    for (let nth = 0; nth < 20; nth++) logins.push(await app.get('/set/user/ada'))
    await app.get('/set/user/bob', logins[0])
    assert.lengthOf(await app.api.sessionsOf('ada'), 19)
    assert.isTrue(await app.api.revoke('bob', (await app.api.sessionsOf('bob'))[0]!.handle))
    assert.equal(await app.api.revokeAll('ada'), 19)
    for (const login of logins) assert.equal((await app.get('/', login)).text, 'undefined')
    // The entry of the session that became bob's fades.
    assert.equal(await node.client.dbsize(), 1)
  })

  it('leave nothing of users who do not return, and no more than a set for each who does', async () => {
    const app = await serve({ cookie: { maxAge: 100 } })
    const users = Array.from({ length: 20 }, (_, nth) => `user${nth}`)
    await Promise.all(users.map(user => app.get(`/set/user/${user}`)))
    assert.equal(await redis.client.dbsize(), 40)
    await until(async () => (await redis.client.dbsize()) === 0)
    // Of one who does: passed entries make room.
    for (let nth = 0; nth < 8; nth++) {
      await app.get('/set/user/ada')
      await sleep(60)
    }
    assert.isBelow(await redis.client.zcard('sess-of:ada'), 7)
    await until(async () => (await redis.client.dbsize()) === 0)
  })

  it('end with the set when all are revoked, and are no sessions to those who scan', async () => {
    for (const prefix of ['sess:', 'app', '']) {
      const app = await serve({ prefix })
      await app.get('/set/user/ada')
      const store = new RedisStore({ client: redis.url, prefix })
      const found = await new Promise((resolve, reject) =>
        store.length((error, length) => (error ? reject(error) : resolve(length))),
      )
      assert.equal(found, 1, prefix)
      await store.close()
      assert.equal(await app.api.revokeAll('ada'), 1)
      assert.deepEqual(await redis.client.keys('*'), [])
    }
  })

  it('can be ten thousand', async () => {
    const app = await serve()
    await app.get('/set/user/ada')
    const [first] = await redis.client.keys('sess:*')
    const json = (await redis.client.get(first!))!
    const [, end] = await redis.client.zrange('sess-of:ada', '0', '0', 'WITHSCORES')
    const pipeline = redis.client.pipeline()
    for (let nth = 0; nth < 10_000; nth++) {
      pipeline.set(`sess:${nth}`, json, 'PX', 60_000)
      pipeline.zadd('sess-of:ada', end!, `${nth}`)
    }
    await pipeline.exec()
    const found = await app.api.sessionsOf('ada')
    assert.lengthOf(found, 10_001)
    assert.isTrue(await app.api.revoke('ada', found[5_000]!.handle))
    assert.equal(await app.api.revokeAll('ada', { except: found[1]!.handle }), 9_999)
    assert.deepEqual(
      (await app.api.sessionsOf('ada')).map(({ handle }) => handle),
      [found[1]!.handle],
    )
    assert.equal(await redis.client.zcard('sess-of:ada'), 1)
  })

  it('say how far they came when Redis fails midway, and can be revoked again', async () => {
    const app = await serve()
    const logins: Answer[] = []
    for (let nth = 0; nth < 250; nth++) logins.push(await app.get('/set/user/ada'))
    const client = new Redis(redis.url)
    const { del } = client
    let dels = 0
    client.del = ((key: string) => {
      // As by a firewall: from here on the connection is dead.
      if (++dels === 150) client.disconnect()
      return (del as (key: string) => Promise<number>).call(client, key)
    }) as never
    const failing = sessions({ ...DEFAULTS, store: new RedisStore({ client }) })
    const error = await failing.revokeAll('ada').catch((error: any) => error)
    assert.equal(error.code, 'ERR_REVOCATION_INCOMPLETE')
    assert.equal(error.revoked, 100)
    const left = (await app.api.sessionsOf('ada')).length
    assert.isBelow(left, 151)
    assert.equal(await app.api.revokeAll('ada'), left)
    for (const login of logins.slice(0, 5)) assert.equal((await app.get('/', login)).text, 'undefined')
  })

  it('that cannot be entered are not created; those that are there can be read', async () => {
    const app = await serve()
    const old = await (await serve({ indexBy: undefined })).get('/set/user/ada')
    await redis.client.call('ACL', 'SETUSER', 'default', '-zadd')
    const answer = await app.get('/set/user/ada')
    assert.deepEqual([answer.status, answer.headers['set-cookie']], [503, undefined])
    assert.equal((await app.get('/', old)).text, 'ada')
    await redis.client.call('ACL', 'SETUSER', 'default', '+zadd')
    assert.lengthOf(await redis.client.keys('sess:*'), 1)
  })

  it('need a store that can list them, and a user that can be one', async () => {
    for (const store of [new expressSession.MemoryStore(), { get() {}, set() {}, destroy() {} }])
      assert.throws(
        () => sessions({ ...DEFAULTS, store: store as never }),
        TypeError,
        /^indexBy needs .*, EmbeddedStore or MemoryStore/,
      )
    class Overridden extends MemoryStore {
      override get(): void {}
    }
    assert.throws(() => sessions({ ...DEFAULTS, store: new Overridden() }), TypeError, /got Overridden$/)
    for (const indexBy of ['', 7, {}] as never[])
      assert.throws(() => sessions({ ...DEFAULTS, store: new MemoryStore(), indexBy }), TypeError, /^indexBy must be/)
    const { api } = await serve()
    const without = sessions({ ...DEFAULTS, store: new MemoryStore(), indexBy: undefined })
    for (const [work, message] of [
      [api.sessionsOf(undefined as never), /^sessionsOf: a user is a string or a number, got .*undefined/],
      [api.sessionsOf(''), /got ''$/],
      [api.revoke({} as never, 'x'), /^revoke: a user .* got an object/],
      [api.revoke('ada', 7 as never), /^revoke: a handle is a string/],
      [api.revokeAll('ada', { except: {} as never }), /^except: a session or a handle/],
      [without.sessionsOf('ada'), /^sessionsOf needs the option indexBy$/],
      [without.revokeAll('ada'), /^revokeAll needs the option indexBy$/],
    ] as const) {
      const error = await (work as Promise<unknown>).catch((error: Error) => error)
      assert.instanceOf(error, TypeError)
      assert.match((error as Error).message, message)
    }
  })
})
