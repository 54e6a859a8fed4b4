// Where sessions are kept, by what an app has said: Redis, a store that it brings, or the host.

import { messageOf } from '../errors.ts'
import { notice, warning } from '../notice.ts'
import { EmbeddedStore } from '../stores/embedded-store.ts'
import type { ForeignStore } from '../stores/foreign-store.ts'
import { lmdb } from '../stores/lmdb-files.ts'
import { MemoryStore } from '../stores/memory-store.ts'
import type { NearCacheOptions } from '../stores/near-commands.ts'
import type { RedisSource } from '../stores/redis-source.ts'
import { RedisStore } from '../stores/redis-store.ts'
import type { Store } from '../stores/store.ts'

export interface StoreOptions {
  /** Redis: a URL, ioredis options, an ioredis instance, Sentinels, or the nodes of a Cluster; see docs/session-outages.md. */
  redis?: RedisSource | undefined
  /** Any express-session Store instead. Default: an EmbeddedStore, where the package `lmdb` runs; else a MemoryStore. */
  store?: ForeignStore | Store | undefined
  /** Of the embedded store: the folder of its files. Default `./.outrigger/sessions`. Not with `redis` or `store`. */
  path?: string | undefined
  /** Of the embedded store: bytes that its sessions may take. Default 268435456, 256 MiB. Not with `redis` or `store`. */
  maxSize?: number | undefined
  /** Of the keys in Redis. Default `sess:`. */
  prefix?: string | undefined
  /** Milliseconds that one command to Redis, default 250, or one write of the embedded store, default 5000, may take. */
  deadline?: number | undefined
  /** With `redis`: serves what has not changed there from the process; see docs/near-cache.md. Default false. */
  nearCache?: boolean | NearCacheOptions | undefined
}

/** Throws a TypeError for options that exclude each other. */
export function storeOf(options: StoreOptions): Store {
  const { redis, store, prefix, deadline, nearCache } = options
  if (redis !== undefined && store !== undefined)
    throw new TypeError('redis and store cannot both be given: redis makes the store')
  for (const option of ['path', 'maxSize'] as const) {
    const other = redis === undefined ? store && 'store' : 'redis'
    if (options[option] !== undefined && other)
      throw new TypeError(`${option} and ${other} cannot both be given: ${option} is of the embedded store`)
  }
  if (nearCache && redis === undefined)
    throw new TypeError(
      'nearCache needs redis, which is not set (is the environment variable?); a RedisStore of your own takes nearCache itself',
    )
  if (redis !== undefined) return new RedisStore({ client: redis, prefix, deadline, nearCache })
  return (store ?? embedded(options)) as Store
}

function embedded({ path, maxSize, deadline }: StoreOptions): EmbeddedStore | MemoryStore {
  const store = new EmbeddedStore({ path, maxSize, deadline })
  try {
    lmdb()
  } catch (error) {
    const [reason] = messageOf(error).split('\n', 1)
    warning(`kept in this process: they end with it, and no other process sees them (no lmdb: ${reason})`)
    return new MemoryStore()
  }
  notice(`kept in ${store.path}, for the processes of this host. For several hosts, use Redis: redis: 'redis://...'`)
  // Opened now, so that a folder that cannot be used is told of at start; whoever waits for `ready()` gets it too.
  store.ready().catch(error => warning(messageOf(error)))
  return store
}
