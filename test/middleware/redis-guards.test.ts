// What is told of a command that failed, and what becomes of it.
import { inspect } from 'node:util'
import { assert } from 'chai'
import { sessions } from '../../middleware/index.ts'
import { RedisStore } from '../../middleware/stores/redis-store.ts'
import { closing } from '../support/clients.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { until } from '../support/redis-process.ts'

const CARD = '4111-1111'

describe('a command that fails', () => {
  let redis: RedisServer
  const open = closing()
  beforeEach(async () => {
    redis = await startRedis()
  })
  afterEach(() => redis.close())

  const session = { cookie: {}, card: CARD }
  const set = (store: RedisStore, id: string) => new Promise<any>(resolve => store.set(id, session, resolve))

  it('leaves no id and no session in its error', async () => {
    const store = new RedisStore(redis.url)
    await open(store)
    await store.driver.ready!()
    await redis.client.config('SET', 'maxmemory', 1)
    const errors = [await set(store, 'my-id')]
    await redis.client.config('SET', 'maxmemory', 0)
    await redis.client.hset('sess:other', 'field', 1)
    errors.push(await new Promise(resolve => store.get('other', resolve)))
    const under = set(store, 'my-id')
    void redis.kill()
    errors.push(await under, await set(store, 'my-id'))
    for (const [nth, error] of errors.entries()) {
      if (error == null) continue
      assert.notMatch(inspect(error, { depth: 9 }), /4111|my-id|sess:/, `error ${nth}`)
    }
    assert.match(errors[0].message, /OOM/)
    assert.match(errors[1].message, /WRONGTYPE/)
  })

  it('because there is no connection is not carried out when there is one', async () => {
    await redis.kill()
    const store = new RedisStore(redis.url)
    await open(store)
    const error = await set(store, 'late')
    assert.match(error.message, /ECONNREFUSED|no answer|not connected|lost/)
    await redis.start()
    await until('it is connected', async () => (await set(store, 'next')) == null)
    assert.deepEqual(await redis.client.keys('*'), ['sess:next'])
  })

  it('is what ready() finds of a Redis that hangs', async () => {
    const middleware = sessions({ secret: 'keyboard cat', redis: redis.url, resave: false, saveUninitialized: false })
    await open(middleware)
    await middleware.ready()
    redis.freeze()
    const error: any = await middleware.ready().then(
      () => undefined,
      error => error,
    )
    assert.equal(error?.code, 'ERR_SESSION_STORE_UNAVAILABLE')
    redis.thaw()
    await until('it is ready', () =>
      middleware.ready().then(
        () => true,
        () => false,
      ),
    )
  })
})
