/** Each option of express-session. */
import { assert } from 'chai'
import { ask, boom, type Cases, counted, hits, is, type Respond, serve } from './kit.ts'

const bob: Respond = (req, res) => {
  req.session.user = 'bob'
  res.end()
}
const readSecure = (req: any) => (req.secure = JSON.parse(req.headers['x-secure'] ?? 'false'))
const https = { 'x-forwarded-proto': 'https' }

export const options: Cases = {
  'proxy: true trusts X-Forwarded-Proto': async kit => {
    const site = await serve(kit, { proxy: true, cookie: { secure: true, maxAge: 5 } })
    assert.equal((await site.get('/', undefined, https)).name, 'connect.sid')
    assert.equal((await site.get('/', undefined, { 'x-forwarded-proto': 'https,http' })).name, 'connect.sid')
    assert.isUndefined((await site.get()).cookie)
  },
  'proxy: false trusts nobody': async kit => {
    const site = await serve(kit, { proxy: false, cookie: { secure: true } }, undefined, readSecure)
    assert.isUndefined((await site.get('/', undefined, { ...https, 'x-secure': 'true' })).cookie)
  },
  'proxy unset believes req.secure': async kit => {
    const site = await serve(kit, { cookie: { secure: true } }, undefined, readSecure)
    assert.isUndefined((await site.get('/', undefined, https)).cookie)
    assert.equal((await site.get('/', undefined, { 'x-secure': 'true' })).name, 'connect.sid')
  },
  'cookie.path keeps other paths without a session': async kit => {
    const site = await serve(kit, { cookie: { path: '/foo/bar' } })
    assert.isUndefined((await site.get('/')).cookie)
    assert.isUndefined((await site.get('/', undefined, { host: 'http://foo/bar' })).cookie)
    assert.equal((await site.get('/foo/bar')).name, 'connect.sid')
    assert.equal((await site.get('/foo/bar/baz')).name, 'connect.sid')
  },
  'cookie.path is that of the whole URL where the app is mounted': async kit => {
    const site = await serve(kit, { cookie: { path: '/foo/bar' } }, undefined, req => {
      if (!req.url.startsWith('/foo')) return
      req.originalUrl = req.url
      req.url = req.url.slice(4)
    })
    assert.equal((await site.get('/foo/bar')).name, 'connect.sid')
    assert.isUndefined((await site.get('/foo/foo/bar')).cookie)
  },
  'cookie.secure: auto is as the request came': async kit => {
    const trusting = await serve(kit, { proxy: true, cookie: { maxAge: 5, secure: 'auto' } })
    assert.property((await trusting.get('/', undefined, https)).attributes, 'secure')
    const distrusting = await serve(kit, { proxy: false, cookie: { maxAge: 5, secure: 'auto' } })
    assert.notProperty((await distrusting.get('/', undefined, https)).attributes, 'secure')
    const site = await serve(kit, { cookie: { secure: 'auto' } }, undefined, readSecure)
    assert.property((await site.get('/', undefined, { 'x-secure': 'true' })).attributes, 'secure')
    assert.notProperty((await site.get('/', undefined, { 'x-secure': 'false' })).attributes, 'secure')
  },
  'cookie.sameSite: auto is as the request came': async kit => {
    const site = await serve(kit, { cookie: { sameSite: 'auto' } }, undefined, readSecure)
    assert.equal((await site.get('/', undefined, { 'x-secure': 'true' })).attributes.samesite, 'None')
    assert.equal((await site.get('/', undefined, { 'x-secure': 'false' })).attributes.samesite, 'Lax')
  },
  'cookie may be a function of the request': async kit => {
    const site = await serve(kit, { cookie: (req: any) => ({ path: req.url, httpOnly: true, secure: false }) })
    const answer = await site.get('/test')
    assert.deepInclude(answer.attributes, { path: '/test', httponly: true })
    assert.notProperty(answer.attributes, 'secure')
  },
  'genid must be a function': async ({ session }) => {
    assert.throws(() => session({ genid: 'bogus!' }), /genid.*must/)
  },
  'genid makes the id, of the request, signed and encoded': async kit => {
    const value = async (genid: unknown, path = '/') => (await (await serve(kit, { genid })).get(path)).value
    assert.equal(await value(() => 'apple'), 's%3Aapple.D8Y%2BpkTAmeR0PobOhY4G97PRW%2Bj7bUnP%2F5m6%2FOn1MCU')
    assert.equal(await value(() => '%'), 's%3A%25.kzQ6x52kKVdF35Qh62AWk4ZekS28K5XYCXKa%2FOTZ01g')
    assert.equal(await value((req: any) => req.url, '/foo'), 's%3A%2Ffoo.paEKBtAHbV5s1IB8B2zPnzAgYmmnRPIqObW4VRYj%2FMQ')
  },
  'name and key name the cookie': async kit => {
    assert.equal((await (await serve(kit, { key: 'session_id' })).get()).name, 'session_id')
    assert.equal((await (await serve(kit, { name: 'session_id' })).get()).name, 'session_id')
  },
  'rolling is off by default': async kit => {
    const site = await serve(kit, {}, bob)
    assert.isUndefined((await site.get('/', await site.get())).cookie)
  },
  'rolling sends the cookie of an unchanged session': async kit => {
    const site = await serve(kit, { rolling: true }, bob)
    assert.equal((await site.get('/', await site.get())).name, 'connect.sid')
  },
  'rolling sends no cookie of a session that is not stored': async kit => {
    const site = await serve(kit, { rolling: true, saveUninitialized: false })
    const set = counted(site.store, 'set')
    assert.isUndefined((await site.get()).cookie)
    assert.equal(set.count, 0)
    const saving = await serve(kit, { rolling: true, saveUninitialized: true })
    assert.equal((await saving.get()).name, 'connect.sid')
    const modified = await serve(kit, { rolling: true, saveUninitialized: false }, bob)
    assert.equal((await modified.get()).name, 'connect.sid')
  },
  'resave saves what has not changed, and is on by default': async kit => {
    for (const [resave, expected] of [
      [undefined, 1],
      [true, 1],
      [false, 0],
    ] as const) {
      const site = await serve(kit, { resave }, bob)
      const first = await site.get()
      const set = counted(site.store, 'set')
      await site.get('/', first)
      assert.equal(set.count, expected)
    }
  },
  'resave: false saves what has changed': async kit => {
    const site = await serve(kit, { resave: false }, (req, res) => {
      if (req.method === 'PUT') req.session.token = req.url.slice(1)
      res.end(`token=${req.session.token || ''}`)
    })
    const first = await site.put('/w6RHhwaA')
    const set = counted(site.store, 'set')
    is(await site.get('/', first), 'token=w6RHhwaA')
    assert.equal(set.count, 0)
    is(await site.put('/zfQ3rzM3', first), 'token=zfQ3rzM3')
    assert.equal(set.count, 1)
  },
  'resave: false sees a change of a key named cookie': async kit => {
    const site = await serve(kit, { resave: false }, (req, res) => {
      req.session.user ||= { cookie: 0 }
      req.session.user.cookie++
      res.end()
    })
    const first = await site.get()
    const set = counted(site.store, 'set')
    await site.get('/', first)
    assert.equal(set.count, 1)
  },
  'an error of touching is reported after the answer': async kit => {
    const site = await serve(kit, { resave: false }, bob)
    site.store.touch = boom
    is(await site.get('/', await site.get()), '')
    await new Promise(setImmediate)
    assert.deepEqual(
      site.errors.map(error => error.message),
      ['boom!'],
    )
  },
  'saveUninitialized is on by default': async kit => {
    for (const [saveUninitialized, expected] of [
      [undefined, 1],
      [true, 1],
      [false, 0],
    ] as const) {
      const site = await serve(kit, { saveUninitialized })
      const set = counted(site.store, 'set')
      assert.equal((await site.get()).name, expected === 1 ? 'connect.sid' : undefined)
      assert.equal(set.count, expected)
    }
  },
  'saveUninitialized: false saves what has changed and touches nothing new': async kit => {
    const site = await serve(kit, { saveUninitialized: false }, hits)
    const set = counted(site.store, 'set')
    assert.equal((await site.get()).name, 'connect.sid')
    assert.equal(set.count, 1)
    const idle = await serve(kit, { saveUninitialized: false })
    const touch = counted(idle.store, 'touch')
    await idle.get()
    assert.equal(touch.count, 0)
  },
  'an error of saving is reported after the answer': async kit => {
    const site = await serve(kit, { saveUninitialized: true }, (_, res) => res.end('session saved'))
    site.store.set = boom
    is(await site.get(), 'session saved')
    await new Promise(setImmediate)
    assert.deepEqual(
      site.errors.map(error => error.message),
      ['boom!'],
    )
  },
  'secret may not be an empty array': async kit => {
    assert.throws(() => kit.session({ secret: [] }), /secret option array/)
  },
  'secret may be a text or bytes': async kit => {
    for (const secret of ['awesome cat', Buffer.alloc(32, 7)]) {
      const site = await serve(kit, { secret }, hits)
      is(await site.get('/', await site.get()), 'hits: 2')
    }
  },
  'secret: the first signs, all are accepted': async kit => {
    const store = kit.store()
    const both = await serve(kit, { secret: ['keyboard cat', 'nyan cat'], store }, hits)
    const second = await serve(kit, { secret: 'nyan cat', store }, hits)
    const byFirst = await both.get()
    is(byFirst, 'hits: 1')
    is(await second.get('/', byFirst), 'hits: 1')
    is(await both.get('/', await second.get()), 'hits: 2')
  },
  'unset takes two words': async kit => {
    assert.throws(() => kit.session({ unset: 'bogus!' }), /unset.*must/)
  },
  'unset: keep keeps, unset: destroy destroys': async kit => {
    for (const [unset, left] of [
      [undefined, 1],
      ['destroy', 0],
    ] as const) {
      const site = await serve(kit, { unset }, (req, res) => {
        req.session.count = (req.session.count || 0) + 1
        if (req.session.count === 2) req.session = null
        res.end()
      })
      const first = await site.get()
      assert.equal(await ask(site.store, 'length'), 1)
      await site.get('/', first)
      assert.equal(await ask(site.store, 'length'), left)
    }
  },
  'unset: destroy of a new session sets no cookie': async kit => {
    const site = await serve(kit, { unset: 'destroy' }, (req, res) => {
      req.session = null
      res.end()
    })
    assert.isUndefined((await site.get()).cookie)
    assert.equal(await ask(site.store, 'length'), 0)
  },
  'an error of destroying is reported after the answer': async kit => {
    const site = await serve(kit, { unset: 'destroy' }, (req, res) => {
      req.session = null
      res.end('session destroyed')
    })
    site.store.destroy = boom
    is(await site.get(), 'session destroyed')
    await new Promise(setImmediate)
    assert.deepEqual(
      site.errors.map(error => error.message),
      ['boom!'],
    )
  },
}
