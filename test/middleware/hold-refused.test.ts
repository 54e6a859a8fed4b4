// Answers that were held and must not leave as they were made: on HTTP/2, below compression, with bad status lines.
import { type ClientHttp2Session, connect as connectHttp2, createServer as createHttp2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { createGzip } from 'node:zlib'
import { assert } from 'chai'
import { SessionGone, StoreUnavailable, sessions } from '../../middleware/index.ts'
import { MemoryStore } from '../../middleware/stores/memory-store.ts'
import { closing, startApp, talk } from '../support/clients.ts'
import { valuesOf } from '../support/raw.ts'

const options = { secret: 'keyboard cat', resave: false, saveUninitialized: false }

/** Fails as it is told, after a while. */
function failing(error: Error): MemoryStore {
  const store = new MemoryStore()
  const create = async () => {
    await new Promise(resolve => setTimeout(resolve, 20))
    throw error
  }
  Object.assign(store, { driver: { ...store.driver, create } })
  return store
}

type Respond = (req: any, res: any) => unknown

describe('hold, of what is refused', () => {
  const open = closing()

  /** `around`: middleware before the sessions; `errors`: what came to `next`. */
  const serve = async (store: any, respond: Respond, around: (res: any) => void = () => {}) => {
    const middleware = sessions({ ...options, store })
    const errors: any[] = []
    const app = await startApp((req, res) => {
      around(res)
      middleware(req, res, error => (error ? errors.push(error) : respond(req, res)))
    })
    await open(app)
    return { address: app.address, errors }
  }
  const get = async (address: string, path = '/') => {
    const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
    return talk(address, request(path) + request('/next'), ['GET', 'GET'])
  }

  describe('on HTTP/2', () => {
    const serve2 = async (store: any, respond: Respond) => {
      const middleware = sessions({ ...options, store })
      const errors: any[] = []
      const server = createHttp2((req: any, res: any) =>
        middleware(req, res, error => (error ? errors.push(error) : respond(req, res))),
      )
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
      await open({
        close() {
          client.destroy()
          server.close()
        },
      })
      return { client, errors }
    }
    const ask = (client: ClientHttp2Session, path: string, cookie = '') =>
      new Promise<{ status: number; cookie: string | undefined; text: string; code: number }>((resolve, reject) => {
        const request = client.request({ ':path': path, ...(cookie && { cookie }) })
        let status = 0
        let sent: string | undefined
        let text = ''
        request.on('response', headers => {
          status = headers[':status']!
          sent = headers['set-cookie']?.[0]?.split(';')[0]
        })
        request.on('data', chunk => (text += chunk)).on('error', error => request.rstCode === 0 && reject(error))
        request.on('close', () => resolve({ status, cookie: sent, text, code: request.rstCode }))
      })

    it('a session that was logged out meanwhile costs the cookie, not the process', async () => {
      let arrived = () => {}
      const arriving = new Promise<void>(resolve => (arrived = resolve))
      let release = () => {}
      const released = new Promise<void>(resolve => (release = resolve))
      const { client } = await serve2(new MemoryStore(), async (req, res) => {
        if (req.url === '/out') await req.session.destroy()
        else req.session.path = req.url
        if (req.url === '/slow') {
          arrived()
          await released
        }
        res.end('ok')
      })
      const { cookie } = await ask(client, '/in')
      const slow = ask(client, '/slow', cookie)
      await arriving
      await ask(client, '/out', cookie)
      release()
      assert.deepInclude(await slow, { status: 200, text: 'ok', cookie: undefined })
      assert.equal((await ask(client, '/in', cookie)).status, 200)
    })

    it('nothing leaves before the commit; 503 and 500 as on HTTP/1.1', async () => {
      const { client, errors } = await serve2(failing(new StoreUnavailable('full')), (req, res) => {
        req.session.user = req.url === '/bigint' ? 1n : 'ada'
        res.end('welcome')
      })
      const away = { status: 503, cookie: undefined, text: 'The session store is unavailable\n' }
      assert.deepInclude(await ask(client, '/'), away)
      assert.deepInclude(await ask(client, '/bigint'), { status: 500, text: 'The session cannot be stored\n' })
      assert.deepEqual(
        errors.map(error => error.name),
        ['SessionUnstorable'],
      )
    })

    it('a stream is reset', async () => {
      const { client } = await serve2(failing(new StoreUnavailable('full')), (req, res) => {
        req.session.user = 'ada'
        res.write('a')
        res.end('b')
      })
      const { code, text } = await ask(client, '/')
      assert.notEqual(code, 0)
      assert.notInclude(text, 'b')
    })
  })

  it('below compression the 503 is plain, and the connection stays usable', async () => {
    const { address } = await serve(
      failing(new StoreUnavailable('full')),
      (req, res) => {
        if (req.url !== '/next') req.session.user = 'ada'
        res.end('welcome')
      },
      compress,
    )
    const [refused, next] = await get(address)
    assert.equal(refused!.status, 503)
    assert.isEmpty(valuesOf(refused!.fields, 'content-encoding'))
    assert.equal(refused!.body.toString(), 'The session store is unavailable\n')
    assert.equal(next!.status, 200)
    assert.deepEqual(valuesOf(next!.fields, 'content-encoding'), ['gzip'])
  })

  it('what is written after end() leaves neither before the body nor behind it', async () => {
    const told: any[] = []
    const { address } = await serve(new Slow(), (req, res) => {
      if (req.url !== '/next') req.session.user = 'ada'
      res.end('body')
      if (req.url === '/next') return
      assert.isFalse(res.write('late', (error: any) => told.push(error.code)))
      assert.isFalse(res.write('later'))
    })
    const [first, next] = await get(address)
    assert.deepEqual([first!.body.toString(), next!.body.toString()], ['body', 'body'])
    assert.deepEqual(valuesOf(first!.fields, 'content-length'), ['4'])
    assert.deepEqual(told, ['ERR_STREAM_WRITE_AFTER_END'])
  })

  it('a body, a status or a reason that node:http refuses is thrown where it was given, and another answer can follow', async () => {
    const bad: Record<string, (res: any) => void> = {
      '/body': res => res.end(123),
      '/status': res => {
        res.statusCode = 99
        res.end('x')
      },
      '/reason': res => {
        res.statusMessage = 'a\r\nb'
        res.end('x')
      },
    }
    for (const [path, fail] of Object.entries(bad)) {
      const { address } = await serve(new Slow(), (req, res) => {
        req.session.user = 'ada'
        if (req.url === '/next') return res.end('next')
        assert.throws(() => fail(res), /must be of type string|Invalid status code|Invalid character/)
        res.statusCode = 500
        res.statusMessage = ''
        res.end('sorry, no')
      })
      const [answer, next] = await get(address, path)
      assert.deepEqual([answer!.status, answer!.body.toString()], [500, 'sorry, no'], path)
      assert.lengthOf(valuesOf(answer!.fields, 'set-cookie'), 1, path)
      assert.equal(next!.body.toString(), 'next', path)
    }
  })

  it('whoever wrapped end() before us and throws is told, and the process lives on', async () => {
    const { address, errors } = await serve(
      new Slow(),
      (req, res) => {
        req.session.user = 'ada'
        res.end('x')
      },
      res => {
        res.end = () => {
          throw new Error('wrapped badly')
        }
      },
    )
    const [answer] = await get(address)
    assert.isFalse(answer?.complete ?? false)
    assert.equal(errors[0]?.message, 'wrapped badly')
  })

  it('cookies that others set with the head stay when ours is taken back', async () => {
    const { address } = await serve(
      failing(new SessionGone()),
      (req, res) => {
        req.session.user = 'ada'
        res.setHeader('Set-Cookie', 'before=1')
        res.end('x')
      },
      res => {
        const { writeHead } = res
        let fired = false
        res.writeHead = function (...all: unknown[]) {
          if (!fired) this.setHeader('Set-Cookie', [].concat(this.getHeader('Set-Cookie') ?? [], 'outer=1' as never))
          fired = true
          return writeHead.apply(this, all)
        }
      },
    )
    const [answer] = await get(address)
    assert.deepEqual(valuesOf(answer!.fields, 'set-cookie'), ['before=1', 'outer=1'])
  })
})

class Slow extends MemoryStore {
  override set(id: string, session: any, callback?: (error?: any) => void): void {
    setTimeout(() => super.set(id, session, callback), 20)
  }
}

/** What the package `compression` does to an answer: with the first head it decides, and then all goes through gzip. */
function compress(res: any): void {
  const { writeHead, write, end } = res
  let gzip: ReturnType<typeof createGzip> | undefined
  let decided = false
  res.writeHead = function (...all: unknown[]) {
    if (!decided) {
      decided = true
      this.setHeader('Content-Encoding', 'gzip')
      this.removeHeader('Content-Length')
      gzip = createGzip()
      gzip.on('data', chunk => write.call(res, chunk)).on('end', () => end.call(res))
    }
    return writeHead.apply(this, all)
  }
  res.end = function (chunk: any, encoding: any) {
    if (!this._header) this.writeHead(this.statusCode)
    gzip!.end(chunk, encoding)
    return this
  }
}
