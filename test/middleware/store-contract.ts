// What every store has to do, on both of its faces: the driver that our engine works with, and express-session's Store.
import { assert } from 'chai'
import express from 'express'
import { sessions } from '../../middleware/index.ts'
import { Cookie } from '../../middleware/sessions/cookie.ts'
import { driverOf } from '../../middleware/sessions/options.ts'
import type { SessionStore, Snapshot, Store } from '../../middleware/stores/store.ts'
import { call, startApp } from '../support/clients.ts'
import { until } from '../support/redis-process.ts'
import { cookieOf } from './contenders.ts'

export interface Subject {
  readonly name: string
  open(): Store | Promise<Store>
  close?(store: Store): unknown
  /** Why it need not do all of it. */
  readonly lacks?: { readonly comparing?: string; readonly claims?: string; readonly milliseconds?: string }
}

const LIFE = 60_000
const ODD = [
  'a b',
  '{',
  '{}',
  '{a}b',
  'a}b{c',
  '*',
  '[a]?\\',
  'a\nb\0c',
  'ü-☃-𝒳',
  '__proto__',
  'constructor',
  ':',
  '%2F',
]
const MEGABYTE = 'é☃x'.repeat(250_000)

let serial = 0
const newId = () => `contract-${serial++}`

function snapshot(data: object = {}, life = LIFE): Snapshot {
  const cookie = new Cookie({ maxAge: life })
  const session = { cookie, ...data }
  return { json: JSON.stringify(session), life, session: session as never }
}

/** A test, or for want of something a title that says why there is none. */
const given = (lack: string | undefined) => (title: string, test: () => Promise<unknown>) =>
  lack === undefined ? it(title, test) : it(`${title}: ${lack}`)

export function storeContract(subject: Subject): void {
  const { comparing, claims, milliseconds } = subject.lacks ?? {}
  let store: Store
  let driver: SessionStore
  before(async () => {
    store = await subject.open()
    driver = driverOf({ store, hardening: undefined })
    await driver.ready?.()
  })
  after(() => subject.close?.(store))

  const load = async (id: string, life?: number) => {
    const stored = await driver.load(id, life)
    const { cookie: _, ...data } = typeof stored === 'string' ? JSON.parse(stored) : ((stored as any) ?? {})
    return stored === undefined ? undefined : data
  }
  const ask = <T = any>(method: 'get' | 'set' | 'touch' | 'destroy' | 'all' | 'length' | 'clear', ...args: unknown[]) =>
    new Promise<T>((resolve, reject) => {
      let called = 0
      let turn = true
      ;(store as any)[method](...args, (error: unknown, value: T) => {
        // connect-redis does, with what it cannot write.
        if (turn && 'driver' in store) reject(new Error(`${method} called back in the same turn`))
        if (++called > 1) throw new Error(`${method} called back ${called} times`)
        error ? reject(error) : resolve(value)
      })
      turn = false
    })
  const shown = (data: object, maxAge = LIFE) => ({ cookie: new Cookie({ maxAge }), ...data })

  describe('as a driver', () => {
    it('knows nothing of an id that it was not given', async () => {
      const id = newId()
      assert.isUndefined(await driver.load(id, undefined))
      assert.isUndefined(await driver.load(id, LIFE))
      await driver.touch(id, snapshot())
      await driver.destroy(id)
      assert.isUndefined(await driver.load(id, undefined))
      if (driver.claim) assert.isUndefined(await driver.claim(id))
    })

    it('returns what was created, byte for byte where it returns text', async () => {
      const id = newId()
      const shot = snapshot({ text: 'ü ☃ 𝒳 \ud800 \u2028 \0 "', list: [], deep: { a: [null, 1.5, true] } })
      await driver.create(id, shot)
      const stored = await driver.load(id, undefined)
      if (typeof stored === 'string') assert.equal(stored, shot.json)
      assert.deepEqual(await load(id), JSON.parse(JSON.stringify({ ...shot.session, cookie: undefined })))
    })

    it('takes a megabyte, and ids of any characters', async () => {
      await driver.create(newId(), snapshot({ MEGABYTE }))
      assert.equal((await load(`contract-${serial - 1}`)).MEGABYTE, MEGABYTE)
      const ids = [...ODD, 'x'.repeat(4_000)]
      for (const id of ids) await driver.create(id, snapshot({ id }))
      for (const id of ids) {
        assert.deepEqual(await load(id), { id })
        const seen = (await driver.load(id, undefined)) as string
        assert.equal(await driver.replace(id, snapshot({ id, again: 1 }), seen), 'saved')
        assert.deepEqual(await load(id), { id, again: 1 })
      }
      for (const id of ids) await driver.destroy(id)
      for (const id of ids) assert.isUndefined(await load(id))
    })

    given(comparing)('replaces only what was seen, and creates nothing', async () => {
      const id = newId()
      const [first, second] = [snapshot({ n: 1 }), snapshot({ n: 2 })]
      assert.equal(await driver.replace(id, second, first.json), 'gone')
      assert.isUndefined(await load(id))
      await driver.create(id, first)
      assert.equal(await driver.replace(id, second, first.json), 'saved')
      assert.deepEqual(await driver.replace(id, snapshot({ n: 3 }), first.json), { current: second.json })
      assert.deepEqual(await load(id), { n: 2 })
      await driver.destroy(id)
      assert.equal(await driver.replace(id, first, second.json), 'gone')
      assert.isUndefined(await load(id))
    })

    given(comparing)('lets one of twenty replace what all of them have seen', async () => {
      const id = newId()
      const first = snapshot()
      await driver.create(id, first)
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, n) => driver.replace(id, snapshot({ n }), first.json)),
      )
      assert.lengthOf(
        replies.filter(reply => reply === 'saved'),
        1,
      )
    })

    given(comparing ?? claims)('lets a session be claimed: the same JSON, another text', async () => {
      const id = newId()
      const first = snapshot({ n: 1 })
      await driver.create(id, first)
      const claimed = await driver.claim!(id)
      assert.equal(claimed, `${first.json} `)
      assert.deepEqual(await driver.replace(id, snapshot({ n: 2 }), first.json), { current: claimed! })
      assert.deepEqual(await load(id), { n: 1 })
    })
  })

  describe("as express-session's Store", () => {
    const dataOf = (session: any) => {
      const { cookie, id: _, ...data } = session
      assert.isAbove(new Date(cookie.expires).valueOf(), Date.now())
      return data
    }

    it('gets what was set, until it is destroyed', async () => {
      const id = newId()
      assert.isNotOk(await ask('get', id))
      await ask('set', id, shown({ user: 'ü☃𝒳', list: [] }))
      assert.deepEqual(dataOf(await ask('get', id)), { user: 'ü☃𝒳', list: [] })
      await ask('set', id, shown({ MEGABYTE }))
      assert.deepEqual(dataOf(await ask('get', id)), { MEGABYTE })
      await ask('destroy', id)
      await ask('destroy', id)
      await ask('touch', id, shown({}))
      assert.isNotOk(await ask('get', id))
    })

    it('needs no callbacks', async () => {
      const id = newId()
      store.set(id, shown({ n: 1 }))
      await until('set', async () => ask('get', id))
      store.touch!(id, shown({ n: 1 }))
      store.destroy(id)
      await until('destroyed', async () => !(await ask('get', id)))
    })

    it('lists, counts and clears what it has', async () => {
      await ask('clear')
      for (const id of ODD) await ask('set', id, shown({ name: id }))
      const all: any = await ask('all')
      const names = Object.keys(all).map(key => all[key].name)
      assert.sameMembers(names, ODD)
      assert.equal(await ask('length'), ODD.length)
      await ask('clear')
      assert.equal(await ask('length'), 0)
    })

    it('calls it an error, and not an outage, when a session cannot be written', async () => {
      const circular: any = shown({})
      circular.self = circular
      for (let nth = 0; nth < 6; nth++) {
        // Its MemoryStore throws.
        const outcome = await ask('set', newId(), circular).catch((error: Error) => error)
        assert.instanceOf(outcome, TypeError)
      }
      assert.isNotOk(await ask('get', newId()))
    })
  })

  given(milliseconds)('lets a session live as long as was last said, in milliseconds', async () => {
    const short = snapshot({}, 500)
    const create = async (then?: (id: string) => unknown, by = (id: string) => driver.create(id, short)) => {
      const id = newId()
      await by(id)
      await then?.(id)
      return id
    }
    const set = (id: string) => ask('set', id, shown({}, 500))
    const [ending, going] = await Promise.all([
      Promise.all([create(), create(undefined, set), create(id => driver.claim?.(id))]),
      Promise.all([
        create(id => driver.touch(id, snapshot())),
        create(id => driver.replace(id, snapshot(), short.json)),
        create(id => (driver.slides ? driver.load(id, LIFE) : driver.touch(id, snapshot()))),
        create(id => ask('touch', id, shown({})), set),
      ]),
    ])
    for (const id of ending) {
      await until('session is gone', async () => (await load(id)) === undefined, 2_000)
      assert.isNotOk(await ask('get', id))
    }
    for (const id of going) assert.isOk(await ask('get', id))
  })

  it('carries a whole middleware', async () => {
    const middleware = sessions({ secret: 'keyboard cat', resave: false, saveUninitialized: false, store })
    const app = express().use(middleware)
    app.get('/set', async (req: any, res) => {
      req.session.count = (req.session.count ?? 0) + 1
      res.send(`${req.session.count}`)
    })
    app.get('/update', async (req: any, res) => {
      await req.session.update((data: any) => data.count++)
      res.send(`${req.session.count}`)
    })
    app.get('/new', async (req: any, res) => {
      await req.session.regenerate({ keep: true })
      res.send(`${req.session.count}`)
    })
    app.get('/out', (req: any, res) => req.session.destroy(() => res.send('out')))
    const site = await startApp(app)
    try {
      let cookie = ''
      for (const step of ['set 1', 'set 2', 'update 3', 'new 3', 'set 4', 'out out', 'set 1']) {
        const [path, text] = step.split(' ')
        const reply = await call(site.address, `/${path}`, { headers: { cookie } })
        assert.equal(reply.text, text, step)
        cookie = cookieOf(reply) ?? cookie
      }
    } finally {
      await site.close()
    }
  })
}
