// Every response that the proxy makes itself, made to happen: all have one form, and none tells of the inside.

import type { Socket } from 'node:net'
import { expect } from 'chai'
import { closing, field, responses, startApp, startNet } from '../../support/clients.ts'
import { openRaw, pause, type RawResponse, until } from '../../support/raw.ts'
import { type Config, inFrontOf, runSidecar } from '../../support/sidecar.ts'

interface Provocation {
  readonly status: number
  readonly reason: string
  readonly request: string
  readonly service?: Config
  readonly listener?: Config
  /** What the endpoint does with a connection; 'absent': there is none. */
  readonly endpoint?: 'absent' | ((socket: Socket) => void)
  /** How many requests keep the service busy meanwhile. */
  readonly busy?: number
}

const onRequest = (act: (socket: Socket) => void) => (socket: Socket) => void socket.on('data', () => act(socket))
const say = (text: string) => onRequest(socket => socket.write(text))
const silent = () => {}
const GET = 'GET /secret-path HTTP/1.1\r\nHost: web\r\n\r\n'
const CHUNKED = 'GET / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n'
const SOON = '100ms'

const PROVOCATIONS: readonly Provocation[] = [
  { status: 400, reason: 'host-missing', request: 'GET / HTTP/1.1\r\n\r\n' },
  { status: 400, reason: 'bad-chunk', request: `${CHUNKED}zz\r\n`, endpoint: silent },
  { status: 403, reason: 'tunnel-refused', request: 'CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere:443\r\n\r\n' },
  { status: 404, reason: 'no-such-service', request: GET.replace('web', 'nobody'), listener: { service: undefined } },
  { status: 408, reason: 'head-timeout', request: 'GET / HT', listener: { timeouts: { head: SOON } } },
  {
    status: 408,
    reason: 'request-timeout',
    request: `${CHUNKED}1\r\n`,
    endpoint: silent,
    listener: { timeouts: { idle: SOON } },
  },
  {
    status: 413,
    reason: 'body-too-large',
    request: GET.replace('\r\n\r\n', '\r\nContent-Length: 2\r\n\r\nxx'),
    service: { limits: { body: '1B' } },
  },
  { status: 413, reason: 'body-too-large', request: `${CHUNKED}2\r\n`, service: { limits: { body: '1B' } } },
  { status: 414, reason: 'target-too-long', request: GET.replace('/', `/${'x'.repeat(9000)}`) },
  { status: 431, reason: 'too-many-fields', request: GET.replace('\r\n', `\r\n${'A: b\r\n'.repeat(100)}`) },
  { status: 431, reason: 'head-too-large', request: GET.replace('\r\n', `\r\nA: ${'x'.repeat(17_000)}\r\n`) },
  { status: 501, reason: 'transfer-coding-not-implemented', request: CHUNKED.replace('chunked', 'gzip, chunked') },
  { status: 501, reason: 'method-not-implemented', request: GET.replace('GET', 'TRACE') },
  { status: 502, reason: 'connect-failed', request: GET, endpoint: 'absent' },
  { status: 502, reason: 'upstream-reset', request: GET, endpoint: onRequest(socket => socket.resetAndDestroy()) },
  { status: 502, reason: 'upstream-reset', request: GET, endpoint: onRequest(socket => socket.end('HTTP/1.1 200 O')) },
  { status: 502, reason: 'bad-response', request: GET, endpoint: say('HTTP/1.1 200 OK\r\nsecret-folly\r\n\r\n') },
  { status: 502, reason: 'bad-response', request: GET, endpoint: say('SSH-2.0-secret\r\n') },
  { status: 503, reason: 'overload', request: GET, service: { limits: { inFlight: 1, queue: 0 } }, busy: 1 },
  {
    status: 503,
    reason: 'queue-timeout',
    request: GET,
    service: { limits: { inFlight: 1, queueTimeout: SOON } },
    busy: 1,
  },
  { status: 503, reason: 'connection-limit', request: GET, service: { limits: { connections: 1 } }, busy: 1 },
  { status: 503, reason: 'connection-limit', request: GET, listener: { limits: { connections: 1 } }, busy: 1 },
  { status: 504, reason: 'upstream-timeout', request: GET, endpoint: silent, service: { timeouts: { head: SOON } } },
  { status: 504, reason: 'total-timeout', request: GET, endpoint: silent, service: { timeouts: { total: SOON } } },
  { status: 505, reason: 'version-not-supported', request: GET.replace('1.1', '2.0') },
]

describe('refusals', () => {
  const keep = closing()

  for (const provocation of PROVOCATIONS) {
    const { status, reason, request } = provocation
    it(`${status} ${reason}, to ${request.split('\r\n', 1)[0]!.slice(0, 40)}`, async () => {
      const answer = await provoke(provocation, request, 'GET')
      expect([answer.status, field(answer, 'x-outrigger-reason')]).to.deep.equal([status, reason])
      checkForm(answer)
      checkBody(answer)
      // At the limit of connections nothing is read.
      if (!request.startsWith('GET ') || provocation.listener?.limits !== undefined) return
      // The same for HEAD, as far as can be known that it is one.
      const bodiless = await provoke(provocation, request.replace('GET', 'HEAD'), 'HEAD')
      expect(bodiless.status).to.equal(status)
      checkForm(bodiless)
      expect(field(bodiless, 'content-length')).to.equal(field(answer, 'content-length'))
    })
  }

  it('cover every status there is', () => {
    const statuses = new Set(PROVOCATIONS.map(({ status }) => status))
    expect([...statuses]).to.have.members([400, 403, 404, 408, 413, 414, 431, 501, 502, 503, 504, 505])
  })

  it('leave the connection usable when nothing of the request is left over', async () => {
    const app = await keep(startApp((_, response) => void response.end('fine')))
    const services = { web: { endpoints: [app.address] }, dead: { endpoints: ['127.0.0.1:1'] } }
    const sidecar = await keep(runSidecar({ services }))
    const client = await keep(openRaw(sidecar.address))
    const hosts = ['nobody', 'web', 'dead', 'web']
    await client.send(hosts.map(host => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`).join(''))
    const answers = await responses(client, ['GET', 'GET', 'GET', 'GET'])
    expect(answers.map(answer => answer.status)).to.deep.equal([404, 200, 502, 200])
  })

  async function provoke(provocation: Provocation, request: string, method: string): Promise<RawResponse> {
    const { service, listener, busy = 0 } = provocation
    const endpoint = provocation.endpoint ?? silent
    const origin = endpoint === 'absent' ? undefined : await keep(startNet(endpoint))
    const sidecar = await keep(runSidecar(inFrontOf([origin?.address ?? '127.0.0.1:1'], service, listener)))
    for (let i = 0; i < busy; i++) await (await keep(openRaw(sidecar.address))).send(GET)
    await until(() => sidecar.status().services[0]!.inFlight === busy)
    const client = await keep(openRaw(sidecar.address))
    await client.send(request)
    await responses(client, [method])
    // A body that should not be there comes with the head, or a moment later.
    await pause(5)
    const { bytes } = client
    const [answer] = await responses(client, [method])
    if (method === 'HEAD') expect(bytes.toString().split('\r\n\r\n')[1], 'body of HEAD').to.equal('')
    expect(bytes.toString(), origin?.address).not.to.match(origin ? new RegExp(`${origin.port}`) : /:1\b/)
    return answer!
  }
})

const PHRASE = /^[A-Z][A-Za-z -]+$/

function checkForm(answer: RawResponse): void {
  const { status, reason, fields } = answer
  expect(answer.version).to.equal('HTTP/1.1')
  expect(reason).to.match(PHRASE)
  const names = fields
    .map(([name]) => name.toLowerCase())
    .filter(name => name !== 'connection' && name !== 'retry-after')
  const always = ['content-type', 'content-length', 'cache-control', 'x-outrigger-reason', 'proxy-status']
  expect(names).to.have.members(always)
  expect(field(answer, 'content-type')).to.equal('application/problem+json')
  expect(field(answer, 'cache-control')).to.equal('no-store')
  // RFC 9209: a list of intermediaries, each with the type of its error.
  expect(field(answer, 'proxy-status')).to.match(/^outrigger; error=[a-z_]+$/)
  expect(field(answer, 'retry-after')).to.equal(status === 503 ? '1' : undefined)
}

function checkBody(answer: RawResponse): void {
  const text = answer.body.toString()
  const body = JSON.parse(text)
  expect(Object.keys(body)).to.deep.equal(['title', 'status', 'reason', 'detail'])
  expect(body).to.include({ title: answer.reason, status: answer.status, reason: field(answer, 'x-outrigger-reason') })
  expect(body.detail).to.match(/^[ -~]+$/)
  // No addresses, paths, stacks, names of programs, or words of the endpoint's.
  expect(text).not.to.match(/127\.0\.0\.1|localhost|secret|(?<!HTTP)\/\w|\bat \w+ \(|node|\.ts|\.js|ECONN|EPIPE/i)
}
