// The sessions of a user, in one wording for every store that has an index of them.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from 'chai'
import type express from 'express'
import { EmbeddedStore, MemoryStore, type Sessions, sessions } from '../../middleware/index.ts'
import { RedisStore } from '../../middleware/stores/redis-store.ts'
import { closing } from '../support/clients.ts'
import { seeded } from '../support/random.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { type Answer, barrier, SECRET, type Site, site } from './contenders.ts'
import { routes } from './user-routes.ts'

interface Data {
  user: string | number
  theme: string
}

type Served = Site & { readonly api: Sessions<Data> }

const SLOW = 150

for (const name of ['MemoryStore', 'EmbeddedStore', 'RedisStore'] as const) {
  describe(`the sessions of a user, in ${name}`, () => {
    let redis: RedisServer
    let folder: string
    let path: string
    let store: MemoryStore | EmbeddedStore | RedisStore
    const open = closing()
    before(async () => {
      redis = await startRedis()
      folder = await mkdtemp(join(tmpdir(), 'outrigger-users-'))
    })
    beforeEach(async () => {
      path = join(folder, String(Math.random()))
      store = own()
      if (!(store instanceof MemoryStore)) await open(store)
      await redis.client.flushall()
    })
    after(async () => {
      await redis.close()
      await rm(folder, { recursive: true })
    })

    /** Of each server its own, where stores share what they keep. */
    function own() {
      if (name === 'EmbeddedStore') return new EmbeddedStore({ path })
      return name === 'MemoryStore' ? new MemoryStore() : new RedisStore({ client: redis.url, deadline: 2_000 })
    }

    async function serve(options: object = {}, more: (app: express.Express) => void = () => {}): Promise<Served> {
      const defaults = { secret: SECRET, resave: false, saveUninitialized: false, cookie: { maxAge: 60_000 } }
      const api = sessions<Data>({
        ...{ ...defaults, store: name === 'MemoryStore' ? store : own(), indexBy: 'user', ...options },
      })
      const served = await site(
        api,
        app => {
          routes(app)
          more(app)
        },
        () => api.close(),
      )
      return open(Object.assign(served, { api }))
    }

    const handle = async (at: Site, from: Answer) => (await at.get('/handle', from)).text
    const handles = async ({ api }: Served, user: string) => (await api.sessionsOf(user)).map(({ handle }) => handle)

    it('are listed with their data, the one that ends last first', async () => {
      const app = await serve()
      const long = await app.get('/life/90000', await app.get('/login/ada'))
      const short = await app.get('/login/ada')
      await app.get('/theme/dark', short)
      await app.get('/login/bob')
      const found = await app.api.sessionsOf('ada', { current: await handle(app, short) })
      assert.deepEqual(
        found.map(({ data, current }) => ({ data, current })),
        [
          { data: { user: 'ada' }, current: false },
          { data: { user: 'ada', theme: 'dark' }, current: true },
        ],
      )
      assert.equal(found[0]!.handle, await handle(app, long))
      assert.match(found[0]!.handle, /^[\w-]{22}$/)
      for (const [nth, life] of [90_000, 60_000].entries())
        assert.approximately(found[nth]!.expires.valueOf(), Date.now() + life, 5_000)
      assert.deepEqual(await app.api.sessionsOf('nobody'), [])
    })

    it('do not tell their ids', async () => {
      const app = await serve()
      const login = await app.get('/login/ada')
      const id = decodeURIComponent(login.cookie!.split('=')[1]!).slice(2).split('.')[0]!
      assert.notInclude(JSON.stringify(await app.api.sessionsOf('ada')), id)
    })

    it('are those of a number as of its text', async () => {
      const app = await serve()
      await app.get('/login/7?number')
      await app.get('/login/7')
      assert.lengthOf(await app.api.sessionsOf(7), 2)
      assert.lengthOf(await app.api.sessionsOf('7'), 2)
    })

    it('follow login, logout, a change of user, update() and a new id', async () => {
      const app = await serve()
      const at = async () => {
        const users = await Promise.all(['ada', 'bob'].map(async user => (await handles(app, user)).map(() => user)))
        return users.flat().join()
      }
      let client = await app.get('/theme/dark')
      assert.equal(await at(), '')
      for (const [path, expected] of [
        ['/login/ada', 'ada'],
        ['/theme/light', 'ada'],
        ['/login/bob', 'bob'],
        ['/login/ada', 'ada'],
        ['/logout', ''],
        ['/update/ada', 'ada'],
        ['/update/bob', 'bob'],
        ['/regenerate', 'bob'],
        ['/destroy', ''],
      ] as const) {
        client = await app.get(path, client)
        assert.equal(client.status, 200, client.text)
        assert.equal(await at(), expected, path)
      }
    })

    it('can be found by a function; undefined, null and an empty text are nobody', async () => {
      const app = await serve({ indexBy: (data: any) => data.theme && `${data.theme}!` })
      const client = await app.get('/theme/dark')
      assert.lengthOf(await app.api.sessionsOf('dark!'), 1)
      await app.get('/set/theme/null', client)
      await app.get('/set/theme/""', client)
      assert.lengthOf(await app.api.sessionsOf('dark!'), 0)
    })

    it('a user that can be none is an error that names the option, and nothing is written', async () => {
      for (const [value, kind] of [
        ['{"id":1}', /^indexBy: a user is a string or a number, got an object/],
        ['[1]', /got an array/],
        ['true', /got a value of type boolean/],
      ] as const) {
        const app = await serve()
        const answer = await app.get(`/set/user/${value}`)
        assert.equal(answer.status, 500)
        assert.match(answer.text, kind)
        assert.isUndefined(answer.headers['set-cookie'])
      }
      const failing = await serve({ indexBy: (data: any) => data.nested.user })
      assert.match((await failing.get('/login/ada')).text, /^indexBy failed: .*'user'/)
      // What was stored before the option was set can still be read.
      const before = await serve({ indexBy: undefined })
      const old = await before.get('/set/user/{"id":1}')
      assert.equal((await (await serve()).get('/', old)).text, '{"id":1}')
    })

    it('are revoked one by one, by their user only', async () => {
      const app = await serve()
      const [phone, laptop] = [await app.get('/login/ada'), await app.get('/login/ada')]
      const lost = await handle(app, phone)
      assert.isFalse(await app.api.revoke('bob', lost))
      assert.isFalse(await app.api.revoke('ada', 'no such handle'))
      assert.isTrue(await app.api.revoke('ada', lost))
      assert.isFalse(await app.api.revoke('ada', lost))
      assert.equal((await app.get('/', phone)).text, 'undefined')
      assert.equal((await app.get('/', laptop)).text, '"ada"')
      assert.deepEqual(await handles(app, 'ada'), [await handle(app, laptop)])
    })

    it('are revoked together, but for one; of other users none', async () => {
      const app = await serve()
      const ada = [await app.get('/login/ada'), await app.get('/login/ada'), await app.get('/login/ada')] as const
      const bob = await app.get('/login/bob')
      const moved = await app.get('/login/bob', await app.get('/login/ada'))
      assert.equal(await app.api.revokeAll('ada', { except: await handle(app, ada[2]) }), 2)
      assert.equal((await app.get('/', ada[0])).text, 'undefined')
      assert.equal((await app.get('/', ada[2])).text, '"ada"')
      assert.equal(await app.api.revokeAll('ada'), 1)
      assert.equal(await app.api.revokeAll('ada'), 0)
      for (const each of [bob, moved]) assert.equal((await app.get('/', each)).text, '"bob"')
    })

    it('are revoked by one of them, which stays: also under a new id', async () => {
      const app = await serve()
      const others = await Promise.all(Array.from({ length: 5 }, () => app.get('/login/ada')))
      let mine = await app.get('/login/ada')
      assert.equal((await app.get('/others', mine)).text, '5')
      await app.get('/login/ada')
      mine = await app.get('/password', mine)
      assert.equal(mine.text, '1')
      assert.equal((await app.get('/', mine)).text, '"ada"')
      assert.deepEqual(await handles(app, 'ada'), [await handle(app, mine)])
      for (const other of others) assert.equal((await app.get('/', other)).text, 'undefined')
      assert.equal((await app.get('/others')).text, '0')
    })

    it('stay revoked, whatever requests in progress do', async () => {
      const arrived = barrier(4)
      const revoked = barrier(4)
      const waiting = (work: (req: any) => unknown) => async (req: any, res: any) => {
        await arrived()
        await revoked()
        res.send(String(await Promise.resolve(work(req)).catch((error: any) => error.code)))
      }
      const app = await serve({}, app => {
        app.get(
          '/late/write',
          waiting(async req => (req.session.theme = 'late')),
        )
        app.get(
          '/late/save',
          waiting(req => Object.assign(req.session, { theme: 'late' }).save()),
        )
        app.get(
          '/late/regenerate',
          waiting(req => req.session.regenerate({ keep: true })),
        )
      })
      const login = await app.get('/login/ada')
      const late = ['write', 'save', 'regenerate'].map(what => app.get(`/late/${what}`, login))
      await arrived()
      assert.equal(await app.api.revokeAll('ada'), 1)
      await revoked()
      const answers = await Promise.all(late)
      assert.deepEqual(
        answers.map(({ text }) => text),
        ['late', 'ERR_SESSION_GONE', 'ERR_SESSION_GONE'],
      )
      for (const answer of [login, ...answers]) assert.equal((await app.get('/', answer)).text, 'undefined')
      assert.deepEqual(await app.api.sessionsOf('ada'), [])
    })

    it('that exist are all gone when it resolves, while two servers create more', async () => {
      const apps = [await serve(), await serve()] as const
      const made: Answer[] = []
      let creating = true
      const create = async (app: Served) => {
        while (creating && made.length < 200) made.push(await app.get('/login/ada'))
      }
      const creators = apps.flatMap(app => Array.from({ length: 4 }, () => create(app)))
      for (let round = 0; round < 4; round++) {
        const goal = (round + 1) * 40
        while (made.length < goal) await sleep(1)
        const existed = made.slice()
        await apps[round % 2]!.api.revokeAll('ada')
        const alive = await Promise.all(existed.map(each => apps[1].get('/', each)))
        assert.isEmpty(alive.filter(({ text }) => text !== 'undefined'))
      }
      creating = false
      await Promise.all(creators)
      await apps[0].api.revokeAll('ada')
      const alive = await Promise.all(made.map(each => apps[1].get('/', each)))
      assert.isEmpty(alive.filter(({ text }) => text !== 'undefined'))
      assert.deepEqual(await handles(apps[1], 'ada'), [])
    })

    it('are found under the user that is written in the end, when writers are merged', async function () {
      const seed = Math.floor(Math.random() * 2 ** 31)
      const next = seeded(seed)
      this.test!.title += ` (seed ${seed})`
      const apps = [await serve(), await serve()] as const
      const client = await apps[0].get('/login/ada')
      const users = ['ada', 'bob', 'cid']
      for (let round = 0; round < 5; round++) {
        const paths = Array.from({ length: 12 }, () => {
          const user = users[Math.floor(next() * 3)]
          return ['/login/', '/update/', '/theme/'][Math.floor(next() * 3)]! + user
        })
        await Promise.all(paths.map((path, nth) => apps[nth % 2]!.get(path, client)))
        const last = JSON.parse((await apps[0].get('/', client)).text)
        for (const user of users) assert.lengthOf(await handles(apps[1], user), user === last ? 1 : 0, `${paths}`)
      }
    })

    it('are listed as long as they live, and no longer', async () => {
      // A slide in LMDB has to reach the disk within a life.
      const maxAge = name === 'EmbeddedStore' ? 2 * SLOW : SLOW
      const apps = [await serve({ cookie: { maxAge } }), await serve({ cookie: { maxAge } })] as const
      let client = await apps[0].get('/login/ada')
      let start = Date.now()
      const deadline = start + 10_000
      // Six lives by reading alone, in two processes, of which one comes by seldom.
      for (let nth = 0; Date.now() - start < maxAge * 6; nth++) {
        const listed = await handles(apps[1], 'ada')
        const reader = apps[nth % 7 === 0 ? 1 : 0]
        if ((await reader.get('/', client)).text === '"ada"') assert.include(listed, await handle(reader, client))
        else {
          // This machine was too busy to read in time: from the start.
          assert.isBelow(Date.now(), deadline)
          client = await apps[0].get('/login/ada')
          start = Date.now()
        }
        await sleep(maxAge / 10)
      }
      await until(async () => (await apps[0].api.sessionsOf('ada')).length === 0)
      assert.equal((await apps[0].get('/', client)).text, 'undefined')
      await until(async () => (await redis.client.dbsize()) === 0)
    })

    it('are listed as long as a life that the app sets', async () => {
      const app = await serve({ cookie: { maxAge: SLOW } })
      await app.get('/life/30000', await app.get('/login/ada'))
      await app.get('/login/bob', await app.get('/life/30000', await app.get('/theme/dark')))
      await sleep(SLOW * 4)
      // Their entries would have been forgotten, were they made for the life of the options.
      await app.get('/login/ada')
      await app.get('/login/bob')
      assert.lengthOf(await handles(app, 'ada'), 2)
      assert.lengthOf(await handles(app, 'bob'), 2)
    })

    it('that were there before the option are found once they have been read', async () => {
      const before = await serve({ indexBy: undefined })
      const client = await before.get('/login/ada')
      const app = await serve()
      assert.deepEqual(await app.api.sessionsOf('ada'), [])
      await app.get('/', client)
      await until(async () => (await app.api.sessionsOf('ada')).length === 1)
    })

    it('have entries that are never kept less long than before', async () => {
      const { index } = store.driver
      await index!.add('ada', 'laptop', 60_000)
      await index!.add('ada', 'laptop', 1)
      await sleep(5)
      await index!.add('ada', 'phone', 1)
      const listed: string[] = []
      for await (const page of index!.list('ada')) listed.push(...page)
      assert.include(listed, 'laptop')
    })

    it('an app may have a key "handle"', async () => {
      const app = await serve()
      const client = await app.get('/set/handle/"@ada"')
      await app.get('/theme/dark', client)
      assert.equal(await handle(app, client), '@ada')
    })
  })
}
