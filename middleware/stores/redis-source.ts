// What an app may give as `redis`, and the ioredis client that is made of it.
import { Cluster, type ClusterNode, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'

export type RedisClient = Redis | Cluster

/**
 * A Redis Cluster: some of its nodes, the others are found by asking these; and, besides, ioredis's `ClusterOptions`.
 * `username`, `password` and `tls` hold for every node; by default they are those in the URL of the first node.
 */
export interface ClusterSource extends ClusterOptions, Pick<RedisOptions, 'username' | 'password' | 'tls'> {
  cluster: readonly ClusterNode[]
}

/**
 * - a URL: `redis://`, `rediss://` with TLS, `redis+sentinel://user:password@host:26379,host:26379/name/0`,
 *   `redis+cluster://user:password@host:6379,host:6379`; the last two with `rediss` too
 * - ioredis's `RedisOptions`, `sentinels` and `name` among them
 * - a Cluster: an array of nodes, or `{ cluster: nodes, password, tls, ... }`
 * - an instance of ioredis's `Redis` or `Cluster`, which keeps the options it has and is never closed by us
 */
export type RedisSource = string | RedisOptions | readonly ClusterNode[] | ClusterSource | RedisClient

/** Nothing is queued while Redis is away, and nothing sent twice: whoever waits is told, and may ask again. */
export const OWN: RedisOptions = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 2_000,
  // A connection is given up for being silent; to wait for its end would be to wait for what is silent.
  disconnectTimeout: 250,
  keepAlive: 10_000,
  noDelay: true,
  // Redis says itself that it is loading; ioredis would hide it, and look again seconds after it is done.
  enableReadyCheck: false,
  retryStrategy: nth => Math.min(50 * 2 ** Math.min(nth, 6), 1_000) * (0.75 + Math.random() / 2),
  sentinelRetryStrategy: nth => Math.min(nth * 50, 1_000),
}

const CLUSTER: ClusterOptions = {
  // Commands wait for a connection that is being made, not for a node that is away: the deadline ends their wait.
  enableOfflineQueue: true,
  // One pipeline for many slots would fail as a whole while one of the slots is moved.
  enableAutoPipelining: false,
  enableReadyCheck: false,
  // Asked again with what was lost on the way, an `update` would be made twice. And who waits is told why.
  retryDelayOnFailover: 0,
  retryDelayOnClusterDown: 0,
  retryDelayOnTryAgain: 20,
  maxRedirections: 8,
  clusterRetryStrategy: nth => Math.min(50 * 2 ** Math.min(nth, 6), 1_000) * (0.75 + Math.random() / 2),
}

export function open(source: Exclude<RedisSource, RedisClient>): RedisClient {
  if (typeof source === 'string' && source.trim() === '')
    throw new TypeError('redis is an empty string; is the environment variable set?')
  const options = typeof source === 'string' ? parsed(source) : source
  if (typeof options === 'string') return new Redis(options, OWN as object)
  if (isNodes(options)) return openCluster({ cluster: options })
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`redis must be a URL, options or an ioredis instance, not ${kindOf(options)}`)
  refuseForeign(options)
  if ('cluster' in options) return openCluster(options)
  if (options.sentinels && !options.name)
    throw new TypeError('redis: sentinels need name, the name under which they know the master')
  return new Redis({ ...OWN, ...options } as object)
}

/** Options of node-redis: ioredis ignores them in silence, and connects to 127.0.0.1:6379. */
function refuseForeign(options: object): void {
  if ('url' in options)
    throw new TypeError("redis.url is no option of ioredis: give the URL itself, redis: 'redis://...'")
  if ('socket' in options)
    throw new TypeError('redis.socket is no option of ioredis: give host and port, redis: { host, port }')
}

function openCluster({ cluster, redisOptions, ...options }: ClusterSource): Cluster {
  if (!isNodes(cluster) || cluster.length === 0)
    throw new TypeError(`redis: a Cluster is an array of at least one node, not ${kindOf(cluster)}`)
  const { username, password, tls, ...rest } = options
  const { connectTimeout, disconnectTimeout, keepAlive, noDelay, enableReadyCheck } = OWN
  const each = { connectTimeout, disconnectTimeout, keepAlive, noDelay, enableReadyCheck }
  // The nodes that are found by asking have other addresses, and no URL with a password in it.
  const given = { ...accessIn(cluster[0]!), ...defined({ username, password, tls }) }
  return new Cluster([...cluster], {
    ...CLUSTER,
    ...rest,
    redisOptions: { ...each, ...given, ...redisOptions },
  } as object)
}

function accessIn(node: ClusterNode): object {
  if (typeof node === 'number') return {}
  if (typeof node === 'object') {
    const { username, password, tls } = node as RedisOptions
    return defined({ username, password, tls })
  }
  const url = URL.canParse(node) ? new URL(node) : undefined
  if (url === undefined) return {}
  return accessOf(url.username, url.password, url.protocol === 'rediss:')
}

function accessOf(
  username: string,
  password: string,
  tls: boolean,
): Pick<RedisOptions, 'username' | 'password' | 'tls'> {
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(tls ? { tls: {} } : {}),
  }
}

const LIST = /^(redis|rediss)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/i

/** What ioredis does not read by itself: the URLs that name several servers. */
function parsed(text: string): string | RedisOptions | ClusterSource {
  const [, scheme, kind, user = '', hosts = '', path = '', query] = LIST.exec(text) ?? []
  if (scheme === undefined && text.includes('://'))
    throw new TypeError(`redis must be a URL that begins with redis:// or rediss://, not ${text.split('://', 1)[0]}://`)
  if (scheme === undefined || (kind === undefined && !hosts.includes(','))) return text
  if (query !== undefined) throw new TypeError('redis: a URL of several servers takes no query; give options instead')
  const { length } = user.split(':', 1)[0]!
  const tls = scheme.toLowerCase() === 'rediss'
  const access = accessOf(user.slice(0, length), user.slice(length + 1), tls)
  const sentinel = kind?.toLowerCase() === 'sentinel'
  const nodes = hosts.split(',').map(host => addressOf(host, sentinel ? 26_379 : 6_379))
  if (!sentinel) return { cluster: nodes, ...access }
  const [name = '', db] = path.split('/')
  const tlsToo = tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}
  const options = { sentinels: nodes, name: decodeURIComponent(name), ...access, ...tlsToo }
  return db ? { ...options, db: Number(db) } : options
}

function addressOf(text: string, port: number): { host: string; port: number } {
  if (text === '' || !URL.canParse(`redis://${text}`))
    throw new TypeError(`redis: ${text} in the URL is no host and port`)
  const url = new URL(`redis://${text}`)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || port) }
}

function isNodes(source: unknown): source is readonly ClusterNode[] {
  return Array.isArray(source)
}

/** By what it can do: an app may have an ioredis of its own. */
export function isClient(source: RedisSource): source is RedisClient {
  if (typeof source !== 'object' || source === null || !('on' in source)) return false
  if (!('status' in source && 'evalsha' in source))
    throw new TypeError(
      'redis must be a URL, options or an ioredis instance; this looks like the client of another library',
    )
  return true
}

function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value != null)) as Partial<T>
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an empty array' : `a ${typeof value}`
}
