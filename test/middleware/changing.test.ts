import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from 'chai'
import type express from 'express'
import { Changing } from '../../middleware/sessions/changing.ts'
import { createWriters } from '../../middleware/sessions/writers.ts'
import { MemoryStore } from '../../middleware/stores/memory-store.ts'
import { closing } from '../support/clients.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { barrier, ours } from './contenders.ts'

describe('app code inside of update', () => {
  let redis: RedisServer
  const open = closing()
  before(async () => {
    redis = await startRedis()
  })
  after(() => redis.close())

  const told = (error: any) => error.code ?? error.message
  const outcome = (work: Promise<unknown>) => work.then(() => 'kept', told)
  const serve = (routes: (app: express.Express) => void) =>
    open(
      ours.serve(redis.url, app => {
        app.get('/in', (req: any, res) => {
          req.session.count = 1
          res.send('ok')
        })
        app.get('/get', (req: any, res) => void res.json({ ...req.session, cookie: undefined }))
        routes(app)
      }),
    )

  for (const [name, nested] of Object.entries({
    'save()': (session: any) => session.save(),
    'update()': (session: any) => session.update(() => 1),
    'save() after an await': (session: any) => sleep(5).then(() => session.save()),
  }))
    it(`fails for a ${name} of the same session, and what the callback made of that counts`, async () => {
      const site = await serve(app =>
        app.get('/nested', async (req: any, res) => {
          let inner: unknown
          const outer = await outcome(
            req.session.update(async (data: any) => {
              data.count++
              inner = await outcome(nested(req.session))
            }),
          )
          res.send(`${inner} ${outer}`)
        }),
      )
      const first = await site.get('/in')
      assert.equal((await site.get('/nested', first)).text, 'ERR_SESSION_UPDATE_NESTED kept')
      assert.deepEqual(JSON.parse((await site.get('/get', first)).text), { count: 2 })
    })

  it('may be slow in several updates of one request at once, and while the answer leaves', async () => {
    const site = await serve(app =>
      app.get('/several', async (req: any, res) => {
        const slow = () =>
          req.session.update(async (data: any) => {
            await sleep(20)
            data.count++
          })
        const all = [slow(), slow(), slow()]
        if (req.query.waits) res.send((await Promise.all(all.map(outcome))).join())
        else {
          req.session.seen = true
          res.send('answered')
        }
      }),
    )
    const first = await site.get('/in')
    assert.equal((await site.get('/several?waits=1', first)).text, 'kept,kept,kept')
    assert.equal((await site.get('/several', first)).text, 'answered')
    // The last of them come after the answer.
    let data: any
    for (let nth = 0; nth < 100 && data?.count !== 7; nth++) data = JSON.parse((await site.get('/get', first)).text)
    assert.deepEqual(data, { count: 7, seen: true })
  })

  it('holds the others up for no longer than its bound, and is not listened to after that', async () => {
    const { driver } = new MemoryStore()
    const session = { id: 'a' } as never
    const seen = '{"cookie":{},"count":1}'
    await driver.create('a', { json: seen, life: 60_000, session })
    const writers = createWriters(driver, { conflicts: 0 })
    let release = () => {}
    const stuck = writers.write('a', {
      seen,
      session,
      life: 60_000,
      apply: current =>
        new Changing(50).run(async data => {
          await new Promise<void>(resolve => (release = resolve))
          data.late = true
        }, current),
    })
    const innocent = writers.write('a', { seen, session, life: 60_000, apply: data => void (data.other = 1) })
    assert.equal(await outcome(stuck), 'ERR_SESSION_UPDATE_TIMEOUT')
    release()
    assert.deepEqual(JSON.parse(await innocent), { cookie: {}, count: 1, other: 1 })
    assert.equal(await driver.load('a', undefined), await innocent)
  })

  it('fails alone when it makes what cannot be written', async () => {
    const arrived = barrier(3)
    const site = await serve(app => {
      app.get('/bad', async (req: any, res) => {
        await arrived()
        res.send(String(await outcome(req.session.update((data: any) => (data.big = 1n)))))
      })
      app.get('/good', async (req: any, res) => {
        await arrived()
        res.send(String(await outcome(req.session.update((data: any) => void data.count++))))
      })
    })
    const first = await site.get('/in')
    const [good, bad, other] = await Promise.all(['/good', '/bad', '/good'].map(path => site.get(path, first)))
    assert.deepEqual([good!.text, other!.text], ['kept', 'kept'])
    assert.match(bad!.text, /BigInt/)
    assert.deepEqual(JSON.parse((await site.get('/get', first)).text), { count: 3 })
  })
})
