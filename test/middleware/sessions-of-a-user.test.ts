// The app in docs/sessions-of-a-user.md, as it stands there.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { assert } from 'chai'
import { call, closing } from '../support/clients.ts'
import { startRedis } from '../support/redis.ts'
import { cookieOf } from './contenders.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('docs/sessions-of-a-user.md', () => {
  const open = closing()

  it('has an app that lists devices, signs one out, and all others after a change of password', async () => {
    const redis = await open(startRedis())
    const page = readFileSync(`${root}docs/sessions-of-a-user.md`, 'utf8')
    const [code] = [...page.matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, code]) => code!).filter(isWhole)
    const app = spawn(process.execPath, ['--input-type=module', '-e', code!], {
      cwd: root,
      env: { ...process.env, PORT: '0', REDIS_URL: redis.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await open({
      async close() {
        if (app.exitCode !== null) return
        const exit = once(app, 'exit')
        app.kill()
        await exit
      },
    })
    const [line] = await once(app.stdout, 'data')
    const address = `127.0.0.1:${/on port (\d+)/.exec(String(line))![1]}`

    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const post = (path: string, body: string, cookie = '') =>
      call(address, path, { method: 'POST', headers: { ...form, cookie }, body })
    const get = (path: string, cookie: string) => call(address, path, { headers: { cookie } })
    const login = async (agent: string) => {
      const headers = { ...form, 'user-agent': agent }
      return cookieOf(await call(address, '/login', { method: 'POST', headers, body: 'name=ada&password=secret' }))!
    }
    const phone = await login('<Phone>')
    const tablet = await login('Tablet')
    const laptop = await login('Laptop')

    const { text } = await get('/devices', laptop)
    assert.match(text, /Laptop, since [^<]*\(this device\)/)
    assert.include(text, '&#60;Phone&#62;')
    const [, ofTablet] = /Tablet, since [\s\S]*?action="(.*?)"/.exec(text)!
    assert.equal((await post(ofTablet!, '', laptop)).status, 302)
    assert.equal((await get('/devices', tablet)).headers.location, '/login')

    const changed = await post('/password', 'password=better', laptop)
    assert.include(changed.text, 'Signed out on 1 other devices')
    assert.equal((await get('/devices', phone)).headers.location, '/login')
    assert.equal((await get('/devices', laptop)).headers.location, '/login')
    assert.equal((await get('/devices', cookieOf(changed)!)).status, 200)
    assert.equal((await post('/login', 'name=ada&password=secret')).status, 401)
  })
})

const isWhole = (code: string) => code.includes('app.listen')
