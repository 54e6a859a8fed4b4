// Clients that are kept at one member, over real sockets.

import { once } from 'node:events'
import { expect } from 'chai'
import { WebSocket, WebSocketServer } from 'ws'
import { call, closing, field, responses, talk } from '../../support/clients.ts'
import { openRaw, valuesOf } from '../../support/raw.ts'
import { type Config, runSidecar } from '../../support/sidecar.ts'
import { type Apps, Browser, KEY, STICKY, startSticky } from './browser.ts'

describe('sticky', () => {
  const keep = closing()

  const start = (service?: Config, apps?: Apps) => startSticky(keep, service, apps)

  it('is off unless asked for', async () => {
    const { to, web } = await start({ sticky: false })
    const browser = new Browser()
    const reply = await browser.get(to)
    expect([reply.headers['set-cookie'], web().pins]).to.deep.equal([undefined, {}])
  })

  it('keeps browsers where they are, and shows nothing of it to the apps', async () => {
    const seen: string[] = []
    const { to, web } = await start(
      {},
      {
        answer: (name, request, response) => {
          seen.push(request.headers.cookie ?? '')
          response.setHeader('Set-Cookie', ['pin=of-the-app; Path=/', 'cart=1'])
          response.end(name)
        },
      },
    )
    const browsers = Array.from({ length: 9 }, () => new Browser())
    const homes = await Promise.all(browsers.map(browser => browser.at(to)))
    expect(new Set(homes).size).to.equal(3)
    for (let round = 0; round < 3; round++) {
      const replies = await Promise.all(browsers.map(browser => browser.get(to)))
      expect(replies.map(({ text }) => text)).to.deep.equal(homes)
      expect(replies.flatMap(({ headers }) => headers['set-cookie'])).to.deep.equal(Array(9).fill('cart=1'))
    }
    expect(new Set(seen)).to.deep.equal(new Set(['', 'cart=1']))
    expect(web().pins).to.deep.equal({ issued: 9, followed: 27 })
    expect(web().members.map(({ inFlight }) => inFlight)).to.deep.equal([0, 0, 0])
  })

  it('is agreed upon by two sidecars that share nothing but the key', async () => {
    const { to, config } = await start()
    const other = await keep(runSidecar(config))
    const stranger = await keep(
      runSidecar({
        ...config,
        services: { web: { ...(config.services as { web: Config }).web, sticky: { ...STICKY, key: 'x'.repeat(16) } } },
      }),
    )
    for (let i = 0; i < 6; i++) {
      const browser = new Browser()
      const home = await browser.at(to)
      expect([await browser.at(other.address), await browser.at(to)]).to.deep.equal([home, home])
    }
    await new Browser().at(stranger.address)
    const browser = new Browser()
    await browser.at(to)
    await browser.at(stranger.address)
    expect(stranger.status().services[0]!.pins).to.deep.equal({ invalid: 1, issued: 2 })
  })

  it('sends Secure to those who came by TLS, as far as a proxy is trusted to say so', async () => {
    for (const [trust, proto, secure] of [
      [1, 'https', true],
      [1, 'http', false],
      [0, 'https', false],
    ] as const) {
      const { config } = await start({}, { count: 1 })
      const [listener] = config.listeners as Config[]
      const sidecar = await keep(runSidecar({ ...config, listeners: [{ ...listener, trust }] }))
      const { headers } = await new Browser().get(sidecar.address, '/', { 'x-forwarded-proto': proto })
      expect(headers['set-cookie']![0]!.endsWith('; Secure'), `${trust} ${proto}`).to.equal(secure)
    }
  })

  it('works for HTTP/1.0, in absolute-form and inside a CONNECT tunnel', async () => {
    const { config } = await start()
    const byName = await keep(runSidecar({ services: config.services }))
    const ask = async (line: string, cookie = '') => {
      const [reply] = await talk(byName.address, `${line}\r\nHost: web\r\n${cookie}Connection: close\r\n\r\n`)
      const pin = valuesOf(reply!.fields, 'set-cookie')[0]?.split(';')[0]
      return { text: reply!.body.toString(), pin }
    }
    const inTunnel = async (cookie = '') => {
      const client = await keep(openRaw(byName.address))
      await client.send('CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\n')
      await responses(client, ['CONNECT'])
      await client.send(`GET / HTTP/1.1\r\nHost: web\r\n${cookie}\r\n`)
      expect(await client.until(() => client.bytes.includes('app'))).to.equal(true)
      const bytes = client.bytes.toString('latin1')
      return { text: /app\d/.exec(bytes)![0], pin: /Set-Cookie: ([^;]+)/.exec(bytes)?.[1] }
    }
    for (const line of ['GET / HTTP/1.0', 'GET http://web/ HTTP/1.1']) {
      const first = await ask(line)
      for (let i = 0; i < 3; i++) {
        expect(await ask(line, `Cookie: ${first.pin}\r\n`)).to.deep.equal({ text: first.text, pin: undefined })
      }
      expect(await inTunnel(`Cookie: ${first.pin}\r\n`)).to.deep.equal({ text: first.text, pin: undefined })
    }
    expect((await inTunnel()).pin).to.match(/^pin=/)
  })

  it('works for WebSockets: the pin comes with the 101, and counts in flight', async () => {
    const { apps, to, web } = await start()
    const servers = apps.map(({ server }, i) => {
      const wss = new WebSocketServer({ server })
      wss.on('connection', socket => socket.send(`app${i}`))
      return wss
    })
    const dial = async (cookie?: string) => {
      const socket = new WebSocket(`ws://${to}/`, { headers: cookie === undefined ? {} : { cookie } })
      const [[upgraded], [message]] = await Promise.all([once(socket, 'upgrade'), once(socket, 'message')])
      return { socket, name: String(message), pin: upgraded.headers['set-cookie']?.[0]?.split(';')[0] }
    }
    const first = await dial()
    expect(first.pin).to.match(/^pin=[\w-]{44}$/)
    const more = [await dial(first.pin), await dial(first.pin)]
    expect(more.map(({ name, pin }) => [name, pin])).to.deep.equal([
      [first.name, undefined],
      [first.name, undefined],
    ])
    expect(web().members[Number(first.name.slice(3))]!.inFlight).to.equal(3)
    for (const { socket } of [first, ...more]) socket.terminate()
    for (const server of servers) server.close()
  })

  it('is set in answers that are large, chunked, without a body or an end', async () => {
    const { to } = await start(
      {},
      {
        count: 1,
        answer: (_, { url, method }, response) => {
          if (url === '/large') response.end('x'.repeat(100_000))
          else if (url === '/chunked') response.write('some', () => response.end('more'))
          else if (url === '/none') response.writeHead(304).end()
          else if (method === 'HEAD') response.writeHead(200, { 'content-length': 9 }).end()
          else response.writeHead(200, { connection: 'close' }).end('until the end')
        },
      },
    )
    for (const [method, path, length] of [
      ['GET', '/large', 100_000],
      ['GET', '/chunked', 8],
      ['GET', '/none', 0],
      ['HEAD', '/', 0],
      ['GET', '/', 13],
    ] as const) {
      const [reply] = await talk(to, `${method} ${path} HTTP/1.1\r\nHost: web\r\n\r\n`, [method])
      expect([reply!.complete, reply!.body.length, field(reply!, 'set-cookie')?.slice(0, 4)], path).to.deep.equal([
        true,
        length,
        'pin=',
      ])
    }
  })

  it('keeps its clients at a member that is held, for as long as they may stay', async () => {
    const { to, sidecar, addressOf } = await start({ sticky: { ...STICKY, drain: '1s' } })
    const browser = new Browser()
    const home = await browser.at(to)
    const by = (what: string) =>
      call(sidecar.admin!, `/services/web/members/${addressOf(home)}/${what}`, { method: 'POST' })
    await by('hold')
    for (let i = 0; i < 9; i++) expect(await new Browser().at(to)).not.to.equal(home)
    expect(await browser.at(to)).to.equal(home)
    const left = async () => {
      const deadline = performance.now() + 5000
      while (performance.now() < deadline) if ((await browser.at(to)) !== home) return true
      return false
    }
    expect(await left()).to.equal(true)
    const now = await browser.at(to)
    await by('release')
    expect(await browser.at(to)).to.equal(now)
  })

  it('learns from the cookie of the app', async () => {
    const { to, web } = await start(
      { sticky: { learn: 'sid' } },
      {
        answer: (name, { url, headers }, response) => {
          if (url === '/login') response.setHeader('Set-Cookie', `sid=${name}-${Math.random()}; Path=/; HttpOnly`)
          response.setHeader('X-Cookie', headers.cookie ?? '')
          response.end(name)
        },
      },
    )
    for (let i = 0; i < 6; i++) {
      const browser = new Browser()
      const home = await browser.at(to, '/login')
      for (let n = 0; n < 3; n++) {
        const { text, headers } = await browser.get(to)
        expect([text, headers['set-cookie'], headers['x-cookie']]).to.deep.equal([
          home,
          undefined,
          `sid=${browser.cookies.get('sid')}`,
        ])
      }
    }
    expect(web().pins).to.deep.equal({ issued: 6, followed: 18 })
  })

  it('goes by the hash of what the client brings, alike in two sidecars', async () => {
    const { to, config } = await start({ sticky: { header: 'X-Session' } })
    const other = await keep(runSidecar(config))
    const homes = new Set<string>()
    for (let i = 0; i < 40; i++) {
      const headers = { 'x-session': `s${i}` }
      const home = await new Browser().at(to, '/', headers)
      homes.add(home)
      expect(await new Browser().at(other.address, '/', headers)).to.equal(home)
    }
    expect(homes.size).to.equal(3)
  })

  it('is what the route says, where there are routes', async () => {
    const { config } = await start()
    const routes = [
      { prefix: '/static', service: 'web', sticky: false },
      { prefix: '/chat', service: 'web', sticky: { cookie: { name: 'chat', path: '/chat' }, key: KEY } },
      { service: 'web' },
    ]
    const { address } = await keep(runSidecar({ ...config, listeners: [{ listen: '127.0.0.1:0', routes }] }))
    const browser = new Browser()
    const cookies = async (path: string) => (await browser.get(address, path)).headers['set-cookie']?.[0]
    expect(await cookies('/static/a')).to.equal(undefined)
    expect(await cookies('/chat/a')).to.match(/^chat=[\w-]{44}; Path=\/chat; HttpOnly; SameSite=Lax$/)
    expect(await cookies('/')).to.match(/^pin=[\w-]{44}; Path=\/; /)
    const chat = await browser.at(address, '/chat/b')
    const rest = await browser.at(address, '/b')
    for (let i = 0; i < 4; i++) {
      expect([await browser.at(address, '/chat/c'), await browser.at(address, '/c')]).to.deep.equal([chat, rest])
    }
    expect(new Set(await Promise.all(Array.from({ length: 6 }, () => browser.at(address, '/static/b')))).size).to.equal(
      3,
    )
  })

  it('is told in the metrics and in the access log', async () => {
    const { config } = await start()
    const lines: Record<string, unknown>[] = []
    const write = (what: object, message: string) => {
      if (message === 'exchange') lines.push(what as Record<string, unknown>)
    }
    const log = { level: 'info', access: true }
    const sidecar = await keep(runSidecar({ ...config, log }, { log: { info: write, warn: write, error: write } }))
    const browser = new Browser()
    await browser.at(sidecar.address)
    await browser.at(sidecar.address)
    browser.cookies.set('pin', 'forged')
    await browser.at(sidecar.address)
    expect(lines.map(({ pin }) => pin)).to.deep.equal(['issued', 'followed', 'issued'])
    const metrics = await sidecar.metrics()
    for (const [result, count] of Object.entries({ issued: 2, followed: 1, invalid: 1 })) {
      expect(metrics).to.include(`outrigger_pins_total{service="web",result="${result}"} ${count}\n`)
    }
    expect(JSON.stringify([lines, sidecar.status()])).not.to.include(KEY)
  })
})
