// What express-session + connect-redis get wrong, in both: a test that the other side passes too proves nothing.
import { assert } from 'chai'
import type express from 'express'
import { closing } from '../support/clients.ts'
import { openRaw } from '../support/raw.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { type Answer, barrier, type Contender, each, ours, type Site, slow } from './contenders.ts'

describe('sessions', () => {
  let redis: RedisServer
  const open = closing()
  before(async () => {
    redis = await startRedis()
  })
  beforeEach(() => redis.client.flushall())
  after(() => redis.close())

  // A machine that does everything at once starves Redis too; deadlines are outage.test.ts's business.
  const serve = (contender: Contender, routes: (app: express.Express) => void, options?: object) =>
    open(contender.serve(redis.url, routes, { deadline: 10_000, ...options }))

  it('are saved before the answer leaves: a redirect does not outrun its session', async () => {
    const found = await each(async contender => {
      const routes = (app: express.Express) => {
        app.get('/login', (req: any, res) => {
          req.session.user = 'ada'
          res.redirect('/home')
        })
        app.get('/home', (req: any, res) => void res.send(String(req.session.user)))
      }
      const a = await open(contender.serve(redis.url, routes, { deadline: 10_000 }, slow(redis.url, 20)))
      const b = await serve(contender, routes)
      const raced = Array.from({ length: 200 }, async () => {
        const client = await open(openRaw(a.address))
        await client.send('GET /login HTTP/1.1\r\nHost: a\r\n\r\n')
        await client.until(() => client.bytes.includes('\r\n\r\n'), 10_000)
        const cookie = /connect\.sid=[^;]+/.exec(client.bytes.toString('latin1'))![0]
        return (await b.get('/home', cookie)).text
      })
      return (await Promise.all(raced)).filter(user => user !== 'ada').length
    })
    assert.isAbove(found.theirs, 100)
    assert.equal(found.ours, 0)
  })

  it('lose no update of two requests that change different keys', async () => {
    const found = await each(async contender => {
      const arrived = barrier(50)
      const site = await serve(contender, app => {
        app.get('/start', (req: any, res) => {
          req.session.start = 1
          res.send()
        })
        app.get('/set/:key', async (req: any, res) => {
          await arrived()
          req.session[req.params.key] = 1
          res.send()
        })
        app.get('/keys', (req: any, res) => void res.send(String(Object.keys(req.session).length)))
      })
      const start = await site.get('/start')
      await Promise.all(Array.from({ length: 50 }, (_, nth) => site.get(`/set/k${nth}`, start)))
      return Number((await site.get('/keys', start)).text)
    })
    assert.isBelow(found.theirs, 10)
    assert.equal(found.ours, 52)
  })

  it('lose none of 1,000 from two servers, and count 1,000 update()s', async () => {
    const routes = (app: express.Express) => {
      app.get('/set/:key', (req: any, res) => {
        req.session[req.params.key] = 1
        res.send()
      })
      app.get('/count', async (req: any, res) => {
        await req.session.update((data: any) => {
          data.count = (data.count ?? 0) + 1
        })
        res.send(String(req.session.count))
      })
      app.get('/all', (req: any, res) => void res.json(req.session))
    }
    const servers = [await serve(ours, routes), await serve(ours, routes)] as const
    const start = await servers[0].get('/set/start')
    const all = (path: (nth: number) => string) =>
      Promise.all(Array.from({ length: 1_000 }, (_, nth) => servers[nth % 2]!.get(path(nth), start)))
    for (const answer of await all(nth => `/set/k${nth}`)) assert.equal(answer.status, 200, answer.text)
    for (const answer of await all(() => '/count')) assert.equal(answer.status, 200, answer.text)
    const stored = JSON.parse((await servers[0].get('/all', start)).text)
    assert.equal(stored.count, 1_000)
    assert.lengthOf(Object.keys(stored), 1_003)
  })

  it('stay destroyed, whoever was still writing', async () => {
    const left = await each(async contender => {
      const arrived = barrier(11)
      const site = await serve(contender, app => {
        app.get('/login', (req: any, res) => {
          req.session.user = 'ada'
          res.send()
        })
        app.get('/write', async (req: any, res) => {
          await arrived()
          req.session.seen = Math.random()
          setTimeout(() => res.send(), 20)
        })
        app.get('/logout', async (req: any, res) => {
          await arrived()
          req.session.destroy(() => res.send())
        })
      })
      const login = await site.get('/login')
      await Promise.all([...Array.from({ length: 10 }, () => site.get('/write', login)), site.get('/logout', login)])
      const keys = await redis.client.keys('sess:*')
      await redis.client.flushall()
      return keys.length
    })
    assert.deepEqual(found(left), { theirs: 1, ours: 0 })
  })

  it('say so when they are saved after another request has destroyed them', async () => {
    const site = await serve(ours, app => {
      app.get('/login', async (req: any, res) => {
        req.session.user = 'ada'
        await req.session.save()
        await redis.client.flushall()
        req.session.user = 'bob'
        const byPromise = await req.session.save().catch((error: any) => error.code)
        req.session.save((error: any) => res.send(`${byPromise} ${error.code}`))
      })
    })
    const answer = await site.get('/login')
    assert.equal(answer.text, 'ERR_SESSION_GONE ERR_SESSION_GONE')
    assert.isUndefined(answer.cookie)
  })

  it('live on when they are saved after a touch', async () => {
    const stored = await each(async contender => {
      const site = await serve(
        contender,
        app => {
          app.get('/start', (req: any, res) => {
            req.session.user = 'ada'
            res.send()
          })
          app.get('/look', (req: any, res) => void res.send(req.session.user))
          app.get('/save', (req: any, res) => req.session.save(() => res.send(String(req.session.user))))
        },
        { cookie: { maxAge: 1_000 } },
      )
      const start = await site.get('/start')
      await new Promise(resolve => setTimeout(resolve, 700))
      await site.get('/look', start)
      await new Promise(resolve => setTimeout(resolve, 500))
      assert.equal((await site.get('/save', start)).text, 'ada')
      await new Promise(resolve => setTimeout(resolve, 300))
      return (await site.get('/look', start)).text
    })
    assert.deepEqual(found(stored), { theirs: '', ours: 'ada' })
  })

  it('that were destroyed take their cookie along', async () => {
    const cleared = await each(async contender => {
      const site = await serve(contender, app => {
        app.get('/login', (req: any, res) => {
          req.session.user = 'ada'
          res.send()
        })
        app.get('/logout', (req: any, res) => req.session.destroy(() => res.send()))
      })
      return (await site.get('/logout', await site.get('/login'))).headers['set-cookie']?.[0]
    })
    assert.deepEqual(found(cleared), {
      theirs: undefined,
      ours: 'connect.sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly',
    })
  })

  it('get the cookie flags of today, once', async () => {
    const sent = await each(async contender => {
      const routes = (app: express.Express) =>
        app.get('/', (req: any, res) => {
          req.session.user = 'ada'
          res.send()
        })
      const before = await serve(contender, routes, { cookie: { maxAge: 60_000 } })
      const after = await serve(contender, routes, { cookie: { maxAge: 60_000, sameSite: 'strict' } })
      const first = await before.get('/')
      const second = await after.get('/', first)
      const third = await after.get('/', first)
      return [second, third].map(({ headers }) => headers['set-cookie']?.[0]?.includes('SameSite=Strict') ?? false)
    })
    assert.deepEqual(found(sent), { theirs: [false, false], ours: [true, false] })
  })

  it('keep their own life when it is not that of the options', async () => {
    const site = await serve(
      ours,
      app => {
        app.get('/remember', (req: any, res) => {
          req.session.user = 'ada'
          req.session.cookie.maxAge = 3_600_000
          res.send()
        })
        app.get('/', (req: any, res) => void res.send(req.session.user))
      },
      { cookie: { maxAge: 60_000 } },
    )
    const first = await site.get('/remember')
    for (let nth = 0; nth < 3; nth++) {
      assert.equal((await site.get('/', first)).text, 'ada')
      assert.isAbove(await redis.client.pttl((await redis.client.keys('*'))[0]!), 3_500_000)
    }
  })

  it('can be given a new id and keep their data', async () => {
    const site = await serve(ours, app => {
      app.get('/cart', (req: any, res) => {
        req.session.cart = ['tea']
        res.send()
      })
      app.get('/login', async (req: any, res) => {
        await req.session.regenerate({ keep: true })
        req.session.user = 'ada'
        res.send()
      })
      app.get('/fresh', (req: any, res) => req.session.regenerate(() => res.json(req.session)))
      app.get('/', (req: any, res) => void res.json(req.session))
    })
    const cart = await site.get('/cart')
    const login = await site.get('/login', cart)
    assert.notEqual(login.cookie, cart.cookie)
    assert.deepInclude(JSON.parse((await site.get('/', login)).text), { cart: ['tea'], user: 'ada' })
    assert.notProperty(JSON.parse((await site.get('/', cart)).text), 'cart')
    assert.notProperty(JSON.parse((await site.get('/fresh', login)).text), 'cart')
  })

  it('take few commands', async () => {
    const spent = await each(async contender => {
      const site = await serve(contender, routesThatCost)
      const costs: Record<string, number> = {}
      const cost = async (what: string, path: string, from?: Answer) => {
        let answer: Answer | undefined
        const counts = await redis.counting(async () => {
          answer = await site.get(path, from)
        })
        // What a script calls is counted too, yet it is no command of ours.
        const inner = counts.evalsha || counts.eval ? 2 : 0
        costs[what] = Object.values(counts).reduce((sum, calls) => sum + calls, 0) - inner
        return answer!
      }
      await warm(site)
      await cost('none', '/none')
      const first = await cost('create', '/set/1')
      await cost('read', '/get', first)
      await cost('same value', '/set/1', first)
      await cost('modify', '/set/2', first)
      await cost('save and redirect', '/save/3', first)
      await cost('regenerate', '/regenerate', first)
      await cost('forged', '/get', { ...first, cookie: 'connect.sid=s%3Aabc.def' })
      return costs
    })
    assert.deepEqual(spent.ours, {
      ...{ none: 0, create: 1, read: 1, 'same value': 1, modify: 2 },
      ...{ 'save and redirect': 2, regenerate: 3, forged: 0 },
    })
    assert.isAbove(spent.theirs.read!, 1)
    assert.isAbove(spent.theirs['save and redirect']!, 2)
  })

  it('that are lazy take none before they are asked for', async () => {
    const site = await serve(
      ours,
      app => {
        app.get('/none', (_, res) => void res.send())
        app.get('/set', async (req: any, res) => {
          const session = await req.loadSession()
          session.count = (session.count ?? 0) + 1
          res.send(String(req.session.count))
        })
      },
      { lazy: true },
    )
    const first = await site.get('/set')
    assert.equal((await site.get('/set', first)).text, '2')
    assert.deepEqual(await redis.counting(() => site.get('/none', first)), {})
  })
})

const found = <T>({ theirs, ours }: { theirs: T; ours: T }) => ({ theirs, ours })

function routesThatCost(app: express.Express): void {
  app.get('/none', (_, res) => void res.send())
  app.get('/get', (req: any, res) => void res.send(String(req.session.value)))
  app.get('/set/:value', (req: any, res) => {
    req.session.value = req.params.value
    res.send()
  })
  app.get('/save/:value', (req: any, res) => {
    req.session.value = req.params.value
    req.session.save(() => res.redirect('/get'))
  })
  app.get('/regenerate', (req: any, res) => req.session.regenerate(() => res.send()))
}

/** The script is in Redis after its first use. */
async function warm(site: Site): Promise<void> {
  const first = await site.get('/set/1')
  await site.get('/set/2', first)
}
