import { createServer as createHttp2 } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from 'chai'
import express from 'express'
import Koa from 'koa'
import { sessions } from '../../middleware/express.ts'
import { health } from '../../middleware/process/health.ts'
import { type Load, type LoadOptions, load, shareOf } from '../../middleware/process/load.ts'
import { MemoryStore } from '../../middleware/stores/memory-store.ts'
import { call, closing, startApp } from '../support/clients.ts'
import { openRaw, until } from '../support/raw.ts'

const SESSIONS = { secret: 'a secret that is long enough', resave: false, saveUninitialized: false }
const FORM = /^TEXT application_utilization=(0|1|0\.\d{1,3}), named_metrics\.in_flight=(\d+)$/

describe('load', () => {
  const open = closing()
  const reportOf = (headers: Record<string, unknown>) => String(headers['endpoint-load-metrics'])
  const inFlightOf = (headers: Record<string, unknown>) => Number(FORM.exec(reportOf(headers))?.[2])

  /** What hangs at /wait until it is let go. */
  const gate = () => {
    let letGo = () => {}
    const gone = new Promise<void>(resolve => (letGo = resolve))
    return { gone, letGo }
  }

  const servers: Record<string, (middleware: Load, wait: Promise<void>) => Promise<{ address: string }>> = {
    Express: (middleware, wait) =>
      open(
        startApp(
          express()
            .use(middleware)
            .get('/wait', async (_, res) => void res.send(await wait.then(() => 'waited')))
            .get('/stream', (_, res) => void res.write('begun'))
            .get('/livez', (_, res) => void res.send('live'))
            .get('/', (_, res) => void res.send('app')),
        ),
      ),
    Koa: (middleware, wait) => {
      const app = new Koa()
      app.silent = true
      app.use(middleware)
      app.use(async ctx => {
        if (ctx.path === '/wait') await wait
        if (ctx.path !== '/stream') ctx.body = 'app'
        else {
          ctx.respond = false
          ctx.res.write('begun')
        }
      })
      return open(startApp(app.callback()))
    },
    'node:http': (middleware, wait) =>
      open(
        startApp((req, res) =>
          middleware(req, res, async () => {
            if (req.url === '/wait') await wait
            if (req.url === '/stream') res.write('begun')
            else res.writeHead(200, { 'X-App': '1' }).end('app')
          }),
        ),
      ),
  }

  for (const [name, serve] of Object.entries(servers)) {
    it(`says in each answer how many are under way, with ${name}`, async () => {
      const { gone, letGo } = gate()
      const middleware = load()
      const { address } = await serve(middleware, gone)
      const first = await call(address, '/')
      assert.match(reportOf(first.headers), FORM)
      assert.equal(inFlightOf(first.headers), 1)
      const waiting = [call(address, '/wait'), call(address, '/wait')]
      assert.isTrue(await until(() => middleware.inFlight === 2))
      assert.equal(inFlightOf((await call(address, '/')).headers), 3)
      letGo()
      // What is true when the head leaves, not what was true when the request came.
      const counts = (await Promise.all(waiting)).map(({ headers }) => inFlightOf(headers))
      assert.deepEqual([Math.max(...counts), Math.min(...counts) > 0], [2, true])
      assert.isTrue(await until(() => middleware.inFlight === 0))
    })

    it(`counts those whose client leaves, and neither health nor errors twice, with ${name}`, async () => {
      const middleware = load()
      const { address } = await serve(middleware, Promise.resolve())
      const client = await open(openRaw(address))
      await client.send('GET /stream HTTP/1.1\r\nHost: a\r\n\r\n')
      assert.isTrue(await client.until(() => client.bytes.includes('begun')))
      assert.equal(middleware.inFlight, 1)
      client.reset()
      assert.isTrue(await until(() => middleware.inFlight === 0))
      assert.notProperty((await call(address, '/livez')).headers, 'endpoint-load-metrics')
    })
  }

  it('counts a request once where it is mounted twice', async () => {
    const within = express.Router().use(load())
    within.get('/', (_, res) => void res.send('app'))
    const { address } = await open(startApp(express().use(load()).use(within)))
    const { headers } = await call(address, '/')
    assert.equal(inFlightOf(headers), 1)
  })

  it('counts on below a mount point, where health is not', async () => {
    const app = express().use('/api', load({ except: ['/api/ping'] }))
    app.use('/api', (_, res) => void res.send('app'))
    const { address } = await open(startApp(app))
    assert.equal(inFlightOf((await call(address, '/api/readyz')).headers), 1)
    assert.notProperty((await call(address, '/api/ping?x=1')).headers, 'endpoint-load-metrics')
  })

  it('gets on with sessions and health', async () => {
    const app = express().use(load(), health(), sessions({ ...SESSIONS, store: new MemoryStore() }))
    app.get('/', (req, res) => {
      Object.assign(req.session, { seen: true })
      res.send('app')
    })
    const { address } = await open(startApp(app))
    const { headers } = await call(address, '/')
    assert.isDefined(headers['set-cookie'])
    assert.match(reportOf(headers), FORM)
  })

  it('leaves a report of the app alone', async () => {
    const app = express().use(load())
    app.get('/', (_, res) => void res.set('Endpoint-Load-Metrics', 'TEXT named_metrics.in_flight=7').send('app'))
    const { address } = await open(startApp(app))
    assert.equal(reportOf((await call(address, '/')).headers), 'TEXT named_metrics.in_flight=7')
  })

  it('says it only where it was asked, if so told', async () => {
    const { address } = await servers.Express!(load({ send: 'asked' }), Promise.resolve())
    assert.notProperty((await call(address, '/')).headers, 'endpoint-load-metrics')
    const asked = await call(address, '/', { headers: { 'endpoint-load-metrics-format': 'TEXT' } })
    assert.match(reportOf(asked.headers), FORM)
  })

  it('works under HTTP/2', async () => {
    const { connect } = await import('node:http2')
    const middleware = load()
    const server = createHttp2((req, res) => middleware(req as never, res as never, () => res.end('app')))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const client = connect(`http://127.0.0.1:${port}`)
    const headers = await new Promise<Record<string, unknown>>(resolve => {
      client.request({ ':path': '/' }).on('response', resolve).resume()
    })
    assert.equal(inFlightOf(headers), 1)
    await new Promise<void>(resolve => client.close(() => resolve()))
    await new Promise(resolve => server.close(resolve))
    assert.isTrue(await until(() => middleware.inFlight === 0))
  })

  it('knows how busy and how late the event loop is', async () => {
    const middleware = load()
    const stop = performance.now() + 400
    while (performance.now() < stop) {
      const until = performance.now() + 120
      while (performance.now() < until);
      await sleep(1)
    }
    assert.isAbove(middleware.utilization, 0.3)
    assert.isAbove(middleware.late, 20)
    assert.isTrue(await until(() => middleware.late < 20 && middleware.utilization < 0.3, 10_000))
  })

  describe('shed', () => {
    const serve = async (options: LoadOptions, koa = false) => {
      const middleware = load(options)
      const serve = servers[koa ? 'Koa' : 'Express']!
      return { middleware, ...(await serve(middleware, Promise.resolve())) }
    }
    /** Keeps the loop late until it is stopped. */
    const hog = () => {
      const timer = setInterval(() => {
        const until = performance.now() + 60
        while (performance.now() < until);
      }, 1)
      return () => clearInterval(timer)
    }

    for (const koa of [false, true]) {
      it(`turns some away while the loop is late, but never health${koa ? ', with Koa' : ''}`, async () => {
        const { middleware, address } = await serve({ shed: { delay: 15, most: 0.999, retryAfter: 2 } }, koa)
        assert.equal((await call(address, '/')).status, 200)
        const stop = hog()
        try {
          assert.isTrue(await until(() => middleware.late > 30, 5_000))
          const answers = await Promise.all(Array.from({ length: 8 }, () => call(address, '/')))
          const away = answers.filter(({ status }) => status === 503)
          assert.isAbove(away.length, 0)
          assert.equal(middleware.shed, away.length)
          const { headers, text } = away[0]!
          assert.deepInclude(headers, { 'retry-after': '2', 'x-outrigger-reason': 'event-loop-late' })
          assert.match(reportOf(headers), FORM)
          assert.equal(JSON.parse(text).reason, 'event-loop-late')
          assert.equal((await call(address, '/livez')).status, 200)
        } finally {
          stop()
        }
        assert.isTrue(await until(() => middleware.late < 15, 10_000))
        assert.equal((await call(address, '/')).status, 200)
      })
    }

    it('grows with the lateness, and is never all', () => {
      const shares = [0, 200, 250, 400, 800, 1e6].map(late => shareOf(late, { delay: 200, most: 0.9 }))
      assert.deepEqual(
        shares.map(share => Math.round(share * 100) / 100),
        [0, 0, 0.2, 0.5, 0.75, 0.9],
      )
    })
  })

  for (const [name, options] of Object.entries<Record<string, unknown>>({
    send: { send: 'never' },
    except: { except: '/livez' },
    'except ': { except: ['livez'] },
    shed: { shed: true },
    'shed ': { shed: null },
    'shed.delay': { shed: {} },
    'shed.delay ': { shed: { delay: Number.NaN } },
    'shed.most': { shed: { delay: 200, most: 1 } },
    'shed.retryAfter': { shed: { delay: 200, retryAfter: 0.5 } },
  })) {
    it(`refuses ${JSON.stringify(options)} by name`, () => {
      assert.throws(() => load(options as LoadOptions), TypeError, `load: ${name.trim()} must be `)
    })
  }
})
