/** What a handler does with `req.session` and `req.session.cookie`. */
import { assert } from 'chai'
import cookieParser from './cookie-parser.ts'
import { ask, type Cases, counted, hits, is, serve, serveApp } from './kit.ts'

export const handler: Cases = {
  'sets a cookie only when the session has changed': async kit => {
    let modify = true
    const site = await serve(kit, {}, (req, res) => {
      if (modify) req.session.count = (req.session.count || 0) + 1
      res.end(String(req.session.count))
    })
    const first = await site.get()
    const second = await site.get('/', first)
    assert.equal(second.name, 'connect.sid')
    modify = false
    assert.isUndefined((await site.get('/', second)).cookie)
    modify = true
    const last = await site.get('/', second)
    is(last, '3')
    assert.equal(last.name, 'connect.sid')
  },
  '.destroy() leaves no session and sets no cookie': async kit => {
    const site = await serve(kit, {}, (req, res) =>
      req.session.destroy((error: any) => res.end(String(error ?? req.session))),
    )
    const answer = await site.get()
    is(answer, 'undefined')
    assert.isUndefined(answer.cookie)
  },
  '.regenerate() gives another id': async kit => {
    const site = await serve(kit, {}, (req, res) => {
      const { id } = req.session
      req.session.regenerate(() => res.end(String(req.session.id === id)))
    })
    const first = await site.get()
    const second = await site.get('/', first)
    is(second, 'false')
    assert.notEqual(second.id, first.id)
    assert.equal(await ask(site.store, 'length'), 1)
  },
  '.reload() reads what another request wrote': async kit => {
    const site = await serve(kit, {}, async (req, res) => {
      if (req.url === '/') return hits(req, res, [])
      req.session.url = req.url
      if (req.url === '/bar') return res.end(`saw ${req.session.url}`)
      await site.get('/bar', req.headers.cookie)
      req.session.reload(() => res.end(`saw ${req.session.url}`))
    })
    is(await site.get('/foo', await site.get()), 'saw /bar')
  },
  '.reload() fails when the session is gone, and can be called again': async kit => {
    const site = await serve(kit, { resave: false }, async (req, res) => {
      if (req.url === '/') return hits(req, res, [])
      await ask(site.store, 'clear')
      let tries = 20
      const again = (error: any) => (--tries > 0 ? req.session.reload(again) : res.end(error.message))
      req.session.reload(again)
    })
    is(await site.get('/foo', await site.get()), 'failed to load session')
  },
  '.save() saves': async kit => {
    const site = await serve(kit, {}, (req, res) => {
      req.session.hit = true
      req.session.save(async () => res.end((await ask(site.store, 'get', req.session.id)) ? 'stored' : 'empty'))
    })
    is(await site.get(), 'stored')
  },
  '.save() saves once, at the end of the request too': async kit => {
    for (const options of [{}, { saveUninitialized: false }]) {
      const site = await serve(kit, options, (req, res) => {
        req.session.hit = true
        req.session.save(() => res.end('saved'))
      })
      const set = counted(site.store, 'set')
      const first = await site.get()
      assert.equal(set.count, 1)
      await site.get('/', first)
      assert.equal(set.count, 2)
    }
  },
  '.save() after .reload() saves once': async kit => {
    const site = await serve(kit, {}, (req, res) => {
      req.session.hit = true
      req.session.reload(() => req.session.save(() => res.end('saved')))
    })
    const set = counted(site.store, 'set')
    const first = await site.get()
    assert.equal(set.count, 1)
    await site.get('/', first)
    assert.equal(set.count, 2)
  },
  '.touch() renews the expiry': async kit => {
    // A tenth of the life is what a store may let pass before it writes the expiry anew.
    const site = await serve(kit, { resave: false, cookie: { maxAge: 2_000 } }, (req, res) => {
      req.session.hit = true
      req.session.touch()
      res.end()
    })
    const first = await site.get()
    const expiry = async () => new Date((await ask(site.store, 'get', first.id)).cookie.expires).getTime()
    const before = await expiry()
    await new Promise(resolve => setTimeout(resolve, 250))
    await site.get('/', first)
    // Nor need a reader wait for that.
    for (let nth = 0; nth < 100 && (await expiry()) === before; nth++)
      await new Promise(resolve => setTimeout(resolve, 10))
    assert.isAbove(await expiry(), before)
  },
  '.cookie decides the attributes': async kit => {
    const site = await serve(kit, { proxy: true }, (req, res) => {
      req.session.cookie.httpOnly = false
      req.session.cookie.secure = true
      res.end()
    })
    const { attributes } = await site.get('/', undefined, { 'x-forwarded-proto': 'https' })
    assert.notProperty(attributes, 'httponly')
    assert.property(attributes, 'secure')
  },
  '.cookie of the browser session has no Expires and comes once': async kit => {
    const site = await serve(kit, { cookie: { path: '/admin' } })
    const first = await site.get('/admin/foo')
    assert.notProperty(first.attributes, 'expires')
    assert.isUndefined((await site.get('/admin', first)).cookie)
  },
  '.cookie overrides the options': async kit => {
    const cookie = { httpOnly: false, maxAge: 5000, path: '/admin', priority: 'high', secure: true }
    const site = await serve(kit, { cookie }, (req, res) => {
      req.session.cookie.secure = false
      res.end()
    })
    const { attributes } = await site.get('/admin')
    assert.deepInclude(attributes, { path: '/admin', priority: 'High' })
    assert.hasAllKeys(attributes, ['path', 'priority', 'expires'])
  },
  '.cookie that cannot be written is reported after the answer': async kit => {
    const site = await serve(kit, { cookie: { expires: new Date(Number.NaN) } })
    is(await site.get('/admin'), '')
    await new Promise(setImmediate)
    assert.deepEqual(
      site.errors.map(error => error.message),
      ['option expires is invalid'],
    )
  },
  'cookies that were set before, or with writeHead, stay': async kit => {
    const previous = new kit.session.Cookie().serialize('previous', 'cookieValue')
    const before = await serve(kit, {}, (_, res) => res.setHeader('Set-Cookie', previous).end())
    const within = await serve(kit, {}, (_, res) => res.writeHead(200, { 'Set-Cookie': previous }).end())
    for (const site of [before, within]) {
      const { headers } = await site.get()
      assert.equal(headers['set-cookie']![0], previous)
      assert.match(headers['set-cookie']![1]!, /^connect\.sid=/)
    }
  },
  '.originalMaxAge is the same for all requests': async kit => {
    const site = await serve(kit, { cookie: { maxAge: 2000 } }, (req, res) =>
      res.end(String(req.session.cookie.originalMaxAge)),
    )
    const first = await site.get()
    assert.match(first.text, /^2000|1999$/)
    await new Promise(resolve => setTimeout(resolve, 50))
    assert.match((await site.get('/', first)).text, /^2000|1999$/)
  },
  '.maxAge is relative to now, and can be changed': async kit => {
    const site = await serve(kit, { cookie: { maxAge: 2000 } }, (req, res) => {
      req.session.count = (req.session.count || 0) + 1
      if (req.session.count === 2) req.session.cookie.maxAge = 5000
      if (req.session.count === 3) req.session.cookie.maxAge = 3_000_000_000
      res.end()
    })
    let answer = await site.get()
    for (const expected of [2000, 5000, 3_000_000_000]) {
      const { attributes, headers } = answer
      assert.closeTo(Date.parse(String(attributes.expires)) - Date.parse(headers.date!), expected, 1000)
      answer = await site.get('/', answer)
    }
  },
  '.expires may be a date in the past': async kit => {
    const site = await serve(kit, {}, (req, res) => {
      req.session.cookie.expires = new Date(0)
      res.end()
    })
    assert.equal((await site.get()).attributes.expires, 'Thu, 01 Jan 1970 00:00:00 GMT')
  },
  '.expires = null makes a cookie of the browser session, sent once': async kit => {
    const site = await serve(kit, {}, (req, res) => {
      req.session.cookie.expires = null
      req.session.hit = (req.session.hit || 0) + 1
      res.end()
    })
    const first = await site.get()
    assert.notProperty(first.attributes, 'expires')
    assert.isUndefined((await site.get('/', first)).cookie)
  },
  '.partitioned is off by default': async kit => {
    const sent = async (cookie: object) => (await (await serve(kit, { cookie })).get()).attributes
    assert.notProperty(await sent({}), 'partitioned')
    assert.notProperty(await sent({ partitioned: false }), 'partitioned')
    assert.property(await sent({ partitioned: true }), 'partitioned')
  },
  'reads what cookie-parser has read': async kit => {
    for (const [secret, options] of [
      [undefined, {}],
      ['keyboard cat', {}],
    ] as const) {
      const session = kit.session({
        secret: 'keyboard cat',
        cookie: { maxAge: 60_000 },
        store: kit.store(),
        ...options,
      })
      const parse = cookieParser(secret)
      const site = await serveApp((req, res) => {
        parse(req)
        req.headers.cookie = 'foo=bar'
        session(req, res, () => hits(req, res, []))
      })
      const first = await site.get()
      is(await site.get('/', first), 'hits: 2')
      is(await site.get('/', `connect.sid=${first.id}`), 'hits: 1')
      is(await site.get('/', first.cookie!.replace(/...\./, '.')), 'hits: 1')
    }
  },
  'works with a store that calls back at once, and with one that never does for what is not there': async kit => {
    for (const later of [false, true]) {
      const stored = new Map<string, string>()
      const defer = (done: any, ...args: unknown[]) => (later ? setImmediate(done, ...args) : done(...args))
      // As stores were written before there were classes.
      function OldStore(this: any) {
        kit.session.Store.call(this)
      }
      Object.setPrototypeOf(OldStore.prototype, kit.session.Store.prototype)
      Object.assign(OldStore.prototype, {
        get: (id: string, done: any) => stored.has(id) && defer(done, null, JSON.parse(stored.get(id)!)),
        set: (id: string, session: any, done: any) => defer(done, void stored.set(id, JSON.stringify(session))),
        destroy: (id: string, done: any) => defer(done, void stored.delete(id)),
      })
      const site = await serve(kit, { store: new (OldStore as any)(), unset: 'destroy' }, (req, res) => {
        const count = (req.session.count = (req.session.count || 0) + 1)
        if (count > 1) {
          req.session = null
          res.write('destroyed\n')
        }
        res.end(`hits: ${count}`)
      })
      const first = await site.get()
      is(first, 'hits: 1')
      is(await site.get('/', first), 'destroyed\nhits: 2')
      assert.equal(stored.size, 0)
    }
  },
}
