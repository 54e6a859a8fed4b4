/** The same app on express-session + connect-redis, which it replaces, and on ours. */
import { createRequire } from 'node:module'
import { RedisStore as ConnectRedis } from 'connect-redis'
import express from 'express'
import { Redis, type RedisOptions } from 'ioredis'
import { sessions } from '../../middleware/index.ts'
import { RedisStore } from '../../middleware/stores/redis-store.ts'
import { type App, call, type Reply, startApp } from '../support/clients.ts'

const expressSession = createRequire(import.meta.url)('express-session')

export const SECRET = 'keyboard cat'
const DEFAULTS = { secret: SECRET, resave: false, saveUninitialized: false, cookie: { maxAge: 60_000 } }

export interface Site extends App {
  /** With the cookie of a former answer. */
  get(path: string, from?: Answer | string, headers?: Record<string, string>): Promise<Answer>
}

export interface Answer extends Reply {
  /** Our cookie, as a browser sends it back. */
  readonly cookie: string | undefined
}

export interface Contender {
  readonly name: string
  /** An Express app with sessions in this Redis. `client` to slow it down. */
  serve(redis: string, routes: (app: express.Express) => void, options?: object, client?: Redis): Promise<Site>
}

export const theirs: Contender = {
  name: 'express-session + connect-redis',
  serve(redis, routes, options, client = new Redis(redis, {})) {
    client.on('error', () => {})
    const store = new ConnectRedis({ client })
    return site(expressSession({ ...DEFAULTS, store, ...options }), routes, () => client.disconnect())
  },
}

export const ours: Contender = {
  name: 'outrigger',
  serve(redis, routes, options, client) {
    const { deadline } = (options ?? {}) as { deadline?: number }
    const from = client ? { store: new RedisStore({ client, deadline }) } : { redis }
    const middleware = sessions({ ...DEFAULTS, ...from, ...options })
    return site(middleware, routes, () => {
      client?.disconnect()
      return middleware.close()
    })
  },
}

/** What `work` finds, of either. */
export async function each<T>(work: (contender: Contender) => Promise<T>): Promise<{ theirs: T; ours: T }> {
  return { theirs: await work(theirs), ours: await work(ours) }
}

export async function site(
  middleware: any,
  routes: (app: express.Express) => void,
  close: () => unknown,
): Promise<Site> {
  const app = express()
  app.use(middleware)
  routes(app)
  app.use((error: any, _: express.Request, res: express.Response, _next: express.NextFunction) => {
    if (!res.headersSent) res.status(error.status ?? 500).send(error.message)
  })
  const started = await startApp(app)
  return {
    ...started,
    get accepted() {
      return started.accepted
    },
    async get(path, from, headers = {}) {
      const cookie = typeof from === 'string' ? from : from?.cookie
      const reply = await call(started.address, path, { headers: { ...(cookie ? { cookie } : {}), ...headers } })
      return { ...reply, cookie: cookieOf(reply) ?? cookie }
    },
    async close() {
      await close()
      await started.close()
    },
  }
}

export function cookieOf({ headers }: Reply): string | undefined {
  return headers['set-cookie']?.[0]?.split(';', 1)[0]
}

/** A client whose writes take this long. */
export function slow(url: string, ms: number, options: RedisOptions = {}): Redis {
  const client = new Redis(url, options as object)
  for (const command of ['set', 'evalsha'] as const) {
    const original = (client[command] as (...args: unknown[]) => Promise<unknown>).bind(client)
    client[command] = (async (...args: unknown[]) => {
      await new Promise(resolve => setTimeout(resolve, ms))
      return original(...args)
    }) as never
  }
  return client
}

/** Opens once `count` have arrived. */
export function barrier(count: number): () => Promise<void> {
  let open = () => {}
  const opened = new Promise<void>(resolve => (open = resolve))
  return async () => {
    if (--count <= 0) open()
    await opened
  }
}
