/** Creating, loading, saving; what of it a response shows. */
import { assert } from 'chai'
import { ask, boom, type Cases, counted, hit, hits, is, nextSecond, numbered, serve } from './kit.ts'

export const life: Cases = {
  'exports its constructors': async ({ session }) => {
    for (const name of ['Session', 'Store', 'MemoryStore', 'Cookie']) assert.isFunction(session[name], name)
  },
  'does nothing when there is a req.session': async kit => {
    const site = await serve(kit, {}, undefined, req => (req.session = {}))
    assert.isUndefined((await site.get()).cookie)
  },
  'needs a secret': async kit => {
    const site = await serve(kit, { secret: undefined })
    const answer = await site.get()
    assert.equal(answer.status, 500)
    assert.match(answer.text, /secret.*required/)
  },
  'takes the secret from req.secret': async kit => {
    const site = await serve(kit, { secret: undefined }, undefined, req => (req.secret = 'keyboard cat'))
    is(await site.get(), '')
  },
  'creates a session': async kit => {
    const site = await serve(kit, {}, hit)
    assert.equal((await site.get()).name, 'connect.sid')
    assert.equal(await ask(site.store, 'length'), 1)
  },
  'loads it by the id in the cookie': async kit => {
    const site = await serve(kit, {}, numbered())
    const first = await site.get()
    is(first, 'session 1')
    is(await site.get('/', first), 'session 1')
  },
  'passes on an error of loading': async kit => {
    const site = await serve(kit, {}, hit)
    site.store.get = boom
    const first = await site.get()
    is(first, 'hit')
    is(await site.get('/', first), 'boom!', 500)
  },
  'takes ENOENT for not found': async kit => {
    const site = await serve(kit, {}, numbered())
    site.store.get = (_: string, done: any) => done(Object.assign(new Error('boom!'), { code: 'ENOENT' }))
    const first = await site.get()
    is(await site.get('/', first), 'session 2')
  },
  'creates one session per client': async kit => {
    const site = await serve(kit, {}, numbered())
    await Promise.all([site.get(), site.get()])
    assert.lengthOf(Object.keys(await ask(site.store, 'all')), 2)
  },
  'bears an empty req.url': async kit => {
    const site = await serve(kit, {}, undefined, req => (req.url = ''))
    assert.equal((await site.get()).name, 'connect.sid')
  },
  'bears a second res.end()': async kit => {
    const site = await serve(kit, {}, (_, res) => {
      res.setHeader('Content-Type', 'text/plain')
      res.end('Hello, world!')
      res.end()
    })
    is(await site.get(), 'Hello, world!')
  },
  'bears res.end(null)': async kit => {
    const site = await serve(kit, {}, (_, res) => res.end(null))
    is(await site.get(), '')
  },
  'lets no stored key hide a method': async kit => {
    const site = await serve(kit, {}, numbered())
    const first = await site.get()
    const data = await ask(site.store, 'get', first.id)
    await ask(site.store, 'set', first.id, Object.assign(data, { save: 'nope' }))
    is(await site.get('/', first), 'session 1')
  },
  'shows the data and the cookie as keys, no methods': async kit => {
    const site = await serve(kit, {}, (req, res) => {
      req.session.test1 = 1
      const enumerable: string[] = []
      for (const key in req.session) enumerable.push(key)
      res.end([...Object.keys(req.session).sort(), ...enumerable.sort()].join())
    })
    is(await site.get(), 'cookie,test1,cookie,test1')
  },
  'saves nothing under a bogus req.sessionID': async kit => {
    const site = await serve(kit, {}, (req, res) => {
      req.sessionID = () => {}
      req.session.test1 = 1
      res.end()
    })
    assert.isUndefined((await site.get()).cookie)
    assert.equal(await ask(site.store, 'length'), 0)
  },
  'renews the expiry of a cookie in a slow response': async kit => {
    const site = await serve(kit, { rolling: true }, (req, res) => {
      req.session.user = 'bob'
      res.write('hello, ')
      setTimeout(() => res.end('world!'), 50)
    })
    const first = await site.get()
    await nextSecond()
    const second = await site.get('/', first)
    is(second, 'hello, world!')
    assert.notEqual(second.attributes.expires, first.attributes.expires)
  },
  'has saved when the response has ended': async kit => {
    for (const respond of [
      hit,
      (req: any, res: any) => {
        req.session.hit = true
        res.setHeader('Content-Length', '0')
        res.end()
      },
      (req: any, res: any) => {
        req.session.hit = true
        res.setHeader('Content-Length', '12')
        res.write('hello, ')
        res.end('world')
      },
      (req: any, res: any) => {
        req.session.hit = true
        res.setHeader('Content-Length', '13')
        res.end('session saved')
      },
    ]) {
      const site = await serve(kit, {}, respond)
      const set = site.store.set
      let saved = 0
      site.store.set = (...args: any[]) =>
        setTimeout(() => set.apply(site.store, [...args.slice(0, 2), (e: any) => args[2](e, saved++)]), 50)
      const answer = await site.get()
      assert.equal(saved, 1)
      assert.equal(answer.name, 'connect.sid')
    }
  },
  'stores the expiry that the cookie says, and renews it': async kit => {
    const site = await serve(kit, {}, (req, res) => {
      req.session.user = 'bob'
      res.end(req.session.id)
    })
    const first = await site.get()
    const before = new Date((await ask(site.store, 'get', first.text)).cookie.expires)
    assert.equal(before.toUTCString(), first.attributes.expires)
    await nextSecond()
    is(await site.get('/', first), first.id)
    const after = new Date((await ask(site.store, 'get', first.text)).cookie.expires)
    assert.notEqual(after.toUTCString(), before.toUTCString())
  },
  'makes a new session, with a new id, when the id is not in the store': async kit => {
    const site = await serve(kit, {}, numbered())
    const first = await site.get()
    await ask(site.store, 'clear')
    const second = await site.get('/', first)
    is(second, 'session 2')
    assert.notEqual(second.id, first.id)
  },
  'asks nothing of the store for an unsigned or badly signed id': async kit => {
    const site = await serve(kit, { key: 'sessid' }, numbered())
    const first = await site.get()
    const get = counted(site.store, 'get')
    const unsigned = await site.get('/', `sessid=${first.id}`)
    is(unsigned, 'session 2')
    assert.notEqual(unsigned.id, first.id)
    is(await site.get('/', first.cookie!.replace(/...\./, '.')), 'session 3')
    assert.equal(get.count, 0)
  },
  'makes a new session, with a new id, when the old one has expired': async kit => {
    const site = await serve(kit, { cookie: { maxAge: 5 } }, numbered())
    const first = await site.get()
    await new Promise(resolve => setTimeout(resolve, 30))
    assert.isEmpty(Object.keys(await ask(site.store, 'all')))
    const second = await site.get('/', first)
    is(second, 'session 2')
    assert.notEqual(second.id, first.id)
  },
  'passes on what inflating a session without a cookie throws': async kit => {
    const site = await serve(kit, {}, numbered())
    const first = await site.get()
    await ask(site.store, 'set', first.id, { foo: 'bar' })
    const second = await site.get('/', first)
    assert.equal(second.status, 500)
    assert.match(second.text, /Cannot read prop/)
  },
  'works when write and end were patched before, and after': async kit => {
    const patch = (res: any) => {
      const { write, end } = res
      let ended = false
      res.end = function (...args: any[]) {
        ended = true
        return end.apply(this, args)
      }
      res.write = function (...args: any[]) {
        if (ended) throw new Error('write after end')
        return write.apply(this, args)
      }
    }
    const respond = (req: any, res: any) => {
      req.session.hit = true
      res.write('hello, ')
      res.end('world')
    }
    is(await (await serve(kit, {}, respond, (_, res) => patch(res))).get(), 'hello, world')
    const after = await serve(kit, {}, (req, res) => {
      patch(res)
      respond(req, res)
    })
    is(await after.get(), 'hello, world')
  },
  'freezes the head at res.end(), as node:http does': async kit => {
    let message = ''
    const site = await serve(kit, {}, (_, res) => {
      res.end()
      try {
        res.setHeader('Content-Length', '3')
        res.end('foo')
      } catch (error) {
        message = (error as Error).message
      }
    })
    is(await site.get(), '')
    assert.match(message, /Cannot set headers after they are sent/)
  },
  persists: async kit => {
    const site = await serve(kit, {}, hits)
    const first = await site.get()
    assert.equal((await ask(site.store, 'load', first.id)).count, 1)
    is(await site.get('/', first), 'hits: 2')
  },
  'is not there while the store says that it is disconnected': async kit => {
    const site = await serve(kit, {}, (req, res) => res.end(typeof req.session))
    site.store.emit('disconnect')
    const without = await site.get()
    is(without, 'undefined')
    assert.isUndefined(without.cookie)
    site.store.emit('connect')
    is(await site.get(), 'object')
  },
}
