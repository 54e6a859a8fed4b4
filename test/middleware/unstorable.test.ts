// What an app puts into a session, or in its place, and cannot be written: one 500, and the process lives on.
import { assert } from 'chai'
import { sessions } from '../../middleware/index.ts'
import { MemoryStore } from '../../middleware/stores/memory-store.ts'
import { call, closing, startApp } from '../support/clients.ts'
import { SECRET, site } from './contenders.ts'
import { serve } from './koa-sites.ts'

const circular: any = {}
circular.self = circular

const spoilt: Record<string, [(session: any, req: any) => void, RegExp]> = {
  'a BigInt': [session => (session.n = 1n), /serialize a BigInt/],
  'circular data': [session => (session.all = circular), /circular structure/],
  'another object': [(_, req) => (req.session = { user: 1 }), /what is in req\.session is no session/],
  'no cookie': [session => (session.cookie = null), /session\.cookie is no cookie any more/],
  'an expiry that is no date': [session => (session.cookie.expires = 'tomorrow'), /maxAge must be a number or Date/],
  '__proto__ of a body': [
    session => Object.assign(session, JSON.parse('{"__proto__":{"admin":true}}')),
    /what is in req\.session is no session/,
  ],
}

describe('session that cannot be stored', () => {
  const open = closing()
  const options = { secret: SECRET, resave: false, saveUninitialized: false }

  for (const [name, [spoil, reason]] of Object.entries(spoilt))
    it(`${name}: 500, told once, and the next request is served`, async () => {
      const errors: any[] = []
      const store = new MemoryStore()
      const express = await open(
        site(
          sessions({ ...options, store }),
          app => {
            app.get('/spoil', (req: any, res: any) => {
              spoil(req.session, req)
              res.send('spoilt')
            })
            app.get('/head', (req: any, res: any) => {
              spoil(req.session, req)
              res.writeHead(200).end('spoilt')
            })
            app.get('/good', (req: any, res: any) => res.send(String((req.session.n ??= 1))))
            app.use((error: any, _req: any, _res: any, next: any) => {
              errors.push(error)
              next(error)
            })
          },
          () => {},
        ),
      )
      const good = await express.get('/good')
      for (const path of ['/spoil', '/head']) {
        const bad = await express.get(path, good)
        assert.deepEqual([bad.status, bad.text], [500, 'The session cannot be stored\n'])
        assert.isUndefined(bad.headers['set-cookie'])
      }
      assert.equal((await express.get('/good', good)).text, '1')
      assert.deepEqual(
        errors.map(error => error.name),
        ['SessionUnstorable', 'SessionUnstorable'],
      )
      assert.match(errors[0].message, reason)
      assert.equal(errors[0].status, 500)
    })

  it('in Koa it is thrown, and the process lives on', async () => {
    const koa = await open(
      serve(
        {
          bigint: ctx => {
            ctx.session.n = 1n
            ctx.body = 'x'
          },
          cookie: ctx => {
            ctx.session.cookie = null
            ctx.body = 'x'
          },
          good: ctx => (ctx.body = String((ctx.session.n ??= 1))),
        },
        { store: new MemoryStore() },
      ),
    )
    for (const path of ['/bigint', '/cookie']) assert.equal((await koa.get(path)).status, 500)
    assert.equal((await koa.get('/good')).text, '1')
    assert.deepEqual(
      koa.errors.map(error => error.name),
      ['SessionUnstorable', 'SessionUnstorable'],
    )
  })

  it('of a stream the connection is broken off, since the head has left', async () => {
    const middleware = sessions({ ...options, store: new MemoryStore() })
    const { address } = await open(
      startApp((req: any, res) =>
        middleware(req, res, () => {
          res.write('a')
          req.session.n = 1n
          setTimeout(() => res.end('b'), 5)
        }),
      ),
    )
    const broken = await call(address, '/').then(
      () => false,
      () => true,
    )
    assert.isTrue(broken)
  })
})
