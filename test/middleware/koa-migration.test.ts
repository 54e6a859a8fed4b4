// docs/migrating-from-koa-session.md: its examples are compiled and run, and the types are those that it promises.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { assert } from 'chai'
import { Redis } from 'ioredis'
import Koa from 'koa'
import { closing } from '../support/clients.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { SECRET } from './contenders.ts'
import { type KoaAnswer, type Routes, serve, theirs } from './koa-sites.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(join(root, 'docs/migrating-from-koa-session.md'), 'utf8')
const example = (language: string) => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(page)![1]!

describe('koa: migration', () => {
  let redis: RedisServer
  let folder: string
  const open = closing()
  before(async () => {
    folder = mkdtempSync(join(root, '.outrigger', 'koa-'))
    redis = await startRedis()
  })
  beforeEach(() => redis.client.flushall())
  after(async () => {
    rmSync(folder, { recursive: true, force: true })
    await redis.close()
  })

  it('compiles its example, and knows the types of ctx.session and the mistakes', () => {
    assert.equal(compile({ 'page.mts': example('ts'), 'app.mts': app, 'app.cts': common }), '')
    // TypeScript merges what is added under one of the two names of a program, not under both.
    assert.equal(compile({ 'other.mts': other }), '')
  })

  it('needs nothing of Koa for those who import outrigger', () => {
    const seen = new Set<string>()
    const follow = (file: string) => {
      if (seen.has(file)) return
      seen.add(file)
      for (const [, next] of readFileSync(join(root, file), 'utf8').matchAll(/from '(\.{1,2}\/.+?)'/g))
        follow(join(file, '..', next!))
    }
    follow('middleware/index.ts')
    assert.isAbove(seen.size, 10)
    assert.isEmpty([...seen].filter(file => file.includes('koa')))
  })

  it('can be required', () => {
    const required = createRequire(import.meta.url)('outrigger/koa')
    for (const found of [required, required.sessions, required.default, required.StoreUnavailable])
      assert.isFunction(found)
    assert.equal(required, required.sessions)
  })

  const routes: Routes = {
    login(ctx) {
      ctx.session.user = 'ada'
      if (ctx.state.rest) ctx.session.maxAge = Number(ctx.state.rest)
      ctx.body = ''
    },
    show: ctx => (ctx.body = `${ctx.session.user} ${ctx.session.maxAge} ${Object.keys(ctx.session).sort()}`),
  }

  async function serveWithBridge() {
    writeFileSync(join(folder, 'bridge.mjs'), example('js'))
    const { fromKoaSession } = await import(pathToFileURL(join(folder, 'bridge.mjs')).href)
    const client = new Redis(redis.url, { commandTimeout: 250, maxRetriesPerRequest: 1 })
    await open({ close: () => client.disconnect() })
    return open(
      serve(routes, { redis: redis.url, secret: undefined }, new Koa({ keys: [SECRET] }), [fromKoaSession(client)]),
    )
  }

  it('brings the sessions of koa-session over, when it is told to', async () => {
    const old = await open(theirs.serve(redis.url, routes))
    const [plain, remembered] = [await old.get('/login'), await old.get('/login/3600000')]
    const site = await serveWithBridge()
    // A browser's burst of requests: all of them find the session.
    const burst = await Promise.all(Array.from({ length: 5 }, () => site.get('/show', plain)))
    for (const answer of burst) assert.equal(answer.text, 'ada 60000 cookie,user')
    assert.equal((await site.get('/show', remembered)).text, 'ada 3600000 cookie,user')
    const cookies = burst[0]!.headers['set-cookie']!
    assert.match(cookies.join('\n'), /^koa\.sess=;.*1970/m)
    assert.match(cookies.join('\n'), /^connect\.sid=/m)
    assert.match((await site.get('/show', ownCookie(burst[0]!))).text, /^ada/)
    for (const key of (await redis.client.keys('*')).filter(key => !key.startsWith('sess:')))
      assert.isAtMost(await redis.client.ttl(key), 60)
  })

  it('brings nothing over for a forged cookie, or for one that has expired', async () => {
    const site = await serveWithBridge()
    await redis.client.set('forged', JSON.stringify({ user: 'eve', _expire: Date.now() + 10_000, _maxAge: 10_000 }))
    assert.match((await site.get('/show', 'koa.sess=forged; koa.sess.sig=bogus')).text, /^undefined/)
    const old = await open(theirs.serve(redis.url, routes))
    const first = await old.get('/login')
    const [key] = (await redis.client.keys('*')).filter(key => key !== 'forged')
    await redis.client.set(key!, JSON.stringify({ user: 'ada', _expire: Date.now() - 1, _maxAge: 60_000 }))
    assert.match((await site.get('/show', first)).text, /^undefined/)
  })

  it('leaves sessions of koa-session alone otherwise', async () => {
    const old = await open(theirs.serve(redis.url, routes))
    const first = await old.get('/login')
    const site = await open(serve(routes, { redis: redis.url }))
    assert.match((await site.get('/show', first)).text, /^undefined/)
    assert.match((await old.get('/show', first)).text, /^ada/)
  })

  function compile(files: Readonly<Record<string, string>>): string {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    // Without the libraries: @types/koa itself does not fit every version of what it imports.
    const options =
      '--noEmit --ignoreConfig --strict --module nodenext --target es2023 --types node --esModuleInterop --skipLibCheck'
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const paths = Object.keys(files).map(name => join(folder, name))
    return spawnSync(process.execPath, [tsc, ...options.split(' '), ...paths], { encoding: 'utf8' }).stdout
  }
})

function ownCookie({ headers }: KoaAnswer): string {
  return headers['set-cookie']!.find(cookie => cookie.startsWith('connect.sid='))!.split(';', 1)[0]!
}

/** SessionData of the page's example is in the same program. */
const app = `import Koa from 'koa'
  import type { Middleware } from 'koa'
  import { sessions, StoreUnavailable, type KoaSession } from 'outrigger/koa'
  const session = sessions<{ cart: string[] }>({ secret: ['x'], redis: 'redis://localhost', outage: 'stale' })
  const typed: Middleware = session
  const app = new Koa<{ a: 1 }, { b: 2 }>()
  app.use(typed).use(session).use(async (ctx, next) => {
    const user: string | undefined = ctx.session.user
    const cart: string[] | undefined = session.of(ctx).cart
    const own: KoaSession = ctx.session
    const b: 2 = ctx.b
    ctx.session.maxAge = 'session'
    ctx.session.cookie.sameSite = 'lax'
    await ctx.session.save()
    await ctx.session.manuallyCommit()
    await ctx.session.regenerate({ keep: false })
    ctx.session.regenerate(error => next())
    const n: number = await ctx.session.update(data => data.n++)
    ctx.session = null
    ctx.session = { user: 'ada' }
    const isNew: boolean = ctx.session.isNew
    await (await ctx.loadSession()).destroy()
    // @ts-expect-error
    ctx.session.user = 1
    // @ts-expect-error
    ctx.session = 1
    // @ts-expect-error
    session.of(ctx).cart = 1
    ctx.body = [user, cart, own, b, n, isNew]
  })
  app.on('error', error => error instanceof StoreUnavailable)
  session.ready().then(() => session.close())
  // @ts-expect-error
  sessions({ unset: 'bogus' })`

const other = `import Koa from 'koa'
  import { sessions } from 'outrigger/koa'
  import {} from 'outrigger'
  declare module 'outrigger' {
    interface SessionData { more: number }
  }
  new Koa().use(sessions({ secret: 'x' })).use(ctx => { ctx.session.more = 1 })`

const common = `import Koa = require('koa')
  import sessions = require('outrigger/koa')
  const app = new Koa()
  app.use(sessions({ secret: 'x' })).use(sessions.sessions({ secret: 'x' })).use(ctx => {
    ctx.body = ctx.session.isNew
  })`
