// One contract, all stores, on the set-ups that there are: one Redis, Cluster, Sentinel, the process, and foreign stores.
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert } from 'chai'
import { RedisStore as ConnectRedis } from 'connect-redis'
import { Cluster, Redis } from 'ioredis'
import { EmbeddedStore, MemoryStore, type RedisSource, RedisStore } from '../../middleware/index.ts'
import { foreignDriver } from '../../middleware/stores/foreign-store.ts'
import type { RedisServer } from '../support/redis.ts'
import { startRedis } from '../support/redis.ts'
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts'
import { type RedisSentinel, startRedisSentinel } from '../support/redis-sentinel.ts'
import { type Subject, storeContract } from './store-contract.ts'

const TheirMemory = createRequire(import.meta.url)('express-session').MemoryStore

describe('stores', () => {
  let redis: RedisServer
  let sentinel: RedisSentinel
  // It takes two seconds, in which the stores before it are tested.
  let starting: Promise<RedisCluster>
  before(async () => {
    starting = startRedisCluster()
    starting.catch(() => {})
    ;[redis, sentinel] = await Promise.all([startRedis(), startRedisSentinel()])
  })
  after(async () => Promise.all([redis, sentinel, await starting].map(each => each?.close())))

  const inRedis = (name: string, client: () => RedisSource | Promise<RedisSource>): Subject => {
    let given: RedisSource
    return {
      name,
      // The deadline is for tests of outages: a megabyte from a busy machine may take longer.
      open: async () =>
        new RedisStore({ client: (given = await client()), deadline: 5_000, prefix: `${name}:` }) as never,
      close(store) {
        if (given instanceof Cluster) given.disconnect()
        return (store as unknown as RedisStore).close()
      },
    }
  }
  let client: Redis
  const subjects: Subject[] = [
    { name: 'MemoryStore', lacks: { claims: 'no other process writes' }, open: () => new MemoryStore() as never },
    {
      name: 'EmbeddedStore',
      open: () => new EmbeddedStore({ path: mkdtempSync(join(tmpdir(), 'outrigger-stores-')) }) as never,
      async close(store) {
        const { path } = store as unknown as EmbeddedStore
        await (store as unknown as EmbeddedStore).close()
        rmSync(path, { recursive: true })
      },
    },
    inRedis('RedisStore', () => redis.url),
    inRedis('RedisStore, Sentinel', () => sentinel.options),
    {
      name: "express-session's MemoryStore",
      lacks: { comparing: 'the later writer wins' },
      open: () => new TheirMemory(),
    },
    {
      name: 'connect-redis',
      lacks: { comparing: 'the later writer wins', milliseconds: 'it counts in seconds' },
      open: () => new ConnectRedis({ client: (client = new Redis(redis.url)), prefix: 'theirs:' }) as never,
      close: () => client.disconnect(),
    },
    inRedis('RedisStore, nodes of a Cluster', async () => (await starting).nodes),
    inRedis(
      'RedisStore, a Cluster instance',
      async () => new Cluster([...(await starting).nodes], { enableAutoPipelining: true }),
    ),
  ]
  for (const subject of subjects) describe(subject.name, () => storeContract(subject))

  it('that throw where they should call back reject, and nothing else happens', async () => {
    const thrown = new Error('no')
    const method = () => {
      throw thrown
    }
    const driver = foreignDriver({ get: method, set: method, destroy: method, touch: method })
    const shot = { json: '{}', life: 1, session: {} as never }
    for (const work of [
      () => driver.load('a', 1),
      () => driver.create('a', shot),
      () => driver.replace('a', shot, ''),
      () => driver.touch('a', shot),
      () => driver.destroy('a'),
    ]) {
      const outcome = await Promise.resolve(work()).catch(error => error)
      assert.equal(outcome, thrown)
    }
  })

  // Last, since the password stays.
  describe('by address', () => {
    it('in Redis are found by the URL of their sentinels', async () => {
      const { sentinels, name } = sentinel.options
      const hosts = sentinels.map(({ host, port }) => `${host}:${port}`).join()
      assert.deepEqual(await roundTrips(`redis+sentinel://${hosts}/${name}`), 'all')
    })

    it('in a Cluster with a password are opened by it, however it is given', async () => {
      const { nodes, masters } = await starting
      await Promise.all(masters.map(({ client }) => client.config('SET', 'requirepass', 'pw')))
      const hosts = nodes.map(({ host, port }) => `${host}:${port}`)
      assert.equal(await roundTrips({ cluster: nodes, password: 'pw' }), 'all')
      assert.equal(await roundTrips(`redis+cluster://:pw@${hosts}`), 'all')
      assert.equal(await roundTrips([`redis://:pw@${hosts[0]}`]), 'all')
      assert.match(await roundTrips({ cluster: nodes, password: 'no' }), /WRONGPASS/)
      assert.match(await roundTrips(nodes), /NOAUTH/)
    })
  })
})

/** 'all' when twenty sessions, of all masters, were written and read; else what went wrong. */
async function roundTrips(client: RedisSource): Promise<string> {
  const store = new RedisStore({ client, prefix: 'trip:' })
  const { driver } = store
  try {
    for (let nth = 0; nth < 20; nth++) {
      await driver.create(`${nth}`, { json: `${nth}`, life: 60_000, session: {} as never })
      assert.equal(await driver.load(`${nth}`, undefined), `${nth}`)
    }
    return 'all'
  } catch (error) {
    return (error as Error).message
  } finally {
    await store.close()
  }
}
