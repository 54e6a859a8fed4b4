import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { assert } from 'chai'
import type express from 'express'
import { createSeal } from '../../middleware/hardening/seal.ts'
import { sealKeys } from '../../middleware/hardening/seal-keys.ts'
import { sealed } from '../../middleware/hardening/sealed.ts'
import { sessions } from '../../middleware/index.ts'
import { MemoryStore } from '../../middleware/stores/memory-store.ts'
import { RedisStore } from '../../middleware/stores/redis-store.ts'
import { call, closing, startApp } from '../support/clients.ts'
import { seeded } from '../support/random.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { type Answer, barrier, cookieOf, ours } from './contenders.ts'

const expressSession = createRequire(import.meta.url)('express-session')
const [A, B] = [randomBytes(32), randomBytes(32)]
const BLOB = /^v1\.[\w-]{8}\.[\w-]+$/

describe('sealed', () => {
  let redis: RedisServer
  const open = closing()
  before(async () => {
    redis = await startRedis()
  })
  beforeEach(() => redis.client.flushall())
  after(() => redis.close())

  const routes = (app: express.Express) => {
    app.get('/set/:key/:value', (req: any, res) => {
      req.session[req.params.key] = req.params.value
      res.send()
    })
    app.get('/update', async (req: any, res) => {
      await req.session.update((data: any) => {
        data.count = (data.count ?? 0) + 1
      })
      res.send(String(req.session.count))
    })
    app.get('/', (req: any, res) => {
      const { cookie: _, ...data } = req.session
      res.json(data)
    })
  }
  const serve = (options: object, more = routes) => open(ours.serve(redis.url, more, options))
  const keyOf = async () => (await redis.client.keys('*'))[0]!
  const stored = async () => (await redis.client.get(await keyOf()))!
  const read = async (site: { get(path: string, from?: Answer): Promise<Answer> }, from: Answer) =>
    JSON.parse((await site.get('/', from)).text)

  it('stores nothing that can be read, and reads it', async () => {
    const site = await serve({ encrypt: A })
    const first = await site.get(`/set/user/${encodeURIComponent('ada-lövelace-🐈')}`)
    assert.match(await stored(), BLOB)
    assert.notInclude(Buffer.from((await stored()).split('.')[2]!, 'base64url').toString('latin1'), 'ada')
    assert.deepEqual(await read(site, first), { user: 'ada-lövelace-🐈' })
    await site.get('/set/user/bob', first)
    assert.deepEqual(await read(site, first), { user: 'bob' })
  })

  it('takes no more commands than plaintext', async () => {
    const costs = async (options: object) => {
      const site = await serve(options)
      const first = await site.get('/set/a/1')
      await site.get('/set/a/2', first)
      return {
        read: await redis.counting(() => site.get('/', first)),
        modify: await redis.counting(() => site.get('/set/a/3', first)),
        create: await redis.counting(() => site.get('/set/a/1')),
        update: await redis.counting(() => site.get('/update', first)),
      }
    }
    assert.deepEqual(await costs({ encrypt: A }), await costs({}))
  })

  it('rotates keys, at one more command for the first change of a session', async () => {
    const old = await serve({ encrypt: A })
    const first = await old.get('/set/user/ada')
    const before = await stored()
    const site = await serve({ encrypt: [B, A] })
    assert.deepEqual(await read(site, first), { user: 'ada' })
    assert.equal(await stored(), before, 'reading does not write')
    assert.equal((await redis.counting(() => site.get('/set/a/1', first))).evalsha, 2)
    assert.notEqual((await stored()).split('.')[1], before.split('.')[1])
    assert.equal((await redis.counting(() => site.get('/set/a/2', first))).evalsha, 1)
    assert.deepEqual(await read(await serve({ encrypt: B }), first), { user: 'ada', a: '2' })
    // The old key alone: no session, and no error.
    assert.deepEqual(await read(old, first), {})
  })

  it('comes in by steps: read it, write it, refuse plaintext', async () => {
    const plain = await serve({})
    const first = await plain.get('/set/user/ada')
    const reading = await serve({ encrypt: ['plaintext', A] })
    await reading.get('/set/a/1', first)
    assert.deepEqual(await read(plain, first), { user: 'ada', a: '1' })
    const writing = await serve({ encrypt: A })
    await writing.get('/set/a/2', first)
    assert.match(await stored(), BLOB)
    await reading.get('/set/b/1', first)
    assert.match(await stored(), /^\{/)
    assert.deepEqual(await read(writing, first), { user: 'ada', a: '2', b: '1' })
    const refusing = await serve({ encrypt: A, encryptedOnly: true })
    assert.deepEqual(await read(refusing, first), {})
    await writing.get('/set/c/1', first)
    assert.deepEqual(await read(refusing, first), { user: 'ada', a: '2', b: '1', c: '1' })
  })

  it('takes what cannot be decrypted for no session, and counts it', async () => {
    const site = await serve({ encrypt: A })
    const [ada, bob] = [await site.get('/set/user/ada'), await site.get('/set/user/bob')]
    const [one, two] = (await redis.client.keys('*')) as [string, string]
    const [first, second] = (await redis.client.mget(one, two)) as [string, string]
    // Another's session under one's own id: that is what the binding to the id is for.
    await redis.client.mset(one, second, two, first)
    for (const each of [ada, bob]) {
      const answer = await site.get('/', each)
      assert.deepEqual([answer.status, answer.text], [200, '{}'])
    }
    const random = seeded(7)
    for (let nth = 0; nth < 20; nth++) {
      const at = Math.floor(random() * (first.length - 1))
      const changed = first.slice(0, at) + (first[at] === 'A' ? 'B' : 'A') + first.slice(at + 1)
      const cut = first.slice(0, at)
      for (const bad of [changed, cut]) {
        await redis.client.mset(one, bad, two, bad)
        for (const each of [ada, bob]) assert.equal((await site.get('/', each)).text, '{}', bad)
      }
    }
    await redis.client.mset(one, first, two, second)
    assert.deepEqual([await read(site, ada), await read(site, bob)].map(({ user }) => user).sort(), ['ada', 'bob'])
  })

  it('counts them as corrupt', async () => {
    const store = new MemoryStore()
    const middleware = sessions({ secret: 'keyboard cat', store, encrypt: A, resave: false, saveUninitialized: true })
    const site = await open(startApp((req: any, res) => middleware(req, res, () => res.end(req.sessionID))))
    const first = await call(site.address, '/')
    assert.match(store.sessions[first.text]!, BLOB)
    store.sessions[first.text] = 'v1.abcdefgh.AAAA'
    const second = await call(site.address, '/', { headers: { cookie: cookieOf(first)! } })
    assert.notEqual(second.text, first.text)
    const { outrigger_sessions_corrupt_total: corrupt, outrigger_sessions_misses_total: misses } = middleware.metrics()
    assert.deepEqual([corrupt, misses], [1, 0])
  })

  for (const [what, pair] of [
    ['one key', [{ encrypt: A }, { encrypt: A }]],
    ['keys in rotation', [{ encrypt: [A, B] }, { encrypt: [B, A] }]],
    ['plaintext and a key', [{ encrypt: ['plaintext', A] }, { encrypt: A }]],
  ] as [string, [object, object]][]) {
    it(`loses no update of two servers with ${what}`, async () => {
      const arrived = barrier(60)
      const waiting = (app: express.Express) => {
        app.get('/race/:key', async (req: any, res) => {
          await arrived()
          req.session[req.params.key] = 1
          res.send()
        })
        routes(app)
      }
      const servers = [await serve(pair[0], waiting), await serve(pair[1], waiting)] as const
      const start = await servers[0].get('/set/start/1')
      const all = (path: (nth: number) => string) =>
        Promise.all(Array.from({ length: 60 }, (_, nth) => servers[nth % 2]!.get(path(nth), start)))
      for (const { status, text } of await all(nth => `/race/k${nth}`)) assert.equal(status, 200, text)
      for (const { status, text } of await all(() => '/update')) assert.equal(status, 200, text)
      const data = await read(servers[0], start)
      assert.equal(data.count, 60)
      assert.lengthOf(Object.keys(data), 62)
    })
  }

  it('leaves claims where they are: what was claimed is compared as claimed', async () => {
    const store = await open(new RedisStore(redis.url))
    const [a, b] = [[A], [B, A]].map(keys => sealed(store.driver, createSeal(sealKeys(keys), false))) as [any, any]
    const [first, second, third] = ['{"cookie":{},"n":1}', '{"cookie":{},"n":2}', '{"cookie":{},"n":3}']
    await a.create('id', { json: first, life: 60_000 })
    assert.equal(await b.claim('id'), `${first} `)
    assert.match(await stored(), /^v1\.\S+ $/)
    assert.deepInclude(await a.replace('id', { json: second, life: 60_000 }, first), { current: `${first} ` })
    assert.equal(await b.replace('id', { json: second, life: 60_000 }, `${first} `), 'saved')
    assert.deepInclude(await b.replace('id', { json: third, life: 60_000 }, first), { current: second })
    assert.equal(await a.claim('id'), undefined, 'a server without the new key')
    assert.equal(await a.replace('id', { json: third, life: 60_000 }, second), 'gone')
    assert.isUndefined(await b.claim('nobody'))
  })

  it('makes the same of the same, and another of each session', () => {
    const { seal, open: unseal } = createSeal(sealKeys(A), true)
    assert.equal(seal('a', 'text'), seal('a', 'text'))
    const all = new Set(['a', 'ab'].flatMap(id => ['text', 'btext', ''].map(text => seal(id, text))))
    assert.equal(all.size, 6)
    const nonces = [...all].map(blob => Buffer.from(blob.split('.')[2]!, 'base64url').toString('hex', 0, 12))
    assert.equal(new Set(nonces).size, 6)
    assert.equal(unseal('a', `${seal('a', 'text')}  `), 'text  ')
    assert.isUndefined(unseal('ab', seal('a', 'text')))
    assert.isUndefined(unseal('a', '{}'))
  })

  it('takes a key in each of its forms', () => {
    const ids = [A, new Uint8Array(A), A.toString('hex'), A.toString('base64'), A.toString('base64url')].map(
      key => sealKeys(key).first!.id,
    )
    assert.equal(new Set(ids).size, 1)
    assert.equal(sealKeys('correct horse battery staple').first!.id, sealKeys('correct horse battery staple').first!.id)
  })

  const bad: [object, RegExp][] = [
    [{ encrypt: 'short' }, /^encrypt option is 5 characters long: neither 32 bytes .* make one with: node -e/],
    [{ encrypt: Buffer.alloc(16) }, /^encrypt option must be 32 bytes, not 16/],
    [{ encrypt: [A, 7] }, /^encrypt\[1\] option must be a Buffer or a string, not number/],
    [{ encrypt: null }, /^encrypt option must be a Buffer or a string, not null/],
    [{ encrypt: [] }, /^encrypt option must contain one or more keys/],
    [{ encrypt: 'plaintext' }, /one or more keys/],
    [{ encrypt: [A, 'plaintext'] }, /^encrypt\[1\] option: 'plaintext' may only stand first/],
    [{ encrypt: [A, A.toString('hex')] }, /the same key twice/],
    [{ encryptedOnly: true }, /^encryptedOnly option needs encrypt/],
    [{ encrypt: A, encryptedOnly: 'yes' }, /^encryptedOnly option must be true or false, not string/],
    [{ encrypt: ['plaintext', A], encryptedOnly: true }, /contradicts/],
    [{ encrypt: undefined }, /^encrypt option is undefined; is the environment variable set\?/],
    [{ encrypt: A, store: new expressSession.MemoryStore() }, /^encrypt needs a store that takes text/],
  ]
  it('refuses what is no key, and stores that take objects', () => {
    for (const [options, message] of bad)
      assert.throws(
        () => sessions({ secret: 'keyboard cat', resave: false, saveUninitialized: false, ...options }),
        TypeError,
        message,
      )
  })

  it('never falls back to plaintext: a store whose methods are replaced later is refused by request', async () => {
    const store = new MemoryStore()
    const site = await serve({ redis: undefined, store, encrypt: A })
    const first = await site.get('/set/a/1')
    store.set = (() => assert.fail('not asked')) as never
    assert.match((await site.get('/set/a/2', first)).text, /encrypt needs a store that takes text/)
    assert.equal((await site.get('/set/a/2')).status, 503)
  })
})
