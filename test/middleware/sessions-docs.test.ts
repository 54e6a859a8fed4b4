// docs/sessions.md against the code: its tables are complete, its apps run.
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assert } from 'chai'
import { sessions } from '../../middleware/index.ts'
import { MemoryStore } from '../../middleware/stores/memory-store.ts'
import { call, closing } from '../support/clients.ts'
import { startRedis } from '../support/redis.ts'
import { freePort } from '../support/redis-process.ts'
import { cookieOf } from './contenders.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const page = read('docs/sessions.md')

describe('docs/sessions.md', () => {
  const open = closing()

  it('names every option, and none that is not there', () => {
    const declared = readdirSync(join(root, 'middleware'), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts'))
      .map(name => read(`middleware/${name}`))
      .flatMap(text => [...text.matchAll(/^export interface (\w+Options)\b[^{]*\{\n(.*?)^\}/gms)])
      .filter(([, name]) => PARTS.includes(name!))
    assert.sameMembers(
      declared.map(([, name]) => name),
      PARTS,
    )
    const options = declared.flatMap(([, , body]) => [...body!.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name!))
    const table = section('## Options').matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)
    const named = [...table].flatMap(([, names]) => names!.replaceAll('`', '').split(', '))
    assert.sameMembers([...named, 'key'], options)
  })

  it('names every metric, and none that is not there', () => {
    const named = [...section('## Ready').matchAll(/`(outrigger_sessions_\w+)`/g)].map(([, name]) => name!)
    const options = { secret: 'keyboard cat', resave: false, saveUninitialized: false }
    const metrics = sessions({ ...options, store: new MemoryStore() }).metrics()
    assert.sameMembers(named, Object.keys(metrics))
    for (const value of Object.values(metrics)) assert.equal(value, 0)
  })

  it('has apps that run as they stand there', async () => {
    const redis = await open(startRedis())
    const [app, ready, prom] = [...page.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code!).filter(isProgram)
    const env = { SECRET: 'a secret of this test', REDIS_URL: redis.url }
    const shop = await start(app!, env)
    const cart = await shop.post('/cart/tea')
    assert.equal((await shop.post('/cart/tea', cart.cookie)).text, '{"count":2}')
    const login = await shop.post('/login/ada', cart.cookie)
    assert.equal(login.status, 302)
    assert.notEqual(login.cookie, cart.cookie)
    assert.equal((await shop.get('/', login.cookie)).text, '{"user":"ada","cart":{"tea":2}}')
    await shop.post('/logout', login.cookie)
    assert.equal((await shop.get('/', login.cookie)).text, '{"user":null,"cart":{}}')
    const [first, second] = await Promise.all([run(ready!, env), run(prom!, env)])
    assert.match(first, /outrigger_sessions_loads_total: 0/)
    assert.match(second, /^# TYPE outrigger_sessions_loads_total gauge\noutrigger_sessions_loads_total 0$/m)
  })

  it('and the store that its migration page puts into express-session', async () => {
    const redis = await open(startRedis())
    const code = /^ *```js\n(.*?)^ *```/ms.exec(read('docs/migrating-from-express-session.md'))![1]!
    const app = await start(code.replaceAll(/^ {3}/gm, ''), { SECRET: 'a secret of this test', REDIS_URL: redis.url })
    const first = await app.get('/')
    assert.equal((await app.get('/', first.cookie)).text, '{"visits":2}')
  })

  const isProgram = (code: string) => code.includes('import ')

  function section(heading: string): string {
    const begin = page.indexOf(heading)
    assert.isAbove(begin, 0, heading)
    return page.slice(begin, page.indexOf('\n## ', begin + 3))
  }

  /** Inside of the repository, so that `outrigger` is this package. */
  async function spawned(code: string, env: Record<string, string>): Promise<ChildProcess> {
    const file = join(root, '.outrigger', `docs-${process.pid}-${Math.random().toString(36).slice(2)}.mjs`)
    writeFileSync(file, code)
    await open({ close: () => rmSync(file, { force: true }) })
    const child = spawn(process.execPath, [file], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await open({ close: () => child.kill('SIGKILL') })
    return child
  }

  async function run(code: string, env: Record<string, string>): Promise<string> {
    const child = await spawned(code, env)
    let out = ''
    child.stdout!.setEncoding('utf8').on('data', text => (out += text))
    const exit = await new Promise(resolve => child.once('close', resolve))
    assert.equal(exit, 0)
    return out
  }

  async function start(code: string, env: Record<string, string>) {
    const port = await freePort()
    const child = await spawned(code, { ...env, PORT: String(port) })
    const send = async (method: string, path: string, cookie?: string) => {
      const reply = await call(`127.0.0.1:${port}`, path, { method, headers: cookie ? { cookie } : {} })
      return { ...reply, cookie: cookieOf(reply) ?? cookie }
    }
    for (;;) {
      if (child.exitCode !== null) throw new Error('the app of the page ended')
      if (await send('GET', '/').catch(() => undefined)) break
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    return {
      get: (path: string, cookie?: string) => send('GET', path, cookie),
      post: (path: string, cookie?: string) => send('POST', path, cookie),
    }
  }
})

/** Of which `SessionOptions` is made. */
const PARTS = ['SecretOptions', 'StoreOptions', 'HardeningOptions', 'SessionOptions']
