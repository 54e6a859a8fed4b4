/** A Redis Cluster of three masters, without replicas. */
import { createRequire } from 'node:module'
import { freePort, launch, type RedisProcess, until } from './redis-process.ts'

const slotIn: (key: string) => number = createRequire(import.meta.resolve('ioredis'))('cluster-key-slot')

export const SLOTS = 16_384

export interface RedisCluster {
  readonly masters: readonly RedisProcess[]
  readonly nodes: readonly { host: string; port: number }[]
  /** Which of the masters had it at the start. */
  homeOf(key: string): number
  /** Resolves when every master calls the cluster well. */
  well(): Promise<void>
  /** `keys` of one slot to the master of that number; `half`: called when some of them have gone and some not. */
  migrate(key: string, to: number, half: () => Promise<unknown>): Promise<void>
  flush(): Promise<void>
  close(): Promise<void>
}

/** `settings`: of each, in place of or besides those below. */
export async function startRedisCluster(...settings: string[]): Promise<RedisCluster> {
  const masters = await Promise.all(
    [0, 1, 2].map(async () => {
      // By default it is the port + 10,000, which need not be free, nor a port.
      const bus = await freePort()
      const node = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '500', '--cluster-port', String(bus)]
      const own = ['--cluster-require-full-coverage', 'no', ...settings]
      return Object.assign(await launch({ settings: [...node, ...own] }), { bus })
    }),
  )
  const share = Math.ceil(SLOTS / masters.length)
  for (const [nth, { client }] of masters.entries()) {
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', nth + 1)
    await client.call('CLUSTER', 'ADDSLOTSRANGE', nth * share, Math.min((nth + 1) * share, SLOTS) - 1)
  }
  for (const { port, bus } of masters.slice(1)) await masters[0]!.client.call('CLUSTER', 'MEET', '127.0.0.1', port, bus)
  const well = () =>
    until('cluster is well', async () => {
      const infos = await Promise.all(masters.map(({ client }) => client.call('CLUSTER', 'INFO').catch(() => '')))
      return infos.every(info =>
        /cluster_state:ok[\s\S]*cluster_slots_ok:16384[\s\S]*cluster_known_nodes:3/.test(`${info}`),
      )
    })
  await well()

  return {
    masters,
    nodes: masters.map(({ port }) => ({ host: '127.0.0.1', port })),
    homeOf: key => Math.floor(slotIn(key) / share),
    well,
    async migrate(key, to, half) {
      const slot = slotIn(key)
      const from = masters[Math.floor(slot / share)]!
      const target = masters[to]!
      const [fromId, toId] = await Promise.all([from, target].map(({ client }) => client.call('CLUSTER', 'MYID')))
      await target.client.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(fromId))
      await from.client.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(toId))
      await half()
      const keys = (await from.client.call('CLUSTER', 'GETKEYSINSLOT', slot, 10_000)) as string[]
      for (const each of keys) await from.client.migrate('127.0.0.1', target.port, each, 0, 1_000)
      await half()
      for (const { client } of [target, from, ...masters])
        await client.call('CLUSTER', 'SETSLOT', slot, 'NODE', String(toId))
    },
    async flush() {
      await Promise.all(masters.map(({ client }) => client.flushall()))
    },
    async close() {
      await Promise.all(masters.map(master => master.close()))
    },
  }
}
