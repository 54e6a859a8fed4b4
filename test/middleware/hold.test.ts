// The wire: what was written stays in one piece, in the order and the words of node:http.
import { connect as connectHttp2, createServer as createHttp2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { assert } from 'chai'
import { sessions } from '../../middleware/index.ts'
import { MemoryStore } from '../../middleware/stores/memory-store.ts'
import { closing, startApp, talk } from '../support/clients.ts'
import { valuesOf } from '../support/raw.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { each } from './contenders.ts'

const options = { secret: 'keyboard cat', resave: false, saveUninitialized: false }

/** Takes its time, so that answers are held. */
class SlowStore extends MemoryStore {
  override set(id: string, session: any, callback?: (error?: any) => void): void {
    setTimeout(() => super.set(id, session, callback), 20)
  }
}

describe('hold', () => {
  const open = closing()
  const serve = (respond: (req: any, res: any) => void, store: any = new SlowStore()) => {
    const middleware = sessions({ ...options, store })
    return open(
      startApp((req, res) => middleware(req, res, error => (error ? res.end(String(error)) : respond(req, res)))),
    )
  }

  it('leaves a body in one piece, with its length', async () => {
    const { address } = await serve((req, res) => {
      req.session.user = 'ada'
      res.end('hello, wörld')
    })
    const [response] = await talk(address, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    assert.deepEqual(valuesOf(response!.fields, 'content-length'), ['13'])
    assert.isEmpty(valuesOf(response!.fields, 'transfer-encoding'))
    assert.lengthOf(valuesOf(response!.fields, 'set-cookie'), 1)
  })

  it('says nothing of a length where node:http says nothing', async () => {
    const { address } = await serve((req, res) => {
      req.session.user = 'ada'
      res.statusCode = Number(req.url.slice(1))
      res.end()
    })
    for (const [method, status] of [
      ['GET', 204],
      ['GET', 304],
      ['HEAD', 200],
    ] as const) {
      const [response] = await talk(address, `${method} /${status} HTTP/1.1\r\nHost: a\r\n\r\n`, [method])
      assert.isEmpty(valuesOf(response!.fields, 'content-length'), `${method} ${status}`)
    }
  })

  it('keeps pipelined answers in order, and the connection', async () => {
    const { address } = await serve((req, res) => {
      if (req.url === '/slow') req.session.user = 'ada'
      res.end(req.url)
    })
    const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
    const answers = await talk(address, request('/slow') + request('/fast') + request('/slow'), ['GET', 'GET', 'GET'])
    assert.deepEqual(
      answers.map(({ body }) => body.toString()),
      ['/slow', '/fast', '/slow'],
    )
  })

  it('takes the headers of writeHead in each of its forms', async () => {
    const forms: ((res: any) => void)[] = [
      res => res.writeHead(201, { 'X-A': '1', 'Set-Cookie': ['a=1', 'b=2'] }),
      res => res.writeHead(201, 'Made', ['X-A', '1', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']),
      res =>
        res.writeHead(201, [
          ['X-A', '1'],
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ]),
    ]
    for (const form of forms) {
      const { address } = await serve((req, res) => {
        req.session.user = 'ada'
        form(res)
        assert.isTrue(res.headersSent)
        assert.throws(() => res.setHeader('X-B', '1'), /after they are sent/)
        res.end('x')
      })
      const [response] = await talk(address, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      assert.deepEqual(valuesOf(response!.fields, 'x-a'), ['1'])
      assert.deepEqual(valuesOf(response!.fields, 'set-cookie').slice(0, 2), ['a=1', 'b=2'])
      assert.lengthOf(valuesOf(response!.fields, 'set-cookie'), 3)
    }
  })

  it('frames the body anew when the head was written and its cookie has to be taken back', async () => {
    class Full extends MemoryStore {
      override set(_id: string, _session: any, callback?: (error?: any) => void): void {
        callback?.(new Error('disk full'))
      }
    }
    const { address } = await serve((req, res) => {
      req.session.user = 'ada'
      res.writeHead(200).end('hello')
    }, new Full())
    const [response] = await talk(address, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    assert.equal(response!.body.toString(), 'hello')
    assert.isEmpty(valuesOf(response!.fields, 'set-cookie'))
  })

  it('streams what is written before the end, with the cookie, and saves at the end', async () => {
    const store = new SlowStore()
    const { address } = await serve((req, res) => {
      req.session.user = 'ada'
      res.write('a')
      setTimeout(() => res.end('b'), 10)
    }, store)
    const [response] = await talk(address, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    assert.equal(response!.body.toString(), 'ab')
    assert.lengthOf(valuesOf(response!.fields, 'set-cookie'), 1)
    assert.lengthOf(Object.keys(store.sessions), 1)
  })

  it('works for HTTP/2', async () => {
    const middleware = sessions({ ...options, store: new SlowStore() })
    const server = createHttp2((req: any, res: any) =>
      middleware(req, res, () => {
        req.session.count = (req.session.count ?? 0) + 1
        if (req.url === '/write') res.write('count ')
        res.end(String(req.session.count))
      }),
    )
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    await open({
      close: () => {
        client.destroy()
        server.close()
      },
    })
    const get = (path: string, cookie?: string) =>
      new Promise<{ cookie: string; text: string }>((resolve, reject) => {
        const request = client.request({ ':path': path, ...(cookie ? { cookie } : {}) })
        let sent = ''
        let text = ''
        request.on('response', headers => (sent = headers['set-cookie']?.[0]?.split(';')[0] ?? ''))
        request.on('data', chunk => (text += chunk)).on('error', reject)
        request.on('end', () => resolve({ cookie: sent, text }))
      })
    const first = await get('/')
    assert.equal(first.text, '1')
    assert.equal((await get('/write', first.cookie)).text, 'count 2')
  })

  describe('with express-session beside it', () => {
    let redis: RedisServer
    before(async () => {
      redis = await startRedis()
    })
    after(() => redis.close())

    it('calls next once, also when saving fails', async () => {
      const calls = await each(async contender => {
        let errors = 0
        const site = await open(
          contender.serve(redis.url, app => {
            app.get('/', async (req: any, res) => {
              req.session.user = 'ada'
              await redis.client.set(`sess:${req.session.id}`, 'x')
              await redis.client.config('SET', 'maxmemory', '1')
              res.send('ok')
            })
            app.use((_error: any, _req: any, _res: any, next: any) => {
              errors++
              next(_error)
            })
          }),
        )
        const answer = await site.get('/').catch(() => undefined)
        await redis.client.config('SET', 'maxmemory', '0')
        return { errors, status: answer?.status, cookie: answer?.headers['set-cookie'] !== undefined }
      })
      assert.deepEqual(calls.ours, { errors: 0, status: 503, cookie: false })
      assert.equal(calls.theirs.errors, 1)
      assert.notEqual(calls.theirs.status, 503)
    })

    it('read each other: sessions and cookies', async () => {
      const routes = (app: any) => {
        app.get('/', (req: any, res: any) => {
          req.session.list ??= []
          req.session.list.push(req.session.list.length)
          req.session.empty = []
          res.json(req.session.list)
        })
        app.get('/raw', async (req: any, res: any) => res.send(await redis.client.get(`sess:${req.sessionID}`)))
      }
      await each(async contender => {
        const site = await open(contender.serve(redis.url, routes))
        const other = await each(each => open(each.serve(redis.url, routes)))
        const first = await site.get('/')
        assert.equal((await other.theirs.get('/', first)).text, '[0,1]')
        assert.equal((await other.ours.get('/', first)).text, '[0,1,2]')
        assert.equal((await other.theirs.get('/', first)).text, '[0,1,2,3]')
        assert.match(
          (await site.get('/raw', first)).text,
          /^\{"cookie":\{"originalMaxAge":60000,"expires":"[^"]+","httpOnly":true,"path":"\/"\},"list":\[0,1,2,3\],"empty":\[\]\}$/,
        )
      })
    })
  })
})
