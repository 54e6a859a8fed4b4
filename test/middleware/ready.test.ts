import { assert } from 'chai'
import { health, MemoryStore, sessions } from '../../middleware/index.ts'
import { startRedis } from '../support/redis.ts'

describe('ready', () => {
  /** Nobody listens there. */
  const away = () => sessions({ secret: 'keyboard cat', redis: 'redis://127.0.0.1:1', deadline: 100 })

  it('waits as long as it is told to, and says what the store has', async () => {
    const session = away()
    const error = await session.ready(300).catch(error => error)
    assert.equal(error.code, 'ERR_SESSION_STORE_UNAVAILABLE')
    assert.match(error.message, /not ready within 300 ms: .*ECONNREFUSED/)
    await session.close()
  })

  it('as a check fails after the deadline, not when the time of checks is over', async () => {
    const session = away()
    const { checks } = await health({ checks: { sessions: session.ready }, timeout: 30_000, details: true }).report()
    assert.match(checks.sessions!.error!, /not ready within 100 ms/)
    await session.close()
  })

  it('resolves where the store is there, and where there is nothing to wait for', async () => {
    const redis = await startRedis()
    const session = sessions({ secret: 'keyboard cat', redis: redis.url })
    await session.ready()
    await session.ready(5_000)
    await session.close()
    await redis.close()
    await sessions({ secret: 'keyboard cat', resave: false, saveUninitialized: false, store: new MemoryStore() }).ready(
      1,
    )
  })
})
