/** The app's outbound calls: the host names the service, by Host, by absolute-form or through CONNECT. */
import { type Case, type Check, head, smuggled } from './case.ts'
import {
  answered,
  closes,
  either,
  judge,
  originField,
  originMisses,
  originTarget,
  reachesNothing,
  refuses,
  rejects,
  relays,
  wholeRequests,
} from './judge.ts'

const ours = { config: { byName: true }, oursOnly: 'services by name are ours' } as const

const byName = (
  name: string,
  send: Case['send'],
  expect: Case['expect'],
  methods: readonly string[] = ['GET'],
): Case => ({
  name: `by name: ${name}`,
  send,
  methods,
  expect,
  ...ours,
})

const unknown = [403, 404, 421, 502, 503] as const
const inside = head('GET /in HTTP/1.1', 'Host: web')
const open = head('CONNECT web:80 HTTP/1.1', 'Host: web:80')

const hosts: readonly Case[] = [
  byName('Host', [head('GET /x HTTP/1.1', 'Host: web')], relays(originTarget('/x'), originField('host', 'web'))),
  byName('Host with a port', [head('GET /x HTTP/1.1', 'Host: web:80')], relays(originTarget('/x'))),
  byName('Host in upper case', [head('GET /x HTTP/1.1', 'Host: WEB')], relays(originTarget('/x'))),
  byName(
    'absolute-form',
    [head('GET http://web/x?y HTTP/1.1', 'Host: web')],
    relays(originTarget('/x?y'), originField('host', 'web')),
  ),
  byName(
    'absolute-form with a port',
    [head('GET http://web:80/x HTTP/1.1', 'Host: web:80')],
    relays(originTarget('/x')),
  ),
  byName('absolute-form without path', [head('GET http://web HTTP/1.1', 'Host: web')], relays(originTarget('/'))),
  byName(
    'absolute-form with Proxy-Connection',
    [head('GET http://web/x HTTP/1.1', 'Host: web', 'Proxy-Connection: Keep-Alive')],
    relays(originTarget('/x'), originField('proxy-connection', undefined)),
  ),
  byName(
    'absolute-form, Host names another',
    [head('GET http://web/x HTTP/1.1', 'Host: other')],
    either(relays(originField('host', 'web')), rejects(400)),
  ),
  byName(
    'absolute-form names another, Host this one',
    [head('GET http://other/x HTTP/1.1', 'Host: web')],
    either(refuses(...unknown), rejects(400)),
  ),
  byName(
    'absolute-form, a body',
    [`${head('POST http://web/x HTTP/1.1', 'Host: web', 'Content-Length: 5')}hello`],
    relays(originTarget('/x')),
  ),
  byName(
    'absolute-form, two requests on a connection',
    [head('GET http://web/1 HTTP/1.1', 'Host: web') + head('GET /2 HTTP/1.1', 'Host: web')],
    relays(originTarget('/1'), originTarget('/2', 1)),
    ['GET', 'GET'],
  ),
  byName('an unknown host', [head('GET /x HTTP/1.1', 'Host: other')], refuses(...unknown)),
  byName('an unknown host in absolute-form', [head('GET http://other/x HTTP/1.1', 'Host: other')], refuses(...unknown)),
  byName(
    'an unknown host, then a known one',
    [head('GET /1 HTTP/1.1', 'Host: other') + head('GET /2 HTTP/1.1', 'Host: web')],
    either(
      answered([404, 200], originTarget('/2')),
      answered([421, 200]),
      answered([403, 200]),
      answered([502, 200]),
      answered([503, 200]),
      judge('closes', closes, reachesNothing),
    ),
    ['GET', 'GET'],
  ),
  byName(
    'an unknown host with a body, then a known one',
    [`${head('POST /1 HTTP/1.1', 'Host: other', `Content-Length: ${smuggled.length}`)}${smuggled}`],
    judge('refused', originMisses('smuggled'), reachesNothing, answeredOnce),
  ),
  byName('a prefix of the name', [head('GET /x HTTP/1.1', 'Host: we')], refuses(...unknown)),
  byName('the name and more', [head('GET /x HTTP/1.1', 'Host: web.evil.test')], refuses(...unknown)),
  byName('a name of the prototype', [head('GET /x HTTP/1.1', 'Host: constructor')], refuses(...unknown)),
  byName('__proto__', [head('GET /x HTTP/1.1', 'Host: __proto__')], refuses(...unknown)),
]

const connect = (
  name: string,
  send: Case['send'],
  expect: Case['expect'],
  methods: readonly string[] = ['CONNECT', 'GET'],
) => byName(`CONNECT: ${name}`, send, expect, methods)

/** 200 to the CONNECT, without framing, and then the answers from inside. */
const tunnelled = (count: number, ...checks: readonly Check[]) =>
  answered([200, ...Array.from({ length: count }, () => 200)], wholeRequests(count), plainConnect, ...checks)

const plainConnect: Check = seen =>
  seen.client.responses[0]?.fields.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name))
    ? 'a 200 to CONNECT must not frame a body'
    : undefined

function answeredOnce(seen: Parameters<Check>[0]) {
  const [first, ...more] = seen.client.responses
  return first && first.status >= 400 && more.length === 0 ? undefined : 'not one refusal'
}

const connects: readonly Case[] = [
  connect(
    'HTTP inside',
    [open, { seen: '\r\n\r\n' }, inside],
    tunnelled(1, originTarget('/in'), originField('host', 'web')),
  ),
  connect('two requests inside', [open, { seen: '\r\n\r\n' }, inside, { answers: 2 }, inside], tunnelled(2), [
    'CONNECT',
    'GET',
    'GET',
  ]),
  connect('pipelined inside', [open, { seen: '\r\n\r\n' }, inside + inside], tunnelled(2), ['CONNECT', 'GET', 'GET']),
  connect('HTTP inside, in the same packet', [open + inside], either(tunnelled(1), rejects(400))),
  connect(
    'a body inside',
    [open, { seen: '\r\n\r\n' }, `${head('POST /in HTTP/1.1', 'Host: web', 'Content-Length: 5')}hello`],
    tunnelled(1),
  ),
  connect('one byte at a time', [{ bytewise: open }, { seen: '\r\n\r\n' }, { bytewise: inside }], tunnelled(1)),
  connect(
    'name in upper case',
    [head('CONNECT WEB:80 HTTP/1.1', 'Host: WEB:80'), { seen: '\r\n\r\n' }, inside],
    tunnelled(1),
  ),
  connect(
    'another port',
    [head('CONNECT web:8080 HTTP/1.1', 'Host: web:8080'), { seen: '\r\n\r\n' }, inside],
    either(tunnelled(1), judge('refused', reachesNothing, answeredOnce)),
  ),
  connect(
    'HTTP/1.0',
    [head('CONNECT web:80 HTTP/1.0', 'Host: web:80'), { seen: '\r\n\r\n' }, inside],
    either(tunnelled(1), refuses()),
  ),
  connect('an unknown name', [head('CONNECT other:80 HTTP/1.1', 'Host: other:80')], refuses(403), ['CONNECT']),
  connect(
    'an unknown name, and bytes after it',
    [head('CONNECT other:80 HTTP/1.1', 'Host: other:80') + inside],
    judge('403', seen => (seen.client.responses[0]?.status === 403 ? undefined : 'not 403')),
  ),
  connect(
    'an unknown name, port 443',
    [head('CONNECT example.com:443 HTTP/1.1', 'Host: example.com:443')],
    refuses(403),
    ['CONNECT'],
  ),
  connect(
    'Host names another',
    [head('CONNECT web:80 HTTP/1.1', 'Host: other:80'), { seen: '\r\n\r\n' }, inside],
    either(tunnelled(1), rejects(400)),
  ),
  connect('without Host', [head('CONNECT web:80 HTTP/1.1'), { seen: '\r\n\r\n' }], rejects(400), ['CONNECT']),
  connect(
    'a fault inside',
    [open, { seen: '\r\n\r\n' }, `GET /in HTTP/1.1\nHost: web\n\n${smuggled}`],
    judge('200, 400', reachesNothing, closes, answered([200, 400]).check),
  ),
  connect(
    'TLS inside',
    [open, { seen: '\r\n\r\n' }, '\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00'],
    judge('closes', reachesNothing, closes),
  ),
  connect(
    'CONNECT inside',
    [open, { seen: '\r\n\r\n' }, open],
    either(
      judge('refused', reachesNothing, seen =>
        (seen.client.responses[1]?.status ?? 0) >= 400 ? undefined : 'not refused',
      ),
      judge('closed', reachesNothing, closes),
    ),
    ['CONNECT', 'CONNECT'],
  ),
  connect(
    'absolute-form inside',
    [open, { seen: '\r\n\r\n' }, head('GET http://web/in HTTP/1.1', 'Host: web')],
    tunnelled(1, originTarget('/in')),
  ),
  connect(
    'another Host inside',
    [open, { seen: '\r\n\r\n' }, head('GET /in HTTP/1.1', 'Host: other')],
    judge('one answer', seen => (seen.client.responses.length === 2 ? undefined : 'no answer')),
  ),
  connect(
    'no Host inside',
    [open, { seen: '\r\n\r\n' }, head('GET /in HTTP/1.1') + smuggled],
    judge('200, 400', reachesNothing, closes, answered([200, 400]).check),
  ),
  connect(
    'close inside',
    [open, { seen: '\r\n\r\n' }, head('GET /in HTTP/1.1', 'Host: web', 'Connection: close')],
    tunnelled(1, closes),
  ),
  {
    ...connect(
      'a websocket inside',
      [
        open,
        { seen: '\r\n\r\n' },
        head(
          'GET /in HTTP/1.1',
          'Host: web',
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
          'Sec-WebSocket-Version: 13',
        ),
        { seen: '101' },
        'ping',
      ],
      judge('101', seen => (seen.client.rest.toString('latin1') === 'ping' ? undefined : 'no echo')),
    ),
    answer: ['HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 'tunnel', 'echo'],
  },
  ...[
    'web',
    'web:',
    'web:x',
    'web:99999',
    'web:-1',
    'web:80/',
    '/web:80',
    'http://web:80',
    'http://web:80/',
    'u@web:80',
    ':80',
    '*',
    'web:80:80',
    'we b:80',
    'web:80?x',
    'web:80#x',
    '[web:80',
    'web,other:80',
    'web\x00:80',
  ].map(authority =>
    connect(
      JSON.stringify(authority),
      [head(`CONNECT ${authority} HTTP/1.1`, 'Host: web:80') + smuggled],
      either(
        rejects(400, 403),
        judge('refused', reachesNothing, seen =>
          [400, 403].includes(seen.client.responses[0]?.status ?? 0) ? undefined : 'not refused',
        ),
      ),
      ['CONNECT', 'GET'],
    ),
  ),
  connect(
    'with a body',
    [`${head('CONNECT web:80 HTTP/1.1', 'Host: web:80', 'Content-Length: 5')}hello`, { seen: '\r\n\r\n' }],
    judge('no request out of a body', reachesNothing, seen =>
      seen.client.responses.length > 0 ? undefined : 'no answer',
    ),
  ),
  connect(
    'with a length and a coding',
    [head('CONNECT web:80 HTTP/1.1', 'Host: web:80', 'Content-Length: 5', 'Transfer-Encoding: chunked') + smuggled],
    rejects(400),
    ['CONNECT'],
  ),
]

export const byNames: readonly Case[] = [...hosts, ...connects]
