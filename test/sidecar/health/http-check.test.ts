import type { IncomingMessage, RequestListener } from 'node:http'
import { expect } from 'chai'
import type { CheckResult } from '../../../sidecar/health/check.ts'
import { createHttpCheck } from '../../../sidecar/health/http-check.ts'
import { parseAddress } from '../../../sidecar/model/endpoint.ts'
import { closing, startApp, startNet } from '../../support/clients.ts'
import { startOrigin } from '../../support/origin.ts'
import { until } from '../../support/raw.ts'
import { http, timeUpAfter } from './settings.ts'

type Settings = Parameters<typeof http>[0]

/** `ok`, or why not. */
const told = (result: CheckResult) => (result.ok ? 'ok' : result.why)

describe('health: a check by http', () => {
  const keep = closing()

  async function checking(address: string, settings?: Settings) {
    const checker = await keep(createHttpCheck(http(settings)))
    return async (signal = new AbortController().signal) => told(await checker.check(parseAddress(address)!, signal))
  }

  async function checkingApp(listener: RequestListener, settings?: Settings) {
    const app = await keep(startApp(listener))
    return { app, check: await checking(app.address, settings) }
  }

  /** Checks a server that sends these bytes for every request. */
  async function checkingBytes(bytes: string, settings?: Settings, end = false) {
    const server = await keep(
      startNet(socket => {
        socket.on('end', () => socket.end())
        socket.on('data', () => (end ? socket.end(bytes, 'latin1') : socket.write(bytes, 'latin1')))
      }),
    )
    return { server, check: await checking(server.address, settings) }
  }

  describe('asks', () => {
    async function asked(settings?: Settings): Promise<IncomingMessage> {
      let seen: IncomingMessage | undefined
      const { check } = await checkingApp((request, response) => {
        seen = request
        response.end()
      }, settings)
      expect(await check()).to.equal('ok')
      return seen!
    }

    it('by the method and path it is told, with the address as host', async () => {
      const { method, url, headers, rawHeaders } = await asked({ method: 'HEAD', path: '/ready?deep=1' })
      expect([method, url]).to.deep.equal(['HEAD', '/ready?deep=1'])
      expect(headers.host).to.match(/^127\.0\.0\.1:\d+$/)
      expect(headers['user-agent']).to.equal('outrigger-health')
      expect(rawHeaders.filter(text => text.toLowerCase() === 'host')).to.have.length(1)
    })

    it('with the headers it is told, the host among them', async () => {
      const { headers, rawHeaders } = await asked({ headers: { Host: 'shop.example', 'X-Check': '1' } })
      expect(headers).to.include({ host: 'shop.example', 'x-check': '1' })
      expect(rawHeaders.filter(text => text.toLowerCase() === 'host')).to.have.length(1)
    })

    it('without a body where a method could have one', async () => {
      expect((await asked({ method: 'POST' })).headers).to.include({ 'content-length': '0' })
    })
  })

  describe('judges the status', () => {
    const ranges: readonly [string, number, readonly (readonly [number, number])[]][] = [
      ['ok', 204, [[200, 299]]],
      ['status 503, expected 2xx', 503, [[200, 299]]],
      ['status 302, expected 200', 302, [[200, 200]]],
      ['ok', 302, [[200, 399]]],
      ['status 404, expected 2xx-3xx', 404, [[200, 399]]],
      ['status 500, expected 200-204 or 301 or 4xx', 500, [[200, 204], [301, 301], [400, 499]]], // biome-ignore format: a row
    ]
    for (const [expected, status, statuses] of ranges) {
      it(`${expected}: ${status} of ${JSON.stringify(statuses)}`, async () => {
        const { app, check } = await checkingApp(
          (_, response) => void response.writeHead(status, { location: '/elsewhere' }).end('words'),
          { statuses: statuses.map(([from, to]) => ({ from, to })) },
        )
        expect(await check()).to.equal(expected)
        expect(await check()).to.equal(expected)
        expect(app.accepted, 'the connection is kept after any status').to.equal(1)
      })
    }

    it('of the answer, not of what came before it', async () => {
      const { check } = await checkingBytes(
        'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      )
      expect(await check()).to.equal('ok')
    })

    it('also when it ends HTTP on its connection', async () => {
      const bytes = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'
      expect(await (await checkingBytes(bytes)).check()).to.equal('status 101, expected 2xx')
    })
  })

  describe('looks into the body', () => {
    const answering = (body: string, lookFor: string) =>
      checkingApp((_, response) => void response.end(body), { body: lookFor })

    it('for what it must contain', async () => {
      expect(await (await answering('all is ok here', 'is ok')).check()).to.equal('ok')
      expect(await (await answering('all is bad', 'is ok')).check()).to.equal('body lacks "is ok"')
      expect(await (await answering('', 'is ok')).check()).to.equal('body lacks "is ok"')
      expect(await (await answering('gut für alle', 'für')).check()).to.equal('ok')
    })

    it('across the pieces in which it comes', async () => {
      const origin = await keep(startOrigin(['HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n', { bytewise: 'all ok' }]))
      expect(await (await checking(origin.address, { body: 'all ok' }))()).to.equal('ok')
    })

    it('no further than 64 KiB, and cuts off the rest', async () => {
      const far = `${'x'.repeat(65_530)}is ok`
      expect(await (await answering(`${far}${'y'.repeat(1e6)}`, 'is ok')).check()).to.equal('ok')
      const { app, check } = await answering(`xx${far}${'y'.repeat(1e6)}`, 'is ok')
      expect(await check()).to.equal('body lacks "is ok"')
      expect(await until(() => app.sockets.size === 0)).to.equal(true)
    })

    it('that never ends', async () => {
      const { app, check } = await checkingApp((_, response) => {
        const more = () => {
          while (response.write('ok'.repeat(5000)) && !response.destroyed);
        }
        response.on('drain', more)
        more()
      })
      expect(await check()).to.equal('ok')
      expect(await until(() => app.sockets.size === 0)).to.equal(true)
    })

    it('not when the status is wrong already', async () => {
      const { check } = await checkingApp((_, response) => void response.writeHead(500).end('bad'), { body: 'ok' })
      expect(await check()).to.equal('status 500, expected 2xx')
    })
  })

  it('cuts off a head of more than 64 KiB and goes by its status', async () => {
    const fields = `X-Long: ${'a'.repeat(8000)}\r\n`.repeat(10)
    for (const [status, expected] of [
      ['200 OK', 'ok'],
      ['503 No', 'status 503, expected 2xx'],
    ]) {
      const { server, check } = await checkingBytes(`HTTP/1.1 ${status}\r\n${fields}\r\n`)
      expect(await check()).to.equal(expected)
      expect(await check()).to.equal(expected)
      expect(await until(() => server.sockets.size === 0)).to.equal(true)
    }
    const { check } = await checkingBytes(`HTTP/1.1 200 OK\r\n${fields.slice(0, 60_000)}\r\nContent-Length: 0\r\n\r\n`)
    expect(await check()).to.equal('ok')
  })

  describe('has its time', () => {
    it('for an answer', async () => {
      const { app, check } = await checkingApp(() => {})
      expect(await check(timeUpAfter(30))).to.equal('no answer within 30 ms')
      expect(await until(() => app.sockets.size === 0)).to.equal(true)
    })

    it('for all of the answer', async () => {
      const { app, check } = await checkingApp((_, response) => void response.write('begun'))
      expect(await check(timeUpAfter(30))).to.equal('no end of the answer within 30 ms')
      expect(await until(() => app.sockets.size === 0)).to.equal(true)
    })

    it('and tells a wrong status rather than that', async () => {
      const { check } = await checkingApp((_, response) => void response.writeHead(500).write('begun'))
      expect(await check(timeUpAfter(30))).to.equal('status 500, expected 2xx')
    })

    it('of which a slow body may use all', async () => {
      const { check } = await checkingApp(
        (_, response) => {
          response.write('o')
          setTimeout(() => response.end('k'), 40)
        },
        { body: 'ok' },
      )
      expect(await check(timeUpAfter(2000))).to.equal('ok')
    })

    it('until nobody wants to know', async () => {
      const controller = new AbortController()
      const { check } = await checkingApp(() => controller.abort())
      expect(await check(controller.signal)).to.equal('stopped')
    })
  })

  describe('says what is wrong', () => {
    const wrong: readonly [string, string, boolean][] = [
      ['closed without an answer', '', true],
      ['answer is not HTTP (HPE_INVALID_CONSTANT)', 'SSH-2.0-OpenSSH_9.2\r\n', false],
      ['answer broke off', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort', true],
    ]
    for (const [expected, bytes, end] of wrong) {
      it(expected, async () => {
        expect(await (await checkingBytes(bytes, {}, end)).check()).to.equal(expected)
      })
    }

    it('of a request that cannot be made', async () => {
      const checker = await keep(createHttpCheck(http({ path: '/a b' })))
      const check = checker.check({ host: '127.0.0.1', port: 1 }, new AbortController().signal)
      expect(await check.catch((error: Error) => error.message)).to.include('unescaped')
    })
  })

  describe('keeps its connection', () => {
    it('from check to check', async () => {
      const { app, check } = await checkingApp((_, response) => void response.end('fine'))
      for (let i = 0; i < 10; i++) expect(await check()).to.equal('ok')
      expect(app.accepted).to.equal(1)
    })

    it('unless the server closes it, which is no failure', async () => {
      const { app, check } = await checkingApp((_, response) => void response.end('fine'))
      for (let i = 1; i <= 5; i++) {
        expect(await check()).to.equal('ok')
        expect(app.accepted).to.equal(i)
        app.server.closeIdleConnections()
        expect(await until(() => app.sockets.size === 0)).to.equal(true)
      }
    })

    for (const how of ['end', 'resetAndDestroy'] as const) {
      it(`and asks once more if it closes just then (${how})`, async () => {
        const requests: number[] = []
        const server = await keep(
          startNet((socket, nth) => {
            socket.on('data', () => {
              requests.push(nth)
              if (requests.filter(each => each === nth).length === 1) {
                socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
              } else socket[how]()
            })
          }),
        )
        const check = await checking(server.address)
        for (let i = 0; i < 4; i++) expect(await check()).to.equal('ok')
        expect(requests).to.deep.equal([0, 0, 1, 1, 2, 2, 3])
      })
    }

    it('but asks only once more', async () => {
      const server = await keep(
        startNet((socket, nth) => {
          let requests = 0
          socket.on('data', () => {
            if (nth === 0 && ++requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
            else socket.end()
          })
        }),
      )
      const check = await checking(server.address)
      expect(await check()).to.equal('ok')
      expect(await check()).to.equal('closed without an answer')
      expect(server.accepted).to.equal(2)
    })
  })
})
