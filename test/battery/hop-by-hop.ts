/** Fields that end at this hop, in both directions, and those that must pass through it untouched. */
import { ok } from '../support/origin.ts'
import type { Check } from './case.ts'
import { type Case, get, head, post } from './case.ts'
import {
  answered,
  clientBody,
  clientField,
  clientLines,
  either,
  originBody,
  originField,
  originLines,
  originMisses,
  rejects,
  relays,
  spoils,
} from './judge.ts'

const request = (name: string, lines: readonly string[], ...checks: readonly Check[]): Case => ({
  name: `hop, request: ${name}`,
  send: [get(...lines)],
  expect: relays(...checks),
})

const response = (name: string, lines: readonly string[], ...checks: readonly Check[]): Case => ({
  name: `hop, response: ${name}`,
  send: [get()],
  answer: [ok('ok', ...lines)],
  expect: relays(clientBody('ok'), ...checks),
})

const gone = (name: string) => originField(name, undefined)
const goneBack = (name: string) => clientField(name, undefined)

const named: readonly Case[] = [
  request(
    'named by Connection',
    ['Connection: X-Drop', 'X-Drop: 1', 'X-Keep: 2'],
    gone('x-drop'),
    originField('x-keep', '2'),
  ),
  request(
    'named after it came',
    ['X-Drop: 1', 'X-Keep: 2', 'Connection: X-Drop'],
    gone('x-drop'),
    originField('x-keep', '2'),
  ),
  request('named in another case', ['Connection: x-dROP', 'X-Drop: 1'], gone('x-drop')),
  request('named, present twice', ['X-Drop: 1', 'Connection: X-Drop', 'x-drop: 2'], gone('x-drop')),
  request(
    'several named',
    ['Connection: X-A, X-B,X-C', 'X-A: 1', 'X-B: 2', 'X-C: 3'],
    ...['x-a', 'x-b', 'x-c'].map(gone),
  ),
  request(
    'a list with blanks, tabs and empty elements',
    ['Connection: , X-A ,\t X-B\t,,', 'X-A: 1', 'X-B: 2', 'X-C: 3'],
    gone('x-a'),
    gone('x-b'),
    originField('x-c', '3'),
  ),
  request(
    'several Connection lines',
    ['Connection: X-A', 'X-A: 1', 'X-B: 2', 'connection: X-B', 'X-C: 3'],
    gone('x-a'),
    gone('x-b'),
    originField('x-c', '3'),
  ),
  request(
    'twenty named',
    [
      `Connection: ${Array.from({ length: 20 }, (_, i) => `X-${i}`).join(', ')}`,
      ...Array.from({ length: 20 }, (_, i) => `X-${i}: 1`),
    ],
    ...Array.from({ length: 20 }, (_, i) => gone(`x-${i}`)),
  ),
  request('beside keep-alive', ['Connection: keep-alive, X-A', 'X-A: 1'], gone('x-a')),
  request('beside close', ['Connection: X-A, close', 'X-A: 1'], gone('x-a')),
  request(
    'a name within a longer name stays',
    ['Connection: X-A', 'X-A: 1', 'X-AB: 2', 'XX-A: 3', 'X: 4'],
    gone('x-a'),
    originField('x-ab', '2'),
    originField('xx-a', '3'),
    originField('x', '4'),
  ),
  request('the names do not reach the origin', ['Connection: X-Drop'], originMisses('X-Drop'), originMisses('x-drop')),
  request('Connection named by itself', ['Connection: Connection, X-A', 'X-A: 1'], gone('x-a')),
  request('an end-to-end field: Authorization', ['Connection: Authorization', 'Authorization: Basic eA==']),
  request('empty Connection', ['Connection:', 'X-A: 1'], originField('x-a', '1')),
  ...['a b', '"x"', 'x;y', '=', 'x\x80'].map(
    (value): Case => ({
      name: `hop, request: malformed Connection ${JSON.stringify(value)}`,
      send: [get(`Connection: ${value}`, 'X-A: 1')],
      expect: either(relays(originField('x-a', '1'), originMisses(value)), rejects(400)),
    }),
  ),
]

/** What Connection may not take away: the proxy's own fields and those that frame the message. */
const untouchable: readonly Case[] = [
  request('Connection names Host', ['Connection: Host'], originField('host', 'app.test')),
  request(
    'Connection names X-Forwarded-For',
    ['Connection: X-Forwarded-For'],
    originField('x-forwarded-for', '127.0.0.1'),
  ),
  request(
    'Connection names X-Forwarded-Proto and -Host',
    ['Connection: X-Forwarded-Proto, X-Forwarded-Host'],
    originField('x-forwarded-proto', 'http'),
    originField('x-forwarded-host', 'app.test'),
  ),
  request('Connection names Via', ['Connection: Via', 'Via: 1.1 edge'], originField('via', /\S/)),
  {
    name: 'hop, request: Connection names Content-Length',
    send: [post('hello', 'Connection: Content-Length', 'Content-Length: 5')],
    expect: either(relays(originBody('hello')), rejects(400)),
  },
  {
    name: 'hop, request: Connection names Transfer-Encoding',
    send: [post('5\r\nhello\r\n0\r\n\r\n', 'Connection: Transfer-Encoding', 'Transfer-Encoding: chunked')],
    expect: either(relays(originBody('hello')), rejects(400)),
  },
  {
    name: 'hop, request: Connection names Expect',
    send: [post('hello', 'Connection: Expect', 'Expect: 100-continue', 'Content-Length: 5')],
    expect: relays(originBody('hello')),
  },
]

const always: readonly Case[] = [
  request('Keep-Alive', ['Keep-Alive: timeout=5', 'Connection: keep-alive'], gone('keep-alive')),
  request('Keep-Alive that Connection does not name', ['Keep-Alive: timeout=5'], gone('keep-alive')),
  request('Proxy-Connection', ['Proxy-Connection: keep-alive'], gone('proxy-connection')),
  request(
    'Proxy-Connection names nothing',
    ['Proxy-Connection: X-A', 'X-A: 1'],
    gone('proxy-connection'),
    originField('x-a', '1'),
  ),
  request('Proxy-Authorization', ['Proxy-Authorization: Basic eA=='], gone('proxy-authorization')),
  request('Proxy-Authenticate', ['Proxy-Authenticate: Basic'], gone('proxy-authenticate')),
  request('TE: gzip', ['TE: gzip', 'Connection: TE'], gone('te')),
  request('TE: gzip that Connection does not name', ['TE: gzip'], gone('te')),
  request('TE: trailers stays', ['TE: trailers', 'Connection: TE'], originField('te', 'trailers')),
  request('TE: Trailers in a list', ['TE: gzip;q=0.5, Trailers', 'Connection: TE'], seen => {
    const te = originField('te', /^trailers$/i)(seen)
    return te === undefined ? te : gone('te')(seen)
  }),
  request(
    'Upgrade: h2c',
    ['Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'],
    gone('upgrade'),
    gone('http2-settings'),
  ),
  request('Upgrade: h2c that Connection does not name', ['Upgrade: h2c'], gone('upgrade')),
  request('Trailer without trailers', ['Trailer: X-A', 'X-A: 1'], originField('x-a', '1')),
]

const untouched: readonly Case[] = [
  request(
    'repeated fields keep order and case',
    ['X-A: 1', 'x-B: 2', 'X-a: 3', 'X-A: 4'],
    originLines('X-A: 1', 'x-B: 2', 'X-a: 3', 'X-A: 4'),
  ),
  request(
    'cookies stay as they are',
    ['Cookie: a=1; b="2,3"; c=%20=; ;d'],
    originLines('Cookie: a=1; b="2,3"; c=%20=; ;d'),
  ),
  request('two Cookie lines', ['Cookie: a=1', 'Cookie: b=2'], originField('cookie', /^a=1[,;] b=2$/)),
  request(
    'If-None-Match, Range and friends',
    ['If-None-Match: "a", W/"b"', 'Range: bytes=0-1', 'Accept-Encoding: br;q=1.0, *;q=0'],
    originLines('If-None-Match: "a", W/"b"', 'Range: bytes=0-1', 'Accept-Encoding: br;q=1.0, *;q=0'),
  ),
  request('Max-Forwards of a GET', ['Max-Forwards: 3'], originField('max-forwards', '3')),
  response(
    'Set-Cookie lines are not merged',
    ['Set-Cookie: a=1; Path=/', 'Set-Cookie: b=2, c', 'set-cookie: d=3'],
    clientLines('Set-Cookie: a=1; Path=/', 'Set-Cookie: b=2, c', 'set-cookie: d=3'),
  ),
  response(
    'repeated fields keep order and case',
    ['X-A: 1', 'x-B: 2', 'X-a: 3'],
    clientLines('X-A: 1', 'x-B: 2', 'X-a: 3'),
  ),
  response('obs-text stays', ['X-A: gr\xc3\xbc\xc3\x9fe \xff'], clientLines('X-A: gr\xc3\xbc\xc3\x9fe \xff')),
  response('empty values stay', ['X-A:'], clientField('x-a', '')),
  response(
    'Content-Encoding, ETag, Vary',
    ['Content-Encoding: gzip', 'ETag: W/"x"', 'Vary: *'],
    clientLines('Content-Encoding: gzip', 'ETag: W/"x"', 'Vary: *'),
  ),
]

const responses: readonly Case[] = [
  response(
    'named by Connection',
    ['Connection: X-Drop', 'X-Drop: 1', 'X-Keep: 2'],
    goneBack('x-drop'),
    clientField('x-keep', '2'),
  ),
  response('named after it came', ['X-Drop: 1', 'Connection: x-dROP'], goneBack('x-drop')),
  response(
    'a list with blanks and empty elements',
    ['Connection: , X-A ,\t X-B\t,,', 'X-A: 1', 'X-B: 2'],
    goneBack('x-a'),
    goneBack('x-b'),
  ),
  response(
    'several Connection lines',
    ['Connection: X-A', 'X-A: 1', 'Connection: X-B', 'X-B: 2'],
    goneBack('x-a'),
    goneBack('x-b'),
  ),
  response('Keep-Alive', ['Keep-Alive: timeout=77', 'Connection: keep-alive'], clientField('keep-alive', undefined)),
  response('Proxy-Connection', ['Proxy-Connection: keep-alive'], goneBack('proxy-connection')),
  response('Proxy-Authenticate', ['Proxy-Authenticate: Basic'], goneBack('proxy-authenticate')),
  response('Proxy-Authentication-Info', ['Proxy-Authentication-Info: x'], goneBack('proxy-authentication-info')),
  response('TE', ['TE: trailers'], goneBack('te')),
  response('Upgrade in a 200', ['Upgrade: h2c', 'Connection: Upgrade'], goneBack('upgrade')),
  response('Connection names Set-Cookie and Date', ['Connection: Date', 'Date: Thu, 01 Jan 1970 00:00:00 GMT']),
  response('Connection names Via', ['Connection: Via', 'Via: 1.1 inner']),
  {
    name: 'hop, response: Connection names Content-Length',
    send: [get(), { answers: 1 }, get()],
    methods: ['GET', 'GET'],
    answer: [ok('ok', 'Connection: Content-Length')],
    expect: either(relays(clientBody('ok'), clientBody('ok', 1)), answered([502, 502])),
  },
  {
    name: 'hop, response: Connection names Transfer-Encoding',
    send: [get()],
    answer: [
      'HTTP/1.1 200 OK\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
    expect: either(relays(clientBody('ok')), spoils()),
  },
  {
    name: 'hop, response: 407 without its challenge',
    send: [get()],
    answer: ['HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n'],
    expect: either(answered([407], goneBack('proxy-authenticate')), answered([502])),
  },
]

const forwarded: readonly Case[] = [
  request('Via is added', [], originField('via', /^1\.1 \S+/)),
  request('Via is appended', ['Via: 1.0 edge, 1.1 inner'], originField('via', /^1\.0 edge, 1\.1 inner, 1\.1 \S+/)),
  request(
    'Via lines keep their order',
    ['Via: 1.0 edge', 'Via: 1.1 inner'],
    originField('via', /^1\.0 edge, 1\.1 inner, 1\.1 \S+/),
  ),
  {
    name: 'hop, request: Via tells HTTP/1.0',
    send: [head('GET /a HTTP/1.0', 'Host: app.test')],
    expect: relays(originField('via', /^1\.0 \S+/)),
  },
  response('Via is added or left', [], seen => {
    const via = clientField('via', /^1\.1 \S+/)(seen)
    return via === undefined ? via : goneBack('via')(seen)
  }),
  response('Via of the origin stays', ['Via: 1.1 inner'], clientField('via', /^1\.1 inner(, 1\.1 \S+)?/)),
  request(
    'X-Forwarded-For, -Proto, -Host are set',
    [],
    originField('x-forwarded-for', '127.0.0.1'),
    originField('x-forwarded-proto', 'http'),
    originField('x-forwarded-host', 'app.test'),
  ),
  request(
    'X-Forwarded-For of the client is replaced',
    ['X-Forwarded-For: 6.6.6.6'],
    originField('x-forwarded-for', '127.0.0.1'),
  ),
  request(
    'X-Forwarded-For in odd case and twice',
    ['x-forwarded-FOR: 6.6.6.6', 'X-A: 1', 'X-Forwarded-For: 7.7.7.7'],
    originField('x-forwarded-for', '127.0.0.1'),
  ),
  request(
    'X-Forwarded-Proto of the client is replaced',
    ['X-Forwarded-Proto: https'],
    originField('x-forwarded-proto', 'http'),
  ),
  request(
    'X-Forwarded-Host of the client is replaced',
    ['X-Forwarded-Host: evil.test'],
    originField('x-forwarded-host', 'app.test'),
  ),
  {
    name: 'hop, request: X-Forwarded-Host keeps the port',
    send: [head('GET /a HTTP/1.1', 'Host: app.test:8080')],
    expect: relays(originField('x-forwarded-host', 'app.test:8080')),
  },
  {
    ...request(
      'a trusted hop is believed',
      ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: shop.test'],
      originField('x-forwarded-for', '6.6.6.6, 127.0.0.1'),
      originField('x-forwarded-proto', 'https'),
      originField('x-forwarded-host', 'shop.test'),
    ),
    config: { listener: { trust: 1 } },
    oursOnly: 'trust is our word',
  },
  {
    ...request(
      'a peer within a trusted block is believed',
      ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Proto: https'],
      originField('x-forwarded-for', '6.6.6.6, 127.0.0.1'),
      originField('x-forwarded-proto', 'https'),
    ),
    config: { listener: { trust: ['127.0.0.0/8'] } },
    oursOnly: 'trust is our word',
  },
  {
    ...request(
      'a peer outside of the trusted block is not',
      ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Proto: https'],
      originField('x-forwarded-for', '127.0.0.1'),
      originField('x-forwarded-proto', 'http'),
    ),
    config: { listener: { trust: ['10.0.0.0/8'] } },
    oursOnly: 'trust is our word',
  },
  {
    ...request(
      'a trusted hop that says nothing',
      [],
      originField('x-forwarded-for', '127.0.0.1'),
      originField('x-forwarded-proto', 'http'),
      originField('x-forwarded-host', 'app.test'),
    ),
    config: { listener: { trust: 1 } },
    oursOnly: 'trust is our word',
  },
  request('Host reaches the origin', [], originField('host', 'app.test')),
]

export const hopByHop: readonly Case[] = [...named, ...untouchable, ...always, ...untouched, ...responses, ...forwarded]
