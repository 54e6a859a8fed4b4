// One connection per store, made from whatever an app has: a URL, ioredis options, an instance, a cluster, sentinels.
import type { Writable } from 'node:stream'
import { Cluster, type ClusterNode, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'

export type RedisClient = Redis | Cluster

/** A URL, ioredis options (`sentinels` and `name` among them), the nodes of a Cluster, or an ioredis instance. */
export type RedisSource = string | RedisOptions | readonly ClusterNode[] | RedisClient

export interface Connection {
  readonly client: RedisClient
  /** Ours to tune and to close. */
  readonly own: boolean
  /** The last error of the connection itself; commands only say that it is closed. */
  readonly lastError: Error | undefined
  /** What is sent from now to the end of the loop's turn leaves in one write. */
  gather(): void
  /** Resolves at once when commands can be sent, else as soon as they can be. */
  ready(): Promise<void>
  close(): Promise<void>
}

/** Nothing is queued while Redis is away, and nothing sent twice: whoever waits is told, and may ask again. */
const OWN: RedisOptions = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 2_000,
  // A connection that is given up because it is silent will not say goodbye either.
  disconnectTimeout: 200,
  keepAlive: 10_000,
  noDelay: true,
  retryStrategy: nth => Math.min(50 * 2 ** Math.min(nth, 6), 2_000) * (0.75 + Math.random() / 2),
}

export function connect(source: RedisSource): Connection {
  const own = !isClient(source)
  const client = own ? open(source) : source
  let lastError: Error | undefined
  let waiting: Promise<void> | undefined
  let gathering: Writable | undefined
  // Without a listener ioredis prints every failed attempt; with an instance that is its owner's choice.
  if (own) client.on('error', (error: Error) => (lastError = error))
  return {
    client,
    own,
    get lastError() {
      return lastError
    },
    gather() {
      const stream = own && 'stream' in client ? (client as { stream?: Writable }).stream : undefined
      if (stream === undefined || stream === gathering) return
      gathering = stream
      stream.cork()
      setImmediate(() => {
        gathering = undefined
        stream.uncork()
      })
    },
    ready() {
      if (client.status === 'ready') return Promise.resolve()
      if (client.status === 'wait') client.connect().catch(() => {})
      if (client.status === 'end') return Promise.reject(lastError ?? new Error('Connection is closed.'))
      waiting ??= new Promise<void>(resolve => client.once('ready', resolve)).then(() => {
        waiting = undefined
        lastError = undefined
      })
      return waiting
    },
    async close() {
      if (own) client.disconnect()
    },
  }
}

/** A second connection to the same server, for messages; not connected yet. ioredis hands out what RESP2 calls them. */
export function listenerFor(client: Redis): Redis {
  return client.duplicate({
    ...OWN,
    lazyConnect: true,
    protocol: 2,
    replyMapping: 'legacy',
    // It is subscribed by hand, after its id has been asked for.
    autoResubscribe: false,
    enableAutoPipelining: false,
    keyPrefix: '',
  } as RedisOptions)
}

function open(source: Exclude<RedisSource, RedisClient>): RedisClient {
  if (typeof source === 'string') return new Redis(source, OWN as object)
  if (isNodes(source)) return new Cluster([...source], clusterOptions as object)
  return new Redis({ ...OWN, ...source } as object)
}

const clusterOptions: ClusterOptions = {
  enableAutoPipelining: true,
  enableOfflineQueue: false,
  redisOptions: { connectTimeout: 2_000, keepAlive: 10_000, noDelay: true },
}

function isNodes(source: object): source is readonly ClusterNode[] {
  return Array.isArray(source)
}

/** By what it can do: an app may have an ioredis of its own. */
function isClient(source: RedisSource): source is RedisClient {
  if (typeof source !== 'object' || !('on' in source)) return false
  if (!('status' in source && 'evalsha' in source))
    throw new TypeError(
      'redis must be a URL, options or an ioredis instance; this looks like the client of another library',
    )
  return true
}
