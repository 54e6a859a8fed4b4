/** A master, a replica of it, and a sentinel that makes the replica the master within two to three seconds. */
import { freePort, launch, type RedisProcess, until } from './redis-process.ts'

export interface RedisSentinel {
  readonly master: RedisProcess
  readonly replica: RedisProcess
  /** ioredis options. The first of its sentinels is not there: clients have to try the next. */
  readonly options: { sentinels: { host: string; port: number }[]; name: string }
  /** Resolves when the replica has all that the master has. */
  level(): Promise<void>
  /** Port of the master, as the sentinel says. */
  current(): Promise<number>
  /** Resolves when the replica has become the master. */
  promoted(): Promise<void>
  close(): Promise<void>
}

const NAME = 'sessions'

export async function startRedisSentinel(): Promise<RedisSentinel> {
  const master = await launch({ settings: ['--repl-diskless-sync', 'no'] })
  const replica = await launch({ settings: ['--replicaof', `127.0.0.1 ${master.port}`] })
  await until('replica is in step', async () => /master_link_status:up/.test(await replica.client.info('replication')))
  // A link that is up need not carry writes yet.
  await master.client.multi().set('first', '').del('first').exec()
  await master.client.wait(1, 5_000)
  const sentinel = await launch({
    sentinel: `sentinel monitor ${NAME} 127.0.0.1 ${master.port} 1
sentinel down-after-milliseconds ${NAME} 500
sentinel failover-timeout ${NAME} 3000
`,
  })
  const current = async () => {
    const reply = (await sentinel.client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)) as string[]
    return Number(reply[1])
  }
  await until('sentinel knows the replica', async () => {
    const replicas = (await sentinel.client.call('SENTINEL', 'REPLICAS', NAME)) as unknown[]
    return replicas.length === 1
  })
  const offset = async ({ client }: RedisProcess, field: string) =>
    new RegExp(`${field}:(\\d+)`).exec(await client.info('replication'))?.[1]
  return {
    master,
    replica,
    options: {
      sentinels: [
        { host: '127.0.0.1', port: await freePort() },
        { host: '127.0.0.1', port: sentinel.port },
      ],
      name: NAME,
    },
    level: () =>
      until('replica has all', async () => {
        const sent = await offset(master, 'master_repl_offset')
        return sent !== undefined && Number(await offset(replica, 'slave_repl_offset')) >= Number(sent)
      }),
    current,
    promoted: () =>
      until(
        'replica is the master',
        async () => (await current()) === replica.port && /role:master/.test(await replica.client.info('replication')),
      ),
    async close() {
      await Promise.all([sentinel, replica, master].map(each => each.close()))
    },
  }
}
