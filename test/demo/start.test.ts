import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert } from 'chai'
import type { Browser } from 'playwright-core'
import { browserNote, openBrowser } from '../support/browser.ts'
import { type Demo, startDemo } from '../support/demo.ts'
import { startRedis } from '../support/redis.ts'

describe('demo/start', function () {
  this.timeout(60_000)
  this.slow(10_000)
  const started: Demo[] = []
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'outrigger-test-'))
  })

  afterEach(async () => {
    for (const { child, gone } of started.splice(0)) {
      child.kill('SIGKILL')
      await gone(2_000)
    }
    rmSync(folder, { recursive: true })
  })

  function start(...args: string[]): Demo {
    const demo = startDemo(args, folder)
    started.push(demo)
    return demo
  }

  it('ends by itself, says that no request failed, and leaves no process behind', async () => {
    const demo = start('--for', '3', '--port', '0')
    const { code, stdout, stderr } = await demo.end
    assert.equal(stderr, '')
    assert.match(stdout, /^ +\d+ s +[\d,]+ requests\/s .* web-3 .* orders-3 /m)
    assert.match(stdout, /^40 sessions, [1-9]\d* cart changes, 0 lost; kept in the embedded store in \S+\/sessions$/m)
    assert.match(stdout, /^0 of [1-9][\d,]* requests failed\n$/m)
    assert.equal(code, 0)
    assert.isTrue(await demo.gone(2_000))
    assert.isEmpty(readdirSync(folder).filter(name => name.startsWith('outrigger')))
  })

  it('serves a page and the admin pages, with sessions in Redis if it is told to, and ends in order at Ctrl-C', async () => {
    const redis = await startRedis()
    try {
      const demo = start('--port', '0', '--redis', redis.url)
      const [page, status] = [await demo.printed(/http:\S+\/$/m), await demo.printed(/http:\S+\/status/)]
      assert.match(await (await fetch(page)).text(), /web-[123][\s\S]*orders-[123][\s\S]*Orders of guest/)
      assert.equal(((await (await fetch(status)).json()) as { state: string }).state, 'ready')
      await showSessions(page)
      await demo.printed(/web-\d is killed \(SIGKILL\), by the button of its page/)
      // As a terminal does it: to everyone in the foreground, and npm passes it on once more.
      process.kill(-demo.child.pid!, 'SIGINT')
      process.kill(demo.child.pid!, 'SIGINT')
      const { code, stdout, stderr } = await demo.end
      assert.equal(stderr, '')
      assert.match(stdout, new RegExp(`^40 sessions, .* 0 lost; kept in Redis at ${redis.url}$`, 'm'))
      assert.match(stdout, /^0 of [\d,]+ requests failed\n$/m)
      assert.equal(code, 0)
      assert.isTrue(await demo.gone(2_000))
      assert.isAtLeast((await redis.client.keys('outrigger-demo:*')).length, 40)
    } finally {
      await redis.close()
    }
  })

  it(`knows a browser whose web was killed${browserNote}, and takes all its processes along when it is killed`, async () => {
    const opening = openBrowser()
    const demo = start('--port', '0')
    try {
      const [url, browser] = await Promise.all([demo.printed(/http:\S+\/$/m), opening])
      if (browser !== undefined) await showSessionsIn(browser, url)
    } finally {
      await (await opening)?.close()
    }
    // Only /proc tells whose a process without a parent is.
    if (process.platform === 'linux') assert.isAtLeast(demo.processes().length, 10)
    demo.child.kill('SIGKILL')
    assert.isTrue(await demo.gone(2_000), demo.processes().join(', '))
  })

  it('says who died, and ends', async function () {
    if (process.platform !== 'linux') this.skip() // only /proc tells which process is the one
    const demo = start('--port', '0')
    await demo.printed(/http:\S+\/$/m)
    process.kill(demo.processes('orders-2')[0]!, 'SIGKILL')
    const { code, stderr } = await demo.end
    assert.equal(stderr, 'orders-2 died unasked: signal SIGKILL\n')
    assert.equal(code, 1)
    assert.isTrue(await demo.gone(2_000))
  })

  it('kills, breaks and freezes instances one after the other, and no request fails', async () => {
    const { code, stdout, stderr } = await start('--for', '12', '--chaos', '--port', '0').end
    assert.equal(stderr, '')
    const told = [...stdout.matchAll(/^ *[\d.]+ s {2}((?:orders|web)-\d .*)$/gm)].map(([, text]) => text!)
    assert.sameOrderedMembers(
      told.filter(text => !/is seen|serves again/.test(text)),
      [
        'orders-1 is killed (SIGKILL)',
        'orders-1 is started again, on the same port',
        'orders-2 answers 503 in 1 ms',
        'orders-2 is well again',
        'orders-3 is frozen (SIGSTOP)',
        'orders-3 goes on (SIGCONT)',
        'web-2 is killed (SIGKILL)',
        'web-2 is started again, on the same port',
      ],
    )
    for (const name of ['before', 'orders-1 killed', 'orders-2 failing', 'orders-3 frozen', 'web-2 killed']) {
      assert.match(stdout, new RegExp(`^${name} +[1-9][\\d,]* +0 +[\\d.,]+ ms `, 'm'))
    }
    assert.match(stdout, /^40 sessions, [1-9][\d,]* cart changes, 0 lost; kept in the embedded store in /m)
    assert.match(stdout, /^0 of [1-9][\d,]* requests failed\n$/m)
    assert.equal(code, 0)
    assert.isTrue(await started[0]!.gone(2_000))
  })

  it('leaves no process behind when it ends while one of them is frozen', async () => {
    const demo = start('--for', '12', '--chaos', '--port', '0')
    await demo.printed(/orders-3 is frozen/)
    demo.child.kill('SIGINT')
    const { stdout, stderr } = await demo.end
    assert.equal(stderr, '')
    assert.match(stdout, /^orders-3 frozen /m)
    assert.isTrue(await demo.gone(2_000), demo.processes().join(', '))
  })

  it('says in one line that the port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    try {
      const { code, stdout, stderr } = await start('--port', String(port)).end
      assert.equal(stderr, `Port ${port} on 127.0.0.1 is taken. Choose another with --port N; 0 is any free one.\n`)
      assert.deepEqual([code, stdout], [1, ''])
    } finally {
      server.close()
    }
  })

  it('says in one line that Redis cannot be reached', async () => {
    const { code, stdout, stderr } = await start('--port', '0', '--redis', 'redis://:secret@127.0.0.1:1').end
    assert.equal(stderr, 'Redis at redis://127.0.0.1:1 cannot be used: connect ECONNREFUSED 127.0.0.1:1\n')
    assert.deepEqual([code, stdout], [1, ''])
  })

  it('explains itself', async () => {
    const { code, stdout } = await start('--help').end
    assert.include(stdout, '--for SECONDS')
    assert.equal(code, 0)
  })
})

/** As a browser without JavaScript: signs in, fills the cart, kills whoever made the page, and asks again. */
async function showSessions(url: string): Promise<void> {
  let cookie = ''
  const send = async (path: string, form?: Record<string, string>): Promise<string> => {
    const response = await fetch(new URL(path, url), {
      redirect: 'manual',
      headers: { cookie },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    })
    cookie = response.headers.get('set-cookie')?.split(';', 1)[0] ?? cookie
    const text = await response.text()
    if (form === undefined) return text
    assert.equal(response.status, 303, text)
    return send(response.headers.get('location')!)
  }
  const known = 'data-user="Ada" data-cart="rope:2 sail:1"'
  await send('/cart/rope', { quantity: '2' })
  const guest = cookie
  await send('/login', { name: 'Ada' })
  assert.notEqual(cookie, guest)
  const page = await send('/cart/sail', { quantity: '1' })
  assert.include(page, known)
  const [, name = '', pid = ''] = /name="name" value="(web-\d)"[\s\S]*name="pid" value="(\d+)"/.exec(page)!
  for (const time of ['asked once', 'asked again']) {
    const after = await send('/kill', { name, pid })
    assert.include(after, known, time)
    assert.include(after, `${name} was killed`, time)
    assert.notInclude(after, `process ${pid}<`, time)
  }
  const other = /name="name" value="(web-\d)"[\s\S]*name="pid" value="(\d+)"/.exec(await send('/'))!
  assert.include(await send('/kill', { name: other[1]!, pid: other[2]! }), `${other[1]} was spared`)
  const signedIn = cookie
  assert.include(await send('/logout', {}), 'data-user="" data-cart=""')
  cookie = signedIn
  assert.include(await send('/'), 'data-user="" data-cart=""')
  const wrong = await fetch(new URL('/cart/__proto__', url), {
    method: 'POST',
    body: new URLSearchParams({ quantity: '1' }),
  })
  assert.equal(wrong.status, 400)
}

async function showSessionsIn(browser: Browser, url: string): Promise<void> {
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage()
  const main = page.locator('main')
  const madeBy = () => page.locator('li.picked').first().textContent()
  await page.goto(url)
  await page.getByLabel('your name').fill('Ada <b>')
  await page.getByText('Sign in').click()
  await page.getByLabel('one sail more').click()
  await page.getByLabel('one lamp more').click()
  const killed = await madeBy()
  await page.getByText('(SIGKILL)').click()
  for (const time of ['at once', 'asked again']) {
    assert.include(await main.textContent(), 'signed in as Ada <b>', time)
    assert.equal(await main.getAttribute('data-cart'), 'sail:1 lamp:1', time)
    assert.notEqual(await madeBy(), killed, time)
    await page.reload()
  }
}
