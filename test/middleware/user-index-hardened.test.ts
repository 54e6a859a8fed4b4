// The index keeps what the store keeps: hashed ids, encrypted data.
import { assert } from 'chai'
import { sessions } from '../../middleware/index.ts'
import { RedisStore } from '../../middleware/stores/redis-store.ts'
import { closing } from '../support/clients.ts'
import { startRedis } from '../support/redis.ts'
import { SECRET, site } from './contenders.ts'
import { routes } from './user-routes.ts'

describe('the sessions of a user, hardened', () => {
  const open = closing()

  for (const hashIds of [true, 'only'] as const)
    it(`are listed and revoked with hashIds ${hashIds} and encrypt`, async () => {
      const redis = await open(startRedis())
      const api = sessions<{ theme: string }>({
        ...{ secret: SECRET, resave: false, saveUninitialized: false, cookie: { maxAge: 60_000 } },
        ...{ store: new RedisStore({ client: redis.url, deadline: 2_000 }), indexBy: 'user' },
        ...{ hashIds, encrypt: 'a key of more than thirty-two characters', lifetime: { absolute: 3_600_000 } },
      })
      const app = await open(site(api, routes, () => api.close()))
      const [phone, laptop] = [await app.get('/login/ada'), await app.get('/login/ada')]
      const mine = (await app.get('/handle', laptop)).text
      const found = await api.sessionsOf('ada', { current: mine })
      assert.deepEqual(
        found.map(({ data }) => data),
        [{ user: 'ada' }, { user: 'ada' }] as never,
      )
      assert.equal(found.filter(({ current }) => current).length, 1)
      for (const key of await redis.client.zrange('sess-of:ada', '0', '-1')) assert.match(key, /^sha256\./)
      assert.equal((await app.get('/others', laptop)).text, '1')
      assert.equal((await app.get('/', phone)).text, 'undefined')
      assert.equal((await app.get('/', laptop)).text, '"ada"')
    })
})
