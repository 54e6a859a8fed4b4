// One outcome for whatever a client sends as its cookie, and whatever has become of a session in the store: a new
// session, and no error. Over raw sockets, since a client library would not send most of it.
import { assert } from 'chai'
import { sign } from 'cookie-signature'
import type express from 'express'
import { closing } from '../support/clients.ts'
import { openRaw, readResponses } from '../support/raw.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import cookieParser from './compatible/cookie-parser.ts'
import { ours, SECRET, type Site } from './contenders.ts'

describe('bad input', () => {
  let redis: RedisServer
  const open = closing()
  before(async () => {
    redis = await startRedis()
  })
  beforeEach(() => redis.client.flushall())
  after(() => redis.close())

  const routes = (app: express.Express) => {
    app.get('/', (req: any, res) => {
      req.session.count = (req.session.count ?? 0) + 1
      res.send(String(req.session.count))
    })
    app.get('/polluted', (req: any, res) => {
      res.json([
        ({} as any).admin,
        req.session.admin,
        typeof req.session.save,
        Object.keys(req.session),
        req.session.count,
      ])
    })
  }
  const stores: Record<string, (options?: object) => Promise<Site>> = {
    redis: options => open(ours.serve(redis.url, routes, options)),
    'in the process': options => open(ours.serve('', routes, { redis: undefined, ...options })),
  }

  /** Bytes as they are, one per character. */
  async function ask(site: Site, ...cookies: string[]) {
    const client = await open(openRaw(site.address))
    const fields = cookies.map(cookie => `Cookie: ${cookie}\r\n`).join('')
    await client.send(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`)
    await client.until(() => client.ending !== 'open', 5_000)
    const [response] = readResponses(client.bytes, ['GET'], true).responses
    return {
      status: response!.status,
      text: response!.body.toString(),
      cookie: response!.fields.find(([name]) => name.toLowerCase() === 'set-cookie')?.[1].split(';')[0],
      bytes: client.bytes.toString('latin1'),
    }
  }

  for (const [where, serve] of Object.entries(stores)) {
    it(`a cookie that we did not make is a new client, and costs no look into the store (${where})`, async () => {
      const site = await serve()
      const { cookie = '' } = await ask(site)
      const long = 'a'.repeat(8_000)
      const bad = [
        ...['', ';;;', '=', 'connect.sid', 'connect.sid=', 'connect.sid=s%3A', 'connect.sid=s%3Aabc', 'connect.sid=%'],
        ...[
          'connect.sid=s%3A.',
          'connect.sid="',
          'connect.sid=s:',
          'connect.sid=s%3A%ff%fe.x',
          'connect.sid=s%3A%00.%00',
        ],
        ...['connect.sid=s:\xff\xfe\x80.\xc0', 'connect.sid=j%3A%7B%22a%22%3A1%7D', 'connect.sid=j:{"a":1}'],
        ...['__proto__=s%3Aa.b', 'constructor=s%3Aa.b', '__proto__[connect.sid]=1', 'connect.sid=[object Object]'],
        ...[`connect.sid=s%3A${long}.b`, `connect.sid=s%3Aa.${long}`, `${long}=1`, 'connect.sid=x;'.repeat(500)],
        ...[cookie.slice(0, -3), cookie.replace('s%3A', ''), cookie.replace(/.\./, '.'), `${cookie}x`],
        cookie.toUpperCase(),
      ]
      for (const each of bad) {
        const counts = await redis.counting(async () => {
          const { status, text, cookie: fresh, bytes } = await ask(site, each)
          assert.deepEqual([status, text], [200, '1'], each)
          assert.notEqual(fresh, cookie)
          assert.notInclude(bytes, 'aaaaaaaa', 'reflected')
        })
        assert.deepEqual(counts, where === 'redis' ? { set: 1 } : {}, each)
      }
    })

    it(`of many cookies of one name the first counts, wherever they stand (${where})`, async () => {
      const site = await serve()
      const { cookie = '' } = await ask(site)
      assert.equal((await ask(site, `${cookie}; ${'connect.sid=x; '.repeat(200)}`)).text, '2')
      assert.equal((await ask(site, cookie, 'connect.sid=x')).text, '3')
      assert.equal((await ask(site, 'connect.sid=x', cookie)).text, '1')
    })

    it(`a cookie named as what every object has is a cookie like others (${where})`, async () => {
      for (const name of ['constructor', 'toString']) {
        const site = await serve({ name })
        assert.equal((await ask(site, `${name}=s%3Aa.b`)).text, '1')
        const first = await ask(site)
        assert.equal((await ask(site, first.cookie!)).text, '2')
      }
    })
  }

  it('an object that cookie-parser makes of a cookie is none of ours', async () => {
    const parse = cookieParser(SECRET)
    const middleware = (app: express.Express) => routes(app)
    for (const given of [{ a: 1 }, ['s:'], 5]) {
      const site = await open(
        ours.serve(redis.url, middleware, {
          genid: undefined,
          // Runs before the cookie is read.
          cookie: (req: any) => {
            parse(req)
            req.cookies['connect.sid'] = req.signedCookies['connect.sid'] = given
            return {}
          },
        }),
      )
      assert.deepEqual(await ask(site, 'connect.sid=j%3A%7B%7D').then(({ status, text }) => [status, text]), [200, '1'])
    }
  })

  const idOf = (cookie: string) => decodeURIComponent(cookie.split('=')[1]!).slice(2).split('.')[0]!

  it('what is no session in Redis is a new session, with a new id', async () => {
    const site = await stores.redis!()
    const first = await ask(site)
    const corrupt = ['{"cookie":', '', ' ', 'null', '\u0000', '5', '"cookie"', '[]', '[{"cookie":{}}]', 'true']
    corrupt.push('{"cookie":null}', '{"cookie":"x"}', '{"cookie":{"expires":"never"}}')
    corrupt.push('{"cookie":{"expires":{}}}', '{"cookie":{"originalMaxAge":"x"}}', '\xff\xfe', 'v1.abc.def')
    for (const each of corrupt) {
      await redis.client.set(`sess:${idOf(first.cookie!)}`, each)
      const answer = await ask(site, first.cookie!)
      assert.deepEqual([answer.status, answer.text], [200, '1'], each)
      assert.notEqual(answer.cookie, first.cookie)
    }
  })

  it('a key of another type is an error that says what it is', async () => {
    const site = await stores.redis!()
    const cookie = `connect.sid=${encodeURIComponent(`s:${sign('list', SECRET)}`)}`
    await redis.client.lpush('sess:list', 'x')
    assert.match((await ask(site, cookie)).text, /WRONGTYPE/)
  })

  it('keys that would hide what every object has are left out of a session', async () => {
    const site = await stores.redis!()
    const { cookie = '' } = await ask(site)
    const key = `sess:${idOf(cookie)}`
    const stored = (await redis.client.get(key))!
    await redis.client.set(key, stored.replace(/}$/, ',"__proto__":{"admin":true},"save":1,"constructor":2}'))
    const answer = await site.get('/polluted', cookie)
    assert.deepEqual(JSON.parse(answer.text), [null, null, 'function', ['cookie', 'count'], 1])
    assert.equal((await site.get('/', cookie)).text, '2')
  })

  it('nor do they come in by a merge with what another request has stored', async () => {
    const site = await open(
      ours.serve(redis.url, app => {
        app.get('/start', (req: any, res) => {
          req.session.a = 1
          res.send()
        })
        app.get('/save', async (req: any, res) => {
          const key = `sess:${req.sessionID}`
          const stored = (await redis.client.get(key))!
          await redis.client.set(key, stored.replace(/}$/, ',"__proto__":{"admin":true},"save":1,"other":2}'))
          req.session.a = 2
          await req.session.save()
          res.json([req.session.admin, typeof req.session.save, req.session.a, req.session.other, ({} as any).admin])
        })
      }),
    )
    const start = await site.get('/start')
    assert.deepEqual(JSON.parse((await site.get('/save', start)).text), [null, 'function', 2, 2, null])
  })
})
