// Sessions in Redis, as connect-redis writes them: JSON under `sess:` and the id. Works with our middleware and, in
// place of connect-redis, with express-session.
import { lifeLeft } from '../sessions/cookie-life.ts'
import type { Callback, SessionData } from '../sessions/session.ts'
import type { GuardOptions } from './guard.ts'
import { type Near, type NearCacheOptions, near, nearSettings } from './near-commands.ts'
import { type Connection, connect } from './redis-client.ts'
import { type Commands, commands } from './redis-commands.ts'
import { type Guards, redisGuards } from './redis-guards.ts'
import { indexPrefix, redisIndex } from './redis-index.ts'
import type { RedisSource } from './redis-source.ts'
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
  readonly guards: Guards
  readonly nearCache: Near | undefined
  readonly #plain: Commands
  #commands: Commands
  #prefix: string
  #ttl: number | ((session: SessionData) => number)
  #scanCount: number
  #disableTouch: boolean
  #deadline: number

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
    for (const name of ['serializer', 'disableTTL'])
      if (name in rest)
        throw new TypeError(`RedisStore has no ${name}: sessions are stored as JSON, and every session ends some day`)
    const settings = nearSettings(nearCache, client)
    this.connection = connect(client)
    this.guards = redisGuards(this.connection, { deadline })
    this.#deadline = deadline ?? 250
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
        return near?.json ?? (await this.#ask(key(id), (redis, key) => redis.read(key, life))) ?? undefined
      },
      create: async (id, { json, life }) =>
        void (await this.#ask(key(id), (redis, key) => redis.write(key, json, life))),
      add: (id, { json, life }) => this.#ask(key(id), (redis, key) => redis.add(key, json, life)),
      replace: (id, { json, life }, seen) => this.#ask(key(id), (redis, key) => redis.replace(key, json, seen, life)),
      claim: id => this.#ask(key(id), (redis, key) => redis.claim(key)),
      touch: async (id, { life }) => {
        if (!disableTouch) await this.#slide(key(id), life)
      },
      ids: () => this.#ids(),
      destroy: async id => (await this.#ask(key(id), (redis, key) => redis.remove(key))) !== 0,
      index: redisIndex(prefix, this.connection.client, (key, work) => this.#ask(key, work)),
      vitals: () => this.guards.vitals(),
      lastError: () => this.connection.lastError,
      ready: () => this.#ready(),
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

  override get(id: string, callback: (error: any, session?: any) => void): void {
    reply(this.#get(this.#prefix + id), callback)
  }

  override set(id: string, session: any, callback?: Callback): void {
    reply(this.#set(this.#prefix + id, session), callback)
  }

  override touch(id: string, session: any, callback?: Callback): void {
    if (this.#disableTouch) return void (callback && process.nextTick(callback))
    reply(this.#touch(this.#prefix + id, session), callback)
  }

  override destroy(id: string, callback?: Callback): void {
    reply(
      this.#ask(this.#prefix + id, (redis, key) => redis.remove(key)),
      callback,
    )
  }

  override all(callback: (error: any, sessions?: any) => void): void {
    const read = async () => {
      const sessions: SessionData[] = []
      for await (const key of this.#keys()) {
        const session = this.#inflated(await this.#ask(key, () => this.#plain.readWithLife(key)))
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
      for await (const key of this.#keys()) await this.#ask(key, (redis, key) => redis.remove(key))
    }
    reply(clear(), callback)
  }

  async #get(key: string): Promise<SessionData | undefined> {
    const near = this.#near(key)
    if (near === undefined) return this.#inflated(await this.#ask(key, (redis, key) => redis.readWithLife(key)))
    const left = near.ends - performance.now()
    return this.#inflated({ json: near.json!, left: Number.isFinite(left) ? left : -1 })
  }

  /** While Redis is away the outage policy decides, and the breaker needs somebody who tries. */
  #near(key: string, life?: number) {
    return this.nearCache === undefined || this.guards.of(key).open ? undefined : this.nearCache.find(key, life)
  }

  async #slide(key: string, life: number): Promise<void> {
    if (this.guards.of(key).open || !this.nearCache?.lasts(key, life))
      await this.#ask(key, (redis, key) => redis.expire(key, life))
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

  // Not inside of what is guarded: a session that cannot be written is no outage of the store.
  async #set(key: string, session: SessionData): Promise<unknown> {
    const life = this.#life(session)
    // A cookie that the app has let expire ends the session.
    if (!(life > 0)) return this.#ask(key, redis => redis.remove(key))
    const json = JSON.stringify(session)
    return this.#ask(key, redis => redis.write(key, json, life))
  }

  async #touch(key: string, session: SessionData): Promise<void> {
    await this.#slide(key, this.#life(session))
  }

  #life(session: SessionData): number {
    return typeof this.#ttl === 'function' ? this.#ttl(session) * 1000 : lifeLeft(session?.cookie, this.#ttl * 1000)
  }

  async #ask<T>(key: string, command: (redis: Commands, key: string) => Promise<T>): Promise<T> {
    const { connection } = this
    return this.guards.of(key).run(() => {
      if (connection.client.status === 'ready') {
        // Half the cost of ioredis's auto-pipelining, which makes a pipeline of every turn.
        connection.gather()
        return command(this.#commands, key)
      }
      // Whoever asked has been told by then that it failed: when Redis is back, it must not happen after all.
      const due = performance.now() + this.#deadline
      return connection.ready().then(() => {
        if (performance.now() > due) throw new Error('too late')
        return command(this.#commands, key)
      })
    })
  }

  /** A connection alone says nothing: that of a Redis which hangs stays open. */
  async #ready(): Promise<void> {
    const { client } = this.connection
    await this.connection.ready()
    await this.guards.of('').run(() => client.ping())
  }

  async *#ids(): AsyncGenerator<string> {
    for await (const key of this.#keys()) yield key.slice(this.#prefix.length)
  }

  async *#keys(): AsyncGenerator<string> {
    const { client } = this.connection
    await this.guards.of('').run(() => this.connection.ready())
    const seen = new Set<string>()
    // With a prefix that does not end in a colon, the sets of sessions by user match it too.
    const sets = indexPrefix(this.#prefix)
    const pattern = `${this.#prefix.replace(/[\\*?[\]]/g, '\\$&')}*`
    for (const node of 'nodes' in client ? client.nodes('master') : [client]) {
      let cursor = '0'
      do {
        const [next, keys] = await this.guards
          .of('')
          .run(() => node.scan(cursor, 'MATCH', pattern, 'COUNT', this.#scanCount))
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
