// Compiled as an app would: the same source with `express-session` and with `outrigger` for its import.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assert } from 'chai'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('drop-in types', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(root, '.outrigger', 'types-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  for (const name of ['express-session', 'outrigger']) {
    it(`let an app add to SessionData, and change its import: ${name}`, () => {
      assert.equal(compile(app(name)), '')
    })
  }

  it('let our stores be given to express-session', () => {
    const text = `import express from 'express'
      import session from 'express-session'
      import { EmbeddedStore, MemoryStore, RedisStore } from 'outrigger'
      declare module 'express-session' {
        interface SessionData { user: string }
      }
      for (const store of [new RedisStore({ client: 'redis://localhost' }), new EmbeddedStore(), new MemoryStore()])
        express().use(session({ secret: 'x', store, resave: false, saveUninitialized: false }))`
    // Both declare `req.session`, each its own: of that tsc complains in their declarations.
    assert.equal(compile(text, '--skipLibCheck'), '')
  })

  it('know what sessions<MyData>() holds, promises, and the mistakes', () => {
    const text = `import { sessions } from 'outrigger'
      import express from 'express'
      const session = sessions<{ cart: string[] }>({ secret: 'x', redis: 'redis://localhost' })
      express().use(session).get('/', async (req, res) => {
        const cart: string[] | undefined = session.of(req).cart
        await req.session.regenerate({ keep: true })
        const n: number = await req.session.update(data => data.n++)
        // @ts-expect-error
        session.of(req).cart = 1
        // @ts-expect-error
        sessions({ unset: 'bogus' })
      })`
    assert.equal(compile(text), '')
  })

  it('require() gives what express-session gives, and all that import gives', async () => {
    const required = createRequire(import.meta.url)('outrigger')
    assert.isFunction(required)
    for (const name of ['Store', 'MemoryStore', 'Cookie', 'Session', 'RedisStore', 'sessions']) {
      assert.isFunction(required[name], name)
    }
    const all = Object.keys(await import('../../middleware/index.ts')).filter(name => name !== 'module.exports')
    assert.includeMembers(Object.keys(required), all)
    assert.notIncludeMembers(all, ['KEEPER', 'fallback'])
  })

  it('of Koa has what stands beside the sessions too', async () => {
    const names = ['drain', 'health', 'load', 'sticky', 'BadUser', 'RevocationIncomplete', 'StoreUnavailable']
    const required = createRequire(import.meta.url)('outrigger/koa')
    for (const name of names) assert.isFunction(required[name], name)
    assert.includeMembers(Object.keys(await import('../../middleware/koa.ts')), names)
  })

  function compile(text: string, ...more: string[]): string {
    writeFileSync(join(folder, 'app.mts'), text)
    const options = [
      '--noEmit',
      '--ignoreConfig',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--types',
      'node',
      '--esModuleInterop',
      ...more,
    ]
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    return spawnSync(process.execPath, [tsc, ...options, join(folder, 'app.mts')], { encoding: 'utf8' }).stdout
  }
})

function app(name: string): string {
  return `import session from '${name}'
    import express from 'express'
    declare module '${name}' {
      interface SessionData { user: string; views: number }
    }
    class MyStore extends session.MemoryStore {}
    const app = express()
    app.use(session({ secret: ['a', 'b'], resave: false, saveUninitialized: false, rolling: true, unset: 'destroy',
      name: 'sid', proxy: true, genid: req => 'x', store: new MyStore(),
      cookie: { maxAge: 1000, secure: 'auto', sameSite: 'lax', httpOnly: true, path: '/', domain: 'a.b', priority: 'low', partitioned: true } }))
    app.get('/', (req, res, next) => {
      const user: string | undefined = req.session.user
      req.session.views = (req.session.views ?? 0) + 1
      req.session.cookie.maxAge = 1000
      const expires: Date | null | undefined = req.session.cookie.expires
      const id: string = req.sessionID + req.session.id
      req.session.touch().save(error => next(error))
      req.session.regenerate(error => next(error))
      req.session.destroy(() => res.end(user + id + expires))
      req.sessionStore.get(id, (error, found) => res.end(found?.user))
    })`
}
