/** The same Koa app on koa-session + koa-redis, which it replaces, and on ours. */
import { createRequire } from 'node:module'
import Koa from 'koa'
import { sessions } from '../../middleware/koa.ts'
import { type App, call, type Reply, startApp } from '../support/clients.ts'
import { SECRET } from './contenders.ts'

const require = createRequire(import.meta.url)

export type Handler = (ctx: any) => unknown
export type Routes = Readonly<Record<string, Handler>>

export interface KoaAnswer extends Reply {
  /** All cookies of the answer as a browser sends them back; those that were sent when it sets none. */
  readonly cookie: string | undefined
}

export interface KoaSite extends App {
  readonly app: Koa
  /** What came to `app.on('error')`. */
  readonly errors: any[]
  get(path: string, from?: KoaAnswer | string, headers?: Record<string, string>): Promise<KoaAnswer>
}

export interface KoaContender {
  serve(redis: string, routes: Routes, options?: object): Promise<KoaSite>
}

export const theirs: KoaContender = {
  serve(url, routes, options) {
    const store = require('koa-redis')({ url })
    store.on('error', () => {})
    const app = new Koa()
    app.keys = [SECRET]
    app.use(require('koa-session').default({ store, maxAge: 60_000, ...options }, app))
    return koaSite(app, routes, () => store.client.disconnect())
  },
}

export const ours: KoaContender = {
  // A deadline that no busy machine misses; what the usual one does is tested with Redis away.
  serve: (redis, routes, options) => serve(routes, { redis, deadline: 5_000, ...options }),
}

/** Ours, by default in the process. */
export function serve(
  routes: Routes,
  options: object = {},
  app = new Koa(),
  behind: readonly Koa.Middleware[] = [],
): Promise<KoaSite> {
  const middleware = sessions({ secret: SECRET, cookie: { maxAge: 60_000 }, ...options })
  for (const each of [middleware, ...behind]) app.use(each)
  return koaSite(app, routes, () => middleware.close())
}

/** What `work` finds, of either. */
export async function each<T>(work: (contender: KoaContender) => Promise<T>): Promise<{ theirs: T; ours: T }> {
  return { theirs: await work(theirs), ours: await work(ours) }
}

async function koaSite(app: Koa, routes: Routes, close: () => unknown): Promise<KoaSite> {
  const errors: any[] = []
  app.on('error', error => errors.push(error))
  app.use(async ctx => {
    const [, first = '', rest] = ctx.path.split('/', 3)
    ctx.state.rest = rest
    await routes[first]!(ctx)
  })
  const started = await startApp(app.callback())
  return {
    ...started,
    get accepted() {
      return started.accepted
    },
    app,
    errors,
    async get(path, from, headers = {}) {
      const cookie = typeof from === 'string' ? from : from?.cookie
      const reply = await call(started.address, path, { headers: { ...(cookie ? { cookie } : {}), ...headers } })
      return { ...reply, cookie: cookiesOf(reply) ?? cookie }
    },
    async close() {
      await close()
      await started.close()
    },
  }
}

export function cookiesOf({ headers }: Reply): string | undefined {
  return headers['set-cookie']?.map(cookie => cookie.split(';', 1)[0]).join('; ')
}
