/** Upgrades: websocket goes through and becomes a tunnel; everything else stays HTTP. */
import { type Act, ok } from '../support/origin.ts'
import { type Case, type Check, get, head, smuggled } from './case.ts'
import {
  answered,
  closes,
  either,
  judge,
  originBody,
  originField,
  originsEnded,
  refuses,
  rejects,
  relays,
  staysOpen,
  tunnelled,
  wholeRequests,
} from './judge.ts'

const socket = ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13'] as const
const asked = ['Connection: Upgrade', 'Upgrade: websocket', ...socket] as const
const handshake = get(...asked)
const switching = head(
  'HTTP/1.1 101 Switching Protocols',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
)

const upgrade = (name: string, send: Case['send'], answer: readonly Act[], expect: Case['expect']): Case => ({
  name: `upgrade: ${name}`,
  send,
  answer,
  expect,
})

const switched = (...checks: readonly Check[]) =>
  judge(
    '101',
    wholeRequests(1),
    seen => (seen.client.responses.map(each => each.status).join() === '101' ? undefined : 'no 101'),
    ...checks,
  )

/** What came to the origin behind its first request. */
const originTunnel =
  (text: string): Check =>
  seen => {
    const got = seen.origin.connections[0]?.rest.toString('latin1')
    return got === text ? undefined : `the origin's tunnel holds ${JSON.stringify(got)}`
  }

const frames = '\x81\x85\x00\x01\x02\x03hello\x00\xff\r\n\r\n'

const tunnels: readonly Case[] = [
  upgrade(
    'bytes go both ways',
    [handshake, { seen: '101' }, frames],
    [switching, 'tunnel', 'echo'],
    switched(
      tunnelled(frames),
      originTunnel(frames),
      staysOpen,
      originField('upgrade', 'websocket'),
      originField('connection', /^upgrade$/i),
      originField('sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='),
    ),
  ),
  upgrade(
    'the 101 keeps its fields',
    [handshake],
    [switching, 'tunnel', 'echo'],
    switched(seen => {
      const fields = new Map(
        seen.client.responses[0]?.fields.map(([name, value]) => [name.toLowerCase(), value.toLowerCase()]),
      )
      const whole =
        fields.get('upgrade') === 'websocket' &&
        fields.get('connection') === 'upgrade' &&
        fields.has('sec-websocket-accept')
      return whole ? undefined : 'Upgrade, Connection or Sec-WebSocket-Accept is missing'
    }),
  ),
  upgrade(
    'the origin speaks first, in the packet of the 101',
    [handshake],
    [switching + frames, 'tunnel', 'echo'],
    switched(tunnelled(frames)),
  ),
  upgrade(
    'the client speaks in the packet of the handshake',
    [handshake + frames],
    [switching, 'tunnel', 'echo'],
    switched(tunnelled(frames), originTunnel(frames)),
  ),
  upgrade(
    'one byte at a time',
    [{ bytewise: handshake }, { seen: '101' }, { bytewise: frames }],
    [{ bytewise: switching }, 'tunnel', 'echo'],
    switched(tunnelled(frames)),
  ),
  upgrade(
    'a request inside of the tunnel is data',
    [handshake, { seen: '101' }, smuggled],
    [switching, 'tunnel', { seen: 'smuggled' }, 'done'],
    switched(tunnelled('done'), originTunnel(smuggled)),
  ),
  upgrade(
    '300 kB there and back',
    [handshake, { seen: '101' }, 'x'.repeat(300_000)],
    [switching, 'tunnel', 'echo'],
    switched(tunnelled('x'.repeat(300_000))),
  ),
  upgrade(
    'Upgrade: WebSocket, Connection: keep-alive, upgrade',
    [get('Connection: keep-alive, upgrade', 'Upgrade: WebSocket', ...socket), { seen: '101' }, frames],
    [switching, 'tunnel', 'echo'],
    switched(tunnelled(frames)),
  ),
  upgrade(
    'another field named by Connection goes',
    [get('Connection: Upgrade, X-Drop', 'X-Drop: 1', 'Upgrade: websocket', ...socket)],
    [switching, 'tunnel', 'echo'],
    switched(originField('x-drop', undefined)),
  ),
  upgrade(
    'the client half-closes',
    [handshake, { seen: '101' }, 'ping', { reached: 'ping' }, 'fin'],
    [switching, 'tunnel', 'ended', 'bye', 'fin'],
    switched(closes, originsEnded),
  ),
  upgrade(
    'the client half-closes, the origin still speaks',
    [handshake, { seen: '101' }, 'ping', { reached: 'ping' }, 'fin'],
    [switching, 'tunnel', 'ended', 'bye', 'fin'],
    either(switched(closes, tunnelled('bye')), switched(closes, tunnelled(''))),
  ),
  upgrade(
    'the origin closes',
    [handshake, { seen: '101' }],
    [switching, 'tunnel', 'bye', 'fin'],
    switched(tunnelled('bye'), closes),
  ),
  upgrade(
    'the origin closes in the packet of the 101',
    [handshake],
    [`${switching}bye`, 'tunnel', 'fin'],
    switched(tunnelled('bye'), closes),
  ),
  upgrade(
    'the origin resets',
    [handshake, { seen: '101' }],
    [switching, 'tunnel', { pause: 20 }, 'reset'],
    switched(closes),
  ),
  upgrade(
    'the client resets',
    [handshake, { seen: '101' }, 'ping', { reached: 'ping' }, 'reset'],
    [switching, 'tunnel', 'ended'],
    judge('ends', originsEnded),
  ),
  upgrade(
    'an interim response first',
    [handshake, { seen: '101' }, frames],
    ['HTTP/1.1 103 Early\r\nX: 1\r\n\r\n', switching, 'tunnel', 'echo'],
    switched(tunnelled(frames)),
  ),
  {
    ...upgrade(
      'nothing moves for long enough',
      [handshake],
      [switching, 'tunnel', 'echo'],
      switched(closes, originsEnded),
    ),
    config: { service: { timeouts: { tunnel: '150ms' } } },
    oursOnly: 'their clocks have whole seconds',
  },
]

/** Afterwards the connection must still be HTTP: a second request is parsed, framed and answered as one. */
const stillHttp = (
  name: string,
  request: string,
  answer: readonly Act[],
  status: number,
  ...checks: readonly Check[]
): Case => ({
  name: `upgrade: ${name}`,
  send: [
    request,
    { answers: 1 },
    { pause: 15 },
    head('GET /next HTTP/1.1', 'Host: app.test', 'Connection: X-Drop', 'X-Drop: 1'),
  ],
  methods: ['GET', 'GET'],
  answer: (_, nth) => (nth === 0 ? answer : [ok('second')]),
  expect: answered([status, 200], wholeRequests(2), originField('x-drop', undefined, 1), ...checks),
})

const refused = (status: number, ...lines: readonly string[]) => [
  `${head(`HTTP/1.1 ${status} No`, 'Content-Length: 2', ...lines)}no`,
]
const noUpgrade = originField('upgrade', undefined)

const refusals: readonly Case[] = [
  stillHttp('refused with 426', handshake, refused(426, 'Upgrade: websocket', 'Connection: Upgrade'), 426),
  stillHttp('refused with 400', handshake, refused(400), 400),
  stillHttp('answered with 200', handshake, [ok('plain')], 200),
  stillHttp(
    'answered with chunks',
    handshake,
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
    200,
  ),
  stillHttp(
    'refused for its version',
    get('Connection: Upgrade', 'Upgrade: websocket', socket[0], 'Sec-WebSocket-Version: 777'),
    refused(426, 'Sec-WebSocket-Version: 13'),
    426,
  ),
  {
    name: 'upgrade: refused, and a request came in the packet of the handshake',
    send: [handshake + head('GET /next HTTP/1.1', 'Host: app.test', 'Connection: X-Drop', 'X-Drop: 1')],
    methods: ['GET', 'GET'],
    answer: (_, nth) => (nth === 0 ? refused(400) : [ok('second')]),
    expect: either(
      answered([400, 200], wholeRequests(2), originField('x-drop', undefined, 1)),
      judge('closes', closes, wholeRequests(1)),
    ),
  },
  {
    name: 'upgrade: refused, and a malformed request follows',
    send: [handshake, { answers: 1 }, `GET /next HTTP/1.1\nHost: app.test\n\n${smuggled}`],
    methods: ['GET', 'GET'],
    answer: (_, nth) => (nth === 0 ? refused(400) : [ok('second')]),
    expect: judge('400, 400', answered([400, 400]).check, wholeRequests(1), closes),
  },
]

const notForwarded = (name: string, request: string, ...checks: readonly Check[]): Case =>
  stillHttp(name, request, [ok('plain')], 200, noUpgrade, ...checks)

const others: readonly Case[] = [
  notForwarded(
    'h2c',
    get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'),
  ),
  notForwarded('an unknown protocol', get('Connection: Upgrade', 'Upgrade: cow/1.0')),
  notForwarded('TLS/1.0', get('Connection: Upgrade', 'Upgrade: TLS/1.0')),
  notForwarded('xwebsocket', get('Connection: Upgrade', 'Upgrade: xwebsocket', ...socket)),
  notForwarded('websocketx', get('Connection: Upgrade', 'Upgrade: websocketx', ...socket)),
  notForwarded('websocket that Connection does not name', get('Upgrade: websocket', ...socket)),
  notForwarded(
    'websocket, Connection names others',
    get('Connection: keep-alive, X-Upgrade', 'Upgrade: websocket', ...socket),
  ),
  notForwarded('Connection: Upgrade without Upgrade', get('Connection: Upgrade')),
  notForwarded(
    'HTTP/1.0 with keep-alive',
    head('GET /a HTTP/1.0', 'Host: app.test', 'Connection: keep-alive, Upgrade', 'Upgrade: websocket', ...socket),
  ),
  {
    name: 'upgrade: a list with websocket in it',
    send: [get('Connection: Upgrade', 'Upgrade: h2c, websocket', ...socket)],
    expect: either(relays(noUpgrade), relays(originField('upgrade', 'websocket')), rejects(400)),
  },
  {
    name: 'upgrade: two Upgrade lines',
    send: [get('Connection: Upgrade', 'Upgrade: h2c', 'Upgrade: websocket', ...socket)],
    expect: either(relays(noUpgrade), relays(originField('upgrade', 'websocket')), rejects(400)),
  },
  {
    name: 'upgrade: websocket without its key',
    send: [get('Connection: Upgrade', 'Upgrade: websocket', socket[1])],
    // HAProxy rejects it, nginx leaves it to the origin.
    expect: either(relays(), rejects(400)),
  },
  {
    name: 'upgrade: POST with a body',
    send: [`${head('POST /a HTTP/1.1', 'Host: app.test', 'Content-Length: 5', ...asked)}hello`],
    expect: either(relays(originBody('hello')), refuses(400, 501)),
  },
  {
    name: 'upgrade: POST with a body that is a request',
    send: [head('POST /a HTTP/1.1', 'Host: app.test', `Content-Length: ${smuggled.length}`, ...asked) + smuggled],
    expect: either(relays(originBody(smuggled)), rejects(400, 501)),
  },
  {
    name: 'upgrade: chunks',
    send: [
      `${head('POST /a HTTP/1.1', 'Host: app.test', 'Transfer-Encoding: chunked', ...asked)}5\r\nhello\r\n0\r\n\r\n`,
    ],
    expect: either(relays(originBody('hello')), refuses(400, 501)),
  },
  {
    name: 'upgrade: a protocol that the configuration allows',
    send: [get('Connection: Upgrade', 'Upgrade: Cow/1.0'), { seen: '101' }, 'moo'],
    answer: [head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: cow/1.0'), 'tunnel', 'echo'],
    config: { service: { upgrades: ['websocket', 'cow/1.0'] } },
    oursOnly: 'which protocols may pass is our setting',
    expect: judge('101', tunnelled('moo')),
  },
]

const bad = (name: string, request: string, ...answer: readonly string[]): Case => ({
  name: `upgrade: bad 101, ${name}`,
  send: [request],
  answer,
  expect: answered([502], originsEnded),
})

const faults: readonly Case[] = [
  bad('without Upgrade', handshake, head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade')),
  bad('another protocol', handshake, head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: h2c')),
  bad(
    'a longer protocol',
    handshake,
    head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket2'),
  ),
  bad(
    'a fault in its fields',
    handshake,
    head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket', 'X : 1'),
  ),
  bad('HTTP/1.0', handshake, head('HTTP/1.0 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket')),
  bad(
    'after a forbidden protocol',
    get('Connection: Upgrade', 'Upgrade: h2c'),
    head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: h2c'),
  ),
  bad('to an HTTP/1.0 client', head('GET /a HTTP/1.0', 'Host: app.test', ...asked), switching),
  {
    name: 'upgrade: 101 that Connection does not name',
    send: [handshake],
    answer: [head('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket')],
    expect: either(answered([502]), switched()),
  },
  {
    name: 'upgrade: the origin closes without an answer',
    send: [handshake],
    answer: ['fin'],
    expect: answered([502]),
  },
]

export const upgrades: readonly Case[] = [...tunnels, ...refusals, ...others, ...faults]
