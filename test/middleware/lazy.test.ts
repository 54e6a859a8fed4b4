import { assert } from 'chai'
import type express from 'express'
import { MemoryStore } from '../../middleware/stores/memory-store.ts'
import { closing } from '../support/clients.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { ours } from './contenders.ts'

describe('sessions that are lazy, and calls without a callback', () => {
  let redis: RedisServer
  const open = closing()
  before(async () => {
    redis = await startRedis()
  })
  after(() => redis.close())

  it('are one, however many ask at once; and end unseen by req.session = null', async () => {
    const store = new MemoryStore()
    let loads = 0
    const load = async (id: string, life: number | undefined) => {
      await new Promise(resolve => setTimeout(resolve, 10 * loads++))
      return store.driver.load(id, life)
    }
    const routes = (app: express.Express) => {
      app.get('/in', async (req: any, res) => {
        ;(await req.loadSession()).in = 1
        res.send()
      })
      app.get('/both', async (req: any, res) => {
        const put = async (key: string) => {
          const session = await req.loadSession()
          session[key] = 1
        }
        await Promise.all([put('a'), put('b')])
        res.send()
      })
      app.get('/out', (req: any, res) => {
        req.session = null
        res.send('out')
      })
      app.get('/', async (req: any, res) => void res.send(Object.keys(await req.loadSession()).join()))
    }
    const slow = Object.create(store, { driver: { value: { ...store.driver, load } } })
    const site = await open(ours.serve('', routes, { redis: undefined, store: slow, lazy: true, unset: 'destroy' }))
    const first = await site.get('/in')
    await site.get('/both', first)
    assert.equal((await site.get('/', first)).text, 'cookie,in,a,b')
    const out = await site.get('/out', first)
    assert.match(out.headers['set-cookie']![0]!, /^connect\.sid=;.*1970/)
    assert.isEmpty(store.sessions)
    assert.equal((await site.get('/', first.cookie)).text, 'cookie')
  })

  it('null for a callback is none, as in express-session', async () => {
    const site = await open(
      ours.serve(redis.url, app => {
        app.get('/set', (req: any, res) => {
          req.session.user = 'ada'
          req.session.save(null)
          res.send()
        })
        app.get('/reload', async (req: any, res) => {
          await req.session.reload(null)
          await req.session.regenerate(null)
          res.send(String(req.session.user))
        })
        app.get('/out', (req: any, res) => {
          req.session.destroy(null)
          res.send()
        })
        app.get('/', (req: any, res) => res.send(String(req.session.user)))
      }),
    )
    const first = await site.get('/set')
    assert.equal((await site.get('/', first)).text, 'ada')
    await site.get('/out', first)
    assert.equal((await site.get('/', first.cookie)).text, 'undefined')
    assert.equal((await site.get('/reload', await site.get('/set'))).text, 'undefined')
  })
})
