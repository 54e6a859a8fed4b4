// `node serve.mjs KIND PORT REDIS`: one app, with sessions of one kind or with none. JavaScript, because a TypeScript
// loader in the process would count in what it uses.
import express from 'express'
import Koa from 'koa'

const [kind, port, redis] = process.argv.slice(2)
const options = { secret: 'a secret for the bench, and only for it', cookie: { maxAge: 3_600_000 } }
const saved = { ...options, resave: false, saveUninitialized: false }

const content = kib => ({
  user: { id: 1, name: 'Ada', roles: ['admin', 'editor'] },
  cart: Array.from({ length: kib * 10 }, (_, i) => ({
    sku: `sku-${i}`,
    name: `A thing to buy ${i}`,
    price: i * 3.5,
    tags: ['a', 'b'],
  })),
})
const contents = { 1: content(1), 14: content(14) }

/** What both kinds of app do with a session; without one they do as much as they can. */
const routes = {
  '/none': () => 'ok',
  '/start/1': session => void Object.assign(session ?? {}, contents[1]) ?? 'ok',
  '/start/14': session => void Object.assign(session ?? {}, contents[14]) ?? 'ok',
  '/read': session => session?.user?.name ?? 'ok',
  '/write': session => {
    if (session !== undefined) session.count = (session.count ?? 0) + 1
    return 'ok'
  },
}

const kinds = {
  express: async () => expressApp(),
  'express-session': async () => {
    const { default: session } = await import('express-session')
    const { RedisStore } = await import('connect-redis')
    const { Redis } = await import('ioredis')
    return expressApp(session({ ...saved, store: new RedisStore({ client: new Redis(redis) }) }))
  },
  outrigger: async () => expressApp((await ours('index')).sessions({ ...options, redis })),
  'outrigger near-cache': async () =>
    expressApp((await ours('index')).sessions({ ...options, redis, nearCache: true })),
  koa: async () => koaApp(),
  'koa-session': async () => {
    const { default: session } = await import('koa-session')
    const { default: createStore } = await import('koa-redis')
    const app = new Koa()
    app.keys = [options.secret]
    const { hostname, port } = new URL(redis)
    // In express-session a session's life slides with every request; here that is `rolling`.
    const settings = { store: createStore({ host: hostname, port: Number(port) }), maxAge: options.cookie.maxAge }
    return koaApp(session({ ...settings, rolling: true }, app), app)
  },
  'outrigger/koa': async () => koaApp((await ours('koa')).sessions({ ...options, redis })),
}

const listener = await kinds[kind]()
listener.listen(Number(port), '127.0.0.1', 1024)

function ours(entry) {
  return import(`../../dist/middleware/${entry}.js`)
}

function expressApp(middleware) {
  const app = express()
  if (middleware) app.use(middleware)
  for (const [path, work] of Object.entries(routes)) app.get(path, (req, res) => res.send(work(req.session)))
  return app
}

function koaApp(middleware, app = new Koa()) {
  if (middleware) app.use(middleware)
  app.use(ctx => {
    const work = routes[ctx.path]
    if (work) ctx.body = work(ctx.path === '/none' ? undefined : ctx.session)
  })
  return app
}
