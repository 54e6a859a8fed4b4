// What the near-cache serves when connections die, hang or are not what they seem: never anything older than its bound.
import { assert } from 'chai'
import { Redis } from 'ioredis'
import { RedisStore, type RedisStoreOptions } from '../../middleware/index.ts'
import { closing } from '../support/clients.ts'
import { seeded } from '../support/random.ts'
import { pause, until } from '../support/raw.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { startSilentProxy } from '../support/silent-proxy.ts'

const MAX_SILENCE = 250
/** Of this machine, which does other things too: between a clock that is read here and one that is read there. */
const NOISE = 100

describe('tracking', () => {
  let redis: RedisServer
  const open = closing()
  beforeEach(async () => {
    redis = await startRedis()
  })
  afterEach(() => redis.close())

  const start = async (options: Partial<RedisStoreOptions> = {}) => {
    const store = await open(new RedisStore({ client: redis.url, nearCache: { maxSilence: MAX_SILENCE }, ...options }))
    assert.isTrue(await until(() => store.nearCache!.tracking))
    return store
  }
  const put = (count: number) => redis.client.set('sess:a', JSON.stringify({ cookie: {}, count }), 'PX', 60_000)
  const read = async ({ driver }: RedisStore): Promise<number | undefined> => {
    const json = await driver.load('a', 60_000)
    return json === undefined ? undefined : JSON.parse(json as string).count
  }
  const hit = async (store: RedisStore) => {
    const { hits } = store.nearCache!.counts
    await read(store).catch(() => {})
    return store.nearCache!.counts.hits > hits
  }
  const warm = (store: RedisStore) => poll(() => hit(store))
  const idOf = async (kind: 'normal' | 'pubsub') => {
    const mine = await redis.client.client('ID')
    const list = String(await redis.client.call('CLIENT', 'LIST', 'TYPE', kind)).matchAll(/^id=(\d+)/gm)
    return [...list].map(([, id]) => Number(id)).find(id => id !== mine)!
  }

  for (const kind of ['normal', 'pubsub'] as const) {
    const name = kind === 'normal' ? 'reads' : 'listens'
    it(`serves nothing from before the connection that ${name} was lost, and takes up again`, async () => {
      const store = await start()
      for (let count = 1; count <= 2; count++) {
        await put(count)
        await poll(async () => (await read(store)) === count)
        await warm(store)
        const { flushes } = store.nearCache!.counts
        await redis.client.call('CLIENT', 'KILL', 'ID', await idOf(kind))
        // At once, while it is not known here yet: told to nobody.
        await put(count + 0.5)
        await until(() => store.nearCache!.counts.flushes > flushes)
        assert.equal(store.nearCache!.sessions, 0)
        await poll(async () => (await read(store).catch(() => 0)) === count + 0.5)
        await warm(store)
        assert.equal(await read(store), count + 0.5)
      }
    })
  }

  it('serves nothing from before Redis was started anew', async () => {
    const store = await start()
    await put(1)
    await warm(store)
    await redis.kill()
    await until(() => store.nearCache!.sessions === 0)
    const failure = await read(store).catch(error => error)
    assert.equal(failure.name, 'StoreUnavailable')
    await redis.start()
    await poll(async () => (await read(store).catch(() => 0)) === undefined, 8_000)
    await put(2)
    await warm(store)
    assert.equal(await read(store), 2)
  })

  it('serves nothing from before FLUSHALL and FLUSHDB', async () => {
    const store = await start()
    for (const flush of ['flushall', 'flushdb'] as const) {
      await put(1)
      await warm(store)
      await redis.client[flush]()
      await poll(async () => (await read(store)) === undefined, 500)
    }
    assert.isAtLeast(store.nearCache!.counts.flushes, 2)
  })

  it('serves from the process no longer than its bound while Redis is frozen', async () => {
    const store = await start()
    await put(1)
    await warm(store)
    redis.freeze()
    const frozen = performance.now()
    let last = 0
    while (performance.now() - frozen < MAX_SILENCE + 2 * NOISE) {
      if (await hit(store)) last = performance.now() - frozen
      await pause(5)
    }
    assert.isBelow(last, MAX_SILENCE + NOISE)
    redis.thaw()
    await poll(async () => (await read(store).catch(() => 0)) === 1, 8_000)
    await warm(store)
  })

  for (const kind of ['listening', 'reading'] as const) {
    it(`is never older than its bound when the ${kind} connection has gone silent`, async () => {
      const proxy = await open(startSilentProxy(redis.port))
      const store = await start({ client: proxy.url, deadline: 100 })
      await put(1)
      await warm(store)
      proxy.silence(kind)
      const changed = performance.now()
      await put(2)
      let last = 0
      while (performance.now() - changed < MAX_SILENCE + 3 * NOISE) {
        const at = performance.now()
        const { hits } = store.nearCache!.counts
        if ((await read(store).catch(() => 0)) === 1 && store.nearCache!.counts.hits > hits) last = at - changed
        await pause(5)
      }
      assert.isBelow(last, MAX_SILENCE + NOISE)
      // The silent one is not waited for: there is another.
      if (kind === 'listening') await poll(async () => proxy.listened > 1)
      await poll(async () => (await read(store).catch(() => 0)) === 2, 8_000)
      await warm(store)
    })
  }

  it('sees own changes at once, however late the messages are, and drops what a write that failed may have changed', async () => {
    const proxy = await open(startSilentProxy(redis.port))
    const nearCache = { maxSilence: 5_000 }
    const store = await start({ client: proxy.url, deadline: 150, nearCache })
    const json = (count: number) => JSON.stringify({ cookie: {}, count })
    const life = 60_000
    const ways: Record<string, (count: number) => unknown> = {
      create: count => store.driver.create('a', { json: json(count), life } as never),
      replace: count => store.driver.replace('a', { json: json(count), life } as never, json(0)),
      set: count => new Promise(done => store.set('a', { ...JSON.parse(json(count)) }, done)),
    }
    for (const [way, write] of Object.entries(ways)) {
      await put(0)
      await poll(async () => (await read(store)) === 0)
      await warm(store)
      proxy.hold('listening')
      // Then the script is sent a second time, and there is room for a read between the two.
      await redis.client.script('FLUSH')
      await Promise.all([write(1), read(store)])
      assert.equal(await read(store), 1, way)
      proxy.release()
    }
    await put(0)
    await poll(async () => (await read(store)) === 0)
    await warm(store)
    proxy.hold('listening')
    await store.driver.destroy('a')
    assert.isUndefined(await read(store))
    proxy.release()
    await put(0)
    await warm(store)
    proxy.hold('listening')
    proxy.hold('reading')
    const failure: any = await Promise.resolve(ways.create!(2)).catch(error => error)
    assert.equal(failure.name, 'StoreUnavailable')
    assert.equal(store.nearCache!.sessions, 0)
  })

  for (const ids of ['the same', 'others'])
    it(`does not trust a listener at another server, where ids are ${ids}, and finds back`, async () => {
      const other = await startRedis()
      await open(other)
      const client = await open(closable(new Redis(redis.url)))
      const proxy = await open(startSilentProxy(other.port))
      // As a DNS name or a failover may have it: what is opened second goes elsewhere.
      client.duplicate = override => new Redis(proxy.url, override as object)
      if (ids === 'the same') for (let nth = 0; nth < 20; nth++) await open(closable(new Redis(redis.url)))
      const store = await open(new RedisStore({ client, nearCache: { maxSilence: 100 } }))
      await put(1)
      let asked = 0
      for (const end = performance.now() + 400; performance.now() < end; asked++) {
        assert.equal(await read(store), 1)
        await pause(2)
      }
      assert.isAbove(asked, 20)
      assert.equal(store.nearCache!.counts.hits, 0)
      proxy.aim(redis.port)
      await warm(store)
    })

  it('notices that the app has turned tracking off on the connection that it gave', async () => {
    const client = await open(closable(new Redis(redis.url)))
    const store = await start({ client })
    await put(1)
    await warm(store)
    await client.call('CLIENT', 'TRACKING', 'OFF')
    await put(2)
    const changed = performance.now()
    await poll(async () => (await read(store)) === 2)
    assert.isBelow(performance.now() - changed, MAX_SILENCE + NOISE)
    await warm(store)
  })

  const refusals: Record<string, () => Promise<unknown>> = {
    'forbids CLIENT TRACKING': () => redis.client.call('ACL', 'SETUSER', 'default', '-client|tracking'),
    'forbids SUBSCRIBE': () => redis.client.call('ACL', 'SETUSER', 'default', '-subscribe'),
    'forbids the channels': () => redis.client.call('ACL', 'SETUSER', 'default', 'resetchannels'),
    'does not know CLIENT': async () => {
      await redis.close()
      redis = await startRedis('--rename-command', 'CLIENT', '')
    },
  }
  for (const [way, refuse] of Object.entries(refusals)) {
    it(`works as without, and says so once, when Redis ${way}`, async () => {
      await refuse()
      const warnings: string[] = []
      const onWarning = ({ message }: Error) => void (/near-cache/.test(message) && warnings.push(message))
      process.on('warning', onWarning)
      try {
        const store = await open(new RedisStore({ client: redis.url, nearCache: { maxSilence: 100 } }))
        await store.connection.ready()
        await store.driver.create('a', { json: '{"cookie":{},"count":1}', life: 60_000 } as never)
        await until(() => store.nearCache!.counts.refused > 0)
        for (let nth = 0; nth < 20; nth++) {
          assert.equal(await read(store), 1)
          await pause(5)
        }
        assert.include(store.nearCache!.counts, { hits: 0, refused: 1 })
        assert.lengthOf(warnings, 1)
        assert.match(warnings[0]!, /no near-cache, for Redis refuses tracking: /)
      } finally {
        process.off('warning', onWarning)
      }
    })
  }

  it('of two servers neither goes back in time, nor is older than its bound, whatever breaks', async function () {
    this.timeout(30_000)
    const seed = Number(process.env.SEED ?? Date.now() % 2 ** 32)
    const dice = seeded(seed)
    const proxy = await open(startSilentProxy(redis.port))
    const readers = [await start({ client: proxy.url, deadline: 1_000 }), await start({ deadline: 1_000 })]
    /** When each count was acknowledged. */
    const acknowledged: number[] = []
    const writer = await open(closable(new Redis(redis.url)))
    let running = true
    const write = async () => {
      for (let count = 1; running; count++) {
        const json = JSON.stringify({ cookie: {}, count })
        if (dice() < 0.3) {
          const [own] = readers
          // One that fails may have been written all the same: the next one has a higher count.
          const done = await (own!.driver.create('a', { json, life: 60_000 } as never) as Promise<void>).then(
            () => true,
            () => false,
          )
          if (!done) continue
          acknowledged[count] = performance.now()
          const seen = await read(own!).catch(() => undefined)
          if (seen !== undefined) assert.equal(seen, count, `own write, seed ${seed}`)
        } else {
          await writer.set('sess:a', json, 'PX', 60_000)
          acknowledged[count] = performance.now()
        }
        await pause(dice() < 0.2 ? dice() * 60 : dice() * 6)
      }
    }
    let reads = 0
    let stale = 0
    const watch = async (store: RedisStore, name: number) => {
      let newest = 0
      while (running) {
        const began = performance.now()
        const count = await read(store).catch(() => undefined)
        await pause(dice() * 3)
        if (count === undefined) continue
        reads++
        assert.isAtLeast(count, newest, `reader ${name} went back in time, seed ${seed}`)
        newest = count
        // The first that it ought to have seen and has not.
        const missed = acknowledged[count + 1]
        if (missed === undefined || missed > began) continue
        stale = Math.max(stale, began - missed)
        assert.isBelow(began - missed, MAX_SILENCE + NOISE, `reader ${name}, seed ${seed}`)
      }
    }
    const breaks: (() => unknown)[] = [
      async () => redis.client.call('CLIENT', 'KILL', 'ID', await idOf('pubsub')).catch(() => {}),
      () => redis.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub'),
      async () => readers[0]!.connection.client.disconnect(true),
      () => proxy.silence('listening'),
      () => proxy.hold('listening'),
      () => proxy.hold('reading'),
      () => redis.freeze(),
      () => redis.client.flushall(),
    ]
    const breaking = async () => {
      for (let nth = 0; nth < 6 && running; nth++) {
        await breaks[Math.floor(dice() * breaks.length)]!()
        await pause(dice() * 1.5 * MAX_SILENCE)
        redis.thaw()
        proxy.release()
        await pause(dice() * MAX_SILENCE)
      }
    }
    const watching = readers.flatMap((store, nth) => [watch(store, nth), watch(store, nth)])
    const stop = () => (running = false)
    await Promise.all([breaking().finally(stop), ...[write(), ...watching].map(work => work.catch(halt))])
    function halt(error: unknown) {
      stop()
      throw error
    }
    const hits = readers.map(({ nearCache }) => nearCache!.counts.hits)
    console.log(`      seed ${seed}: ${reads} reads, ${hits} hits, at most ${Math.round(stale)} ms old`)
    for (const store of readers) await warm(store)
  })
})

function closable(client: Redis): Redis & { close(): void } {
  client.on('error', () => {})
  return Object.assign(client, { close: () => client.disconnect() })
}

async function poll(condition: () => Promise<boolean>, ms = 3_000): Promise<void> {
  const deadline = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() > deadline) assert.fail(`not so within ${ms} ms: ${condition}`)
    await pause(2)
  }
}
