// express-session's behaviour, in one wording for express-session itself, for our middleware on each kind of store, and
// for our store inside express-session. What express-session does wrong is in better.test.ts.
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sessions } from '../../middleware/index.ts'
import { EmbeddedStore } from '../../middleware/stores/embedded-store.ts'
import { MemoryStore } from '../../middleware/stores/memory-store.ts'
import { RedisStore } from '../../middleware/stores/redis-store.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { handler } from './compatible/handler.ts'
import { closeSites, type Kit } from './compatible/kit.ts'
import { life } from './compatible/life.ts'
import { options } from './compatible/options.ts'

const expressSession = createRequire(import.meta.url)('express-session')

describe('compatible', () => {
  let redis: RedisServer
  let folder: string
  const stores: (RedisStore | EmbeddedStore)[] = []
  before(async () => {
    redis = await startRedis()
    folder = await mkdtemp(join(tmpdir(), 'outrigger-sessions-'))
  })
  after(async () => {
    await redis.close()
    await rm(folder, { recursive: true })
  })
  afterEach(async () => {
    closeSites()
    for (const store of stores.splice(0)) await store.close()
  })

  const redisStore = () => {
    const store = new RedisStore({ client: redis.url, prefix: `${Math.random()}:` })
    stores.push(store)
    return store
  }
  const embedded = () => {
    const store = new EmbeddedStore({ path: join(folder, String(Math.random())) })
    stores.push(store)
    return store
  }
  const kits: Record<string, Kit> = {
    'express-session': { session: expressSession, store: () => new expressSession.MemoryStore() },
    'sessions, in-process store': { session: sessions, store: () => new MemoryStore() },
    'sessions, RedisStore': { session: sessions, store: redisStore },
    'sessions, EmbeddedStore': { session: sessions, store: embedded },
    'sessions, a store of express-session': { session: sessions, store: () => new expressSession.MemoryStore() },
    'express-session, our RedisStore': { session: expressSession, store: redisStore },
    'express-session, our EmbeddedStore': { session: expressSession, store: embedded },
    'express-session, our in-process store': { session: expressSession, store: () => new MemoryStore() },
  }

  for (const [name, kit] of Object.entries(kits)) {
    describe(name, () => {
      for (const cases of [life, options, handler]) {
        for (const [what, run] of Object.entries(cases)) it(what, () => run(kit) as Promise<void>)
      }
    })
  }
})
