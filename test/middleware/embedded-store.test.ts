// The embedded store, with real processes: what was acknowledged is there, whoever is killed; and its limits.

import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { assert } from 'chai'
import { StoreUnavailable } from '../../middleware/errors.ts'
import { sessions } from '../../middleware/index.ts'
import { entryOf } from '../../middleware/stores/embedded-record.ts'
import { EmbeddedStore } from '../../middleware/stores/embedded-store.ts'
import { openFiles } from '../../middleware/stores/lmdb-files.ts'
import { closing } from '../support/clients.ts'
import { ask } from './compatible/kit.ts'
import { startEmbedded as start } from './embedded-process.ts'

describe('embedded store', () => {
  let folder: string
  let path: string
  const open = closing()
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outrigger-embedded-'))
  })
  beforeEach(() => {
    path = join(folder, String(Math.random()), 'sessions')
  })
  after(() => rm(folder, { recursive: true }))

  const store = (options: object = {}) => {
    const made = new EmbeddedStore({ path, ...options })
    void open(made)
    return made
  }
  const session = (life: number, data: object = {}) => ({
    cookie: { originalMaxAge: life, expires: new Date(Date.now() + life).toISOString() },
    ...data,
  })

  describe('of two processes', () => {
    it('loses no key of one session, counts exactly, and ends a session for both', async () => {
      const apps = [await open(start({ path })), await open(start({ path }))] as const
      const { cookie } = await apps[0].get('/set/start')
      const all = (what: (nth: number) => string) =>
        Promise.all(Array.from({ length: 300 }, (_, nth) => apps[nth % 2]!.get(what(nth), cookie)))
      for (const { status, text } of await all(nth => `/set/k${nth}`)) assert.equal(status, 200, text)
      for (const { status, text } of await all(() => '/count')) assert.equal(status, 200, text)
      const stored = JSON.parse((await apps[1].get('/', cookie)).text)
      assert.equal(stored.count, 300)
      assert.lengthOf(Object.keys(stored), 303)
      await apps[0].get('/logout', cookie)
      assert.notProperty(JSON.parse((await apps[1].get('/', cookie)).text), 'start')
    })

    it('has what was answered before a kill -9, and goes on without the one that was killed', async () => {
      const survivor = await open(start({ path }))
      const victim = await open(start({ path }))
      const acknowledged: string[] = []
      let running = true
      const load = async (app: typeof victim) => {
        while (running) {
          const answer = await app.get(`/set/k${acknowledged.length}`).catch(() => undefined)
          if (answer === undefined) return
          assert.equal(answer.status, 200, answer.text)
          acknowledged.push(answer.cookie!)
        }
      }
      const loads = [
        ...Array.from({ length: 8 }, () => load(victim)),
        ...Array.from({ length: 2 }, () => load(survivor)),
      ]
      while (acknowledged.length < 200) await sleep(5)
      await victim.kill()
      const before = acknowledged.length
      while (acknowledged.length < before + 20) await sleep(5)
      running = false
      await Promise.all(loads)
      await survivor.kill()
      const heir = await open(start({ path }))
      const found = await Promise.all(acknowledged.map(cookie => heir.get('/', cookie)))
      assert.lengthOf(
        found.filter(({ text }) => /"k\d+":1/.test(text)),
        acknowledged.length,
      )
    })

    it('reads what another thread has written, in the turn of the loop in which it had read before', async () => {
      const [writer, reader] = [store(), store()]
      await ask(writer, 'set', 'a', session(60_000, { n: 1 }))
      reader.driver.load('a', undefined)
      const script = `
        const { EmbeddedStore } = require('outrigger')
        const { workerData } = require('node:worker_threads')
        const store = new EmbeddedStore({ path: workerData.path })
        store.set('a', workerData.session, () => {
          Atomics.store(workerData.done, 0, 1)
          Atomics.notify(workerData.done, 0)
          store.close()
        })`
      const done = new Int32Array(new SharedArrayBuffer(4))
      const worker = new Worker(script, { eval: true, workerData: { path, session: session(60_000, { n: 2 }), done } })
      await new Promise(resolve => worker.once('online', resolve))
      reader.driver.load('a', undefined)
      Atomics.wait(done, 0, 0, 5_000)
      assert.include(String(reader.driver.load('a', undefined)), '"n":2')
      await new Promise(resolve => worker.once('exit', resolve))
    })
  })

  describe('a life', () => {
    it('starts anew with each load, and ends', async () => {
      const { driver } = store()
      await driver.create('a', { json: '{"cookie":{}}', life: 500, session: undefined as never })
      for (let nth = 0; nth < 3; nth++) {
        await sleep(200)
        assert.equal(await driver.load('a', 500), '{"cookie":{}}', `after ${nth + 1} times 200 ms`)
      }
      await sleep(600)
      assert.isUndefined(await driver.load('a', 500))
      assert.equal(
        await driver.replace('a', { json: '{}', life: 500, session: undefined as never }, '{"cookie":{}}'),
        'gone',
      )
    })

    it('is written at most once in a tenth of it, however often the session is read', async () => {
      const { driver } = store()
      await driver.create('a', { json: '{"cookie":{}}', life: 2_000, session: undefined as never })
      const files = await open(openFiles(path))
      const before = commits(files)
      let promised = 0
      for (let nth = 0; nth < 50; nth++) {
        promised = Date.now() + 2_000
        await driver.load('a', 2_000)
        await sleep(10)
      }
      files.sessions.resetReadTxn()
      assert.isAtLeast(entryOf(files.sessions.getEntry('a')!).until, promised, 'it would end early')
      assert.isAtMost(commits(files) - before, 5)
      assert.isAtLeast(commits(files) - before, 1)
    })

    it('that is over leaves nothing behind; the others stay', async () => {
      const kept = store()
      const files = await open(openFiles(path))
      for (let nth = 0; nth < 20; nth++) await ask(kept, 'set', `long${nth}`, session(60_000))
      const short = Array.from({ length: 300 }, (_, nth) => ask(kept, 'set', `short${nth}`, session(50)))
      await Promise.all(short)
      for (const id of ['long0', 'long1']) await ask(kept, 'destroy', id)
      await sleep(1_100)
      for (let nth = 0; nth < 120; nth++) await ask(kept, 'set', 'one', session(60_000, { nth }))
      await sleep(50)
      assert.equal(await ask(kept, 'length'), 19)
      assert.lengthOf([...files.sessions.getKeys({})], 19)
      assert.lengthOf([...files.due.getKeys({})], 19)
    })

    it('that was made longer is not swept, that was made shorter is', async () => {
      const kept = store()
      const files = await open(openFiles(path))
      await ask(kept, 'set', 'longer', session(50))
      await ask(kept, 'set', 'longer', session(60_000))
      await ask(kept, 'set', 'shorter', session(60_000))
      await ask(kept, 'set', 'shorter', session(50))
      await sleep(1_100)
      for (let nth = 0; nth < 32; nth++) await ask(kept, 'set', 'one', session(60_000, { nth }))
      await sleep(50)
      assert.deepEqual([...files.sessions.getKeys({})], ['longer', 'one'])
    })
  })

  it('is full at maxSize, says so, and has room again when sessions have ended', async () => {
    const small = store({ maxSize: 1024 * 1024 })
    const big = { x: 'x'.repeat(14_000) }
    const asked = Array.from({ length: 120 }, (_, nth) => ask(small, 'set', `s${nth}`, session(700, big)))
    const answers = await Promise.allSettled(asked)
    const made = answers.filter(({ status }) => status === 'fulfilled').length
    const full = answers.find(answer => answer.status === 'rejected')?.reason
    assert.instanceOf(full, StoreUnavailable)
    assert.match(full.message, /maxSize, 1048576 bytes/)
    assert.include(full.message, path)
    // 64 would fit; what is being written counts once more while it is.
    assert.isAbove(made, 25)
    assert.isString(await small.driver.load('s0', undefined))
    await ask(small, 'destroy', 's0')
    await sleep(1_900)
    for (let nth = 0; nth < 40; nth++) await ask(small, 'set', `t${nth}`, session(60_000, big))
    assert.equal(await ask(small, 'length'), 40)
    assert.isBelow((await stat(join(path, 'data.mdb'))).size, 3 * 1024 * 1024)
  })

  it('takes sessions of 1 MB, and any string for an id', async () => {
    const kept = store()
    const ids = ['a', 'x'.repeat(2_000), 'x'.repeat(2_001), '#a', '\u{1F600}', '\ud800', '\ud801', 'a\0b', '', ' ']
    for (const id of ids)
      await ask(kept, 'set', id, session(60_000, { id, big: 'é'.repeat(id === 'a' ? 500_000 : 10) }))
    for (const id of ids) assert.equal((await ask(kept, 'get', id)).id, id)
    const all = await ask(kept, 'all')
    assert.sameMembers(Object.keys(all), ids)
    assert.equal(all.a.big.length, 500_000)
    assert.equal(await ask(kept, 'length'), ids.length)
    await ask(kept, 'clear')
    assert.equal(await ask(kept, 'length'), 0)
    assert.isUndefined(await ask(kept, 'get', 'a'))
  })

  it('gives every key of a thousand sessions', async () => {
    const kept = store()
    await Promise.all(Array.from({ length: 1_100 }, (_, nth) => ask(kept, 'set', `k${nth}`, session(60_000, { nth }))))
    assert.equal(await ask(kept, 'length'), 1_100)
    assert.lengthOf(Object.keys(await ask(kept, 'all')), 1_100)
  })

  it('lets one that was claimed be written by the claimer only', async () => {
    const { driver } = store()
    const snapshot = (json: string) => ({ json, life: 1_000, session: undefined as never })
    await driver.create('a', snapshot('{"n":1}'))
    assert.equal(await driver.claim!('a'), '{"n":1} ')
    assert.deepEqual(await driver.replace('a', snapshot('{"n":2}'), '{"n":1}'), { current: '{"n":1} ' })
    assert.equal(await driver.replace('a', snapshot('{"n":2}'), '{"n":1} '), 'saved')
    assert.isUndefined(await driver.claim!('b'))
  })

  it('outlives a disk that is full', async () => {
    const app = await open(start({ path }, { blocks: 400 }))
    let last = await app.get('/set/first')
    const { cookie } = last
    for (let nth = 0; nth < 60 && last.status === 200; nth++) last = await app.get('/big/14000')
    assert.equal(last.status, 503)
    assert.isUndefined(last.cookie)
    for (let nth = 0; nth < 5; nth++) assert.equal((await app.get('/big/14000')).status, 503)
    assert.include((await app.get('/', cookie)).text, '"first":1')
    assert.notInclude(app.errors(), 'Unhandled')
  })

  describe('as sessions() takes it', () => {
    it('is in .outrigger/sessions, told of in one line, and shared by two middlewares', async () => {
      const cwd = join(folder, 'cwd')
      await mkdir(cwd)
      const app = await open(start({ resave: false, saveUninitialized: false }, { cwd, twice: true }))
      const { cookie } = await app.get('/set/a')
      assert.include((await app.get('/', cookie)).text, '"a":1')
      assert.deepEqual(await readdir(join(cwd, '.outrigger', 'sessions')), ['data.mdb', 'lock.mdb'])
      const told = app.errors()
      assert.match(told, /^outrigger sessions: kept in .*\.outrigger\/sessions, .*Redis.*\n$/)
    })

    it('gives way to the store in the process where there is no lmdb, and says so', async () => {
      const app = await open(start({ resave: false, saveUninitialized: false }, { cwd: folder, hide: true }))
      const { cookie } = await app.get('/set/a')
      assert.include((await app.get('/', cookie)).text, '"a":1')
      assert.match(
        app.errors(),
        /Warning: outrigger sessions: kept in this process.*no lmdb: Cannot find module 'lmdb'/,
      )
      assert.lengthOf(app.errors().match(/outrigger sessions/g) ?? [], 1)
    })

    it('does not keep a process alive, and process.exit() loses nothing that was answered', async () => {
      const app = await open(start({ path }))
      const { cookie } = await app.get('/set/a')
      const left = app.exited
      await app.get('/exit').catch(() => {})
      await left
      const next = await open(start({ path }))
      assert.include((await next.get('/', cookie)).text, '"a":1')
      const ended = next.exited
      await next.get('/close')
      assert.equal(await ended, 0)
    })

    it('refuses options that cannot be', () => {
      const refused = (options: object, message: RegExp) => assert.throws(() => sessions(options), TypeError, message)
      refused({ path, redis: 'redis://127.0.0.1:1' }, /path and redis cannot both be given/)
      refused({ maxSize: 2 ** 30, store: store() }, /maxSize and store cannot both be given/)
      refused({ path: '' }, /path option must be the name of a folder, not empty/)
      refused({ path: 1 }, /path option must be the name of a folder, not number/)
      refused({ path, maxSize: 1_000 }, /maxSize option must be a whole number of bytes, at least 1048576, not 1000/)
    })
  })

  it('stays open for the others when one that shares it is closed', async () => {
    const [one, other] = [store(), store()]
    await ask(one, 'set', 'a', session(60_000, { n: 1 }))
    assert.equal((await ask(other, 'get', 'a')).n, 1)
    await one.close()
    await one.close()
    assert.equal((await ask(other, 'get', 'a')).n, 1)
    const error: unknown = await ask(one, 'get', 'a').catch(error => error)
    assert.match(String(error), /it is closed/)
    await other.close()
    const again = store()
    assert.equal((await ask(again, 'get', 'a')).n, 1)
  })
})

function commits({ sessions }: ReturnType<typeof openFiles>): number {
  return (sessions.getStats() as unknown as { lastTxnId: number }).lastTxnId
}
