// Sessions in Redis, as connect-redis writes them: JSON under `sess:` and the id. Works with our middleware and, in
// place of connect-redis, with express-session.
import type { Writable } from 'node:stream'
import { createGuard, type Guard, type GuardOptions } from './guard.ts'
import { type Near, type NearCacheOptions, near, nearSettings } from './near-commands.ts'
import { type Connection, connect, type RedisSource } from './redis-client.ts'
import { type Commands, commands, isAway } from './redis-commands.ts'
import { indexPrefix, redisIndex } from './redis-index.ts'
import type { Callback, SessionData } from './session.ts'
import { type Driven, reply, type SessionStore, Store } from './store.ts'

export interface RedisStoreOptions extends GuardOptions {
  /** A URL, ioredis options, an ioredis instance (Cluster and Sentinel too), or the nodes of a Cluster. */
  client: RedisSource
  /** Of the keys. Default `sess:`. */
  prefix?: string | undefined
  /** Seconds that a session lives whose cookie has no expiry, as in connect-redis. Default 86400. */
  ttl?: number | ((session: SessionData) => number) | undefined
  /** Keys that one SCAN looks at, for `all`, `length` and `clear`. Default 100. */
  scanCount?: number | undefined
  /** `touch` does nothing: sessions end `ttl` after they were last written. */
  disableTouch?: boolean | undefined
  /** Serves from the process what has not changed in Redis; see docs/near-cache.md. Not with a Cluster. Default false. */
  nearCache?: boolean | NearCacheOptions | undefined
}

export class RedisStore extends Store implements Driven {
  readonly driver: SessionStore
  readonly connection: Connection
  readonly guard: Guard
  readonly nearCache: Near | undefined
  readonly #plain: Commands
  #commands: Commands
  #prefix: string
  #ttl: number | ((session: SessionData) => number)
  #scanCount: number
  #disableTouch: boolean

  constructor(options: RedisStoreOptions | string) {
    super()
    const {
      client,
      prefix = 'sess:',
      ttl = 86_400,
      ...rest
    } = typeof options === 'string' ? { client: options } : options
    const { scanCount = 100, disableTouch = false, deadline, nearCache } = rest as Partial<RedisStoreOptions>
    if (client === undefined) throw new TypeError('RedisStore needs a client')
    const settings = nearSettings(nearCache, client)
    this.connection = connect(client)
    this.guard = createGuard({ deadline }, isAway, timedOut => this.#reconnect(timedOut))
    this.#plain = commands(this.connection.client)
    this.nearCache = settings && near(settings, this.connection.client, this.#plain)
    this.#commands = this.nearCache?.commands ?? this.#plain
    this.#prefix = prefix
    this.#ttl = ttl
    this.#scanCount = scanCount
    this.#disableTouch = disableTouch
    const key = (id: string) => this.#prefix + id
    this.driver = {
      slides: !disableTouch,
      compares: true,
      load: async (id, wanted, fresh) => {
        const life = disableTouch ? undefined : wanted
        const near = fresh ? undefined : this.#near(key(id), life)
        return near?.json ?? (await this.#ask(redis => redis.read(key(id), life))) ?? undefined
      },
      create: async (id, { json, life }) => void (await this.#ask(redis => redis.write(key(id), json, life))),
      add: (id, { json, life }) => this.#ask(redis => redis.add(key(id), json, life)),
      replace: (id, { json, life }, seen) => this.#ask(redis => redis.replace(key(id), json, seen, life)),
      claim: id => this.#ask(redis => redis.claim(key(id))),
      touch: async (id, { life }) => {
        if (!disableTouch) await this.#slide(key(id), life)
      },
      ids: () => this.#ids(),
      destroy: async id => (await this.#ask(redis => redis.remove(key(id)))) !== 0,
      index: redisIndex(prefix, this.connection.client, work => this.#ask(work)),
      ready: () => this.connection.ready(),
      close: () => this.close(),
    }
  }

  get genuine(): boolean {
    const { get, set, touch, destroy } = RedisStore.prototype
    return this.get === get && this.set === set && this.touch === touch && this.destroy === destroy
  }

  /** Disconnects when the connection was made here; an instance that was given is left open. */
  close(): Promise<void> {
    this.nearCache?.close()
    return this.connection.close()
  }

  override get(id: string, callback: (error: any, session?: SessionData | null) => void): void {
    reply(this.#get(this.#prefix + id), callback)
  }

  override set(id: string, session: any, callback?: Callback): void {
    const life = this.#life(session)
    const key = this.#prefix + id
    // A cookie that the app has let expire ends the session.
    reply(
      this.#ask(redis => (life > 0 ? redis.write(key, JSON.stringify(session), life) : redis.remove(key))),
      callback,
    )
  }

  override touch(id: string, session: any, callback?: Callback): void {
    if (this.#disableTouch) return void (callback && process.nextTick(callback))
    reply(this.#slide(this.#prefix + id, this.#life(session)), callback)
  }

  override destroy(id: string, callback?: Callback): void {
    reply(
      this.#ask(redis => redis.remove(this.#prefix + id)),
      callback,
    )
  }

  override all(callback: (error: any, sessions?: any) => void): void {
    const read = async () => {
      const sessions: SessionData[] = []
      for await (const key of this.#keys()) {
        const session = this.#inflated(await this.#ask(() => this.#plain.readWithLife(key)))
        if (session) sessions.push(Object.assign(session, { id: key.slice(this.#prefix.length) }))
      }
      return sessions
    }
    reply(read(), callback)
  }

  override length(callback: (error: any, length?: number) => void): void {
    const count = async () => {
      let length = 0
      for await (const _ of this.#keys()) length++
      return length
    }
    reply(count(), callback)
  }

  override clear(callback?: Callback): void {
    const clear = async () => {
      for await (const key of this.#keys()) await this.#ask(redis => redis.remove(key))
    }
    reply(clear(), callback)
  }

  async #get(key: string): Promise<SessionData | undefined> {
    const near = this.#near(key)
    if (near === undefined) return this.#inflated(await this.#ask(redis => redis.readWithLife(key)))
    const left = near.ends - performance.now()
    return this.#inflated({ json: near.json!, left: Number.isFinite(left) ? left : -1 })
  }

  /** While Redis is away the outage policy decides, and the breaker needs somebody who tries. */
  #near(key: string, life?: number) {
    return this.nearCache === undefined || this.guard.open ? undefined : this.nearCache.find(key, life)
  }

  async #slide(key: string, life: number): Promise<void> {
    if (this.guard.open || !this.nearCache?.lasts(key, life)) await this.#ask(redis => redis.expire(key, life))
  }

  /** Not the expiry that was written: the life of a session is Redis's, and a touch does not write. */
  #inflated(found: { json: string; left: number } | undefined): SessionData | undefined {
    if (found === undefined) return undefined
    const session = JSON.parse(found.json)
    const written = session.cookie?.expires
    if (!written || found.left < 0) return session
    const expires = Date.now() + found.left
    // Within the time that the round trip took it is the same.
    if (Math.abs(expires - new Date(written).valueOf()) > 50) session.cookie.expires = new Date(expires).toISOString()
    return session
  }

  #life(session: SessionData): number {
    if (typeof this.#ttl === 'function') return this.#ttl(session) * 1000
    const expires = session?.cookie?.expires
    const left = expires ? new Date(expires).valueOf() - Date.now() : Number.NaN
    return Number.isNaN(left) ? this.#ttl * 1000 : left
  }

  async #ask<T>(command: (redis: Commands) => Promise<T>): Promise<T> {
    const { connection } = this
    return this.guard.run(() => {
      if (connection.client.status === 'ready') {
        // Half the cost of ioredis's auto-pipelining, which makes a pipeline of every turn.
        connection.gather()
        return command(this.#commands)
      }
      return connection.ready().then(() => command(this.#commands))
    })
  }

  /** Silence for so long may be a connection that a firewall forgot: a new one is the way to know. */
  #reconnect(timedOut: boolean): void {
    const { own, client } = this.connection
    if (!own || !timedOut || client.status !== 'ready' || !('stream' in client)) return
    // Once: the status stays what it is until the socket has closed, and all that is under way times out meanwhile.
    if (!(client.stream as Writable).writableEnded) client.disconnect(true)
  }

  async *#ids(): AsyncGenerator<string> {
    for await (const key of this.#keys()) yield key.slice(this.#prefix.length)
  }

  async *#keys(): AsyncGenerator<string> {
    const { client } = this.connection
    await this.guard.run(() => this.connection.ready())
    const seen = new Set<string>()
    // With a prefix that does not end in a colon, the sets of sessions by user match it too.
    const sets = indexPrefix(this.#prefix)
    const pattern = `${this.#prefix.replace(/[\\*?[\]]/g, '\\$&')}*`
    for (const node of 'nodes' in client ? client.nodes('master') : [client]) {
      let cursor = '0'
      do {
        const [next, keys] = await this.guard.run(() => node.scan(cursor, 'MATCH', pattern, 'COUNT', this.#scanCount))
        cursor = next
        // SCAN may name a key twice.
        for (const key of keys.filter(key => !seen.has(key) && !key.startsWith(sets))) {
          seen.add(key)
          yield key
        }
      } while (cursor !== '0')
    }
  }
}
