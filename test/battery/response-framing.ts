/** Sound responses in every framing, to clients of both versions. */
import { ok } from '../support/origin.ts'
import { type Case, type Check, get, head, post } from './case.ts'
import {
  answered,
  clientBody,
  clientField,
  clientTrailer,
  closes,
  connections,
  either,
  interim,
  judge,
  originBody,
  originField,
  relays,
  staysOpen,
  wholeRequests,
} from './judge.ts'

const response = (name: string, answer: readonly string[], ...checks: readonly Check[]): Case => ({
  name: `response: ${name}`,
  send: [get()],
  answer,
  expect: relays(...checks),
})

/** Once more on the same connection: shows that both ends agreed where the first response ended. */
const twice = (name: string, first: string, status: number, ...checks: readonly Check[]): Case => ({
  name: `response: ${name}, then another`,
  send: [get(), { answers: 1 }, get()],
  methods: ['GET', 'GET'],
  answer: (_, nth) => (nth === 0 ? [first] : [ok('second')]),
  expect: answered([status, 200], clientBody('second', 1), wholeRequests(2), ...checks),
})

const old = (lines: readonly string[], name: string, answer: readonly string[], ...checks: readonly Check[]): Case => ({
  name: `response to HTTP/1.0: ${name}`,
  send: [head('GET /a HTTP/1.0', 'Host: app.test', ...lines)],
  answer,
  expect: relays(clientField('transfer-encoding', undefined), interim(), ...checks),
})

const line = 'HTTP/1.1 200 OK\r\n'
const chunked = `${line}Transfer-Encoding: chunked\r\n\r\n`
const large = 'All work and no play makes Jack a dull boy.\n'.repeat(8000)

const plain: readonly Case[] = [
  response('Content-Length', [ok('hello')], clientBody('hello'), staysOpen),
  response('Content-Length 0', [ok('')], clientBody(''), clientField('content-length', '0'), staysOpen),
  response('chunked', [`${chunked}2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`], clientBody('hello'), staysOpen),
  response('chunked, empty', [`${chunked}0\r\n\r\n`], clientBody(''), staysOpen),
  response('CHUNKED', [`${line}Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n`], clientBody('hello')),
  response(
    'chunked, hex in both cases',
    [`${chunked}A\r\n${'x'.repeat(10)}\r\na\r\n${'y'.repeat(10)}\r\n0\r\n\r\n`],
    clientBody('x'.repeat(10) + 'y'.repeat(10)),
  ),
  response('chunk extensions', [`${chunked}5;a=b;c="d e"\r\nhello\r\n0;x\r\n\r\n`], clientBody('hello'), staysOpen),
  response(
    'trailers',
    [`${line}Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n`],
    clientBody('hello'),
    clientTrailer('x-sum', '42'),
  ),
  response('until the close', [`${line}\r\nhello`, 'fin'], clientBody('hello')),
  response('until the close, empty', [`${line}\r\n`, 'fin'], clientBody('')),
  response('until the close, said so', [`${line}Connection: close\r\n\r\nhello`, 'fin'], clientBody('hello')),
  response(
    'HTTP/1.0, length',
    ['HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'fin'],
    clientBody('hello'),
    seen => (seen.client.responses[0]?.version === 'HTTP/1.1' ? undefined : 'not answered in HTTP/1.1'),
  ),
  response('HTTP/1.0, until the close', ['HTTP/1.0 200 OK\r\n\r\nhello', 'fin'], clientBody('hello')),
  response('350 kB', [ok(large)], clientBody(large), staysOpen),
  response(
    '350 kB in chunks',
    [
      chunked,
      ...(large.match(/[\s\S]{1,7001}/g) ?? []).map(part => `${part.length.toString(16)}\r\n${part}\r\n`),
      '0\r\n\r\n',
    ],
    clientBody(large),
    staysOpen,
  ),
  response('350 kB until the close', [`${line}\r\n${large}`, 'fin'], clientBody(large)),
  {
    name: 'response: 350 kB there and back',
    send: [post(large, `Content-Length: ${large.length}`)],
    answer: [request => ok(request.body.toString('latin1'))],
    expect: relays(originBody(large), clientBody(large)),
  },
  {
    name: 'response: one byte at a time',
    send: [get()],
    answer: [{ bytewise: ok('hello', 'X-A: 1') }],
    expect: relays(clientBody('hello'), clientField('x-a', '1'), staysOpen),
  },
  {
    name: 'response: chunks one byte at a time',
    send: [get()],
    answer: [{ bytewise: `${chunked}2;x\r\nhe\r\n3\r\nllo\r\n0\r\nX-T: 1\r\n\r\n` }],
    expect: relays(clientBody('hello'), staysOpen),
  },
  {
    name: 'response: the head first, the body after a pause',
    send: [get(), { seen: '\r\n\r\n' }],
    answer: [`${line}Content-Length: 5\r\n\r\n`, { pause: 60 }, 'hello'],
    expect: relays(clientBody('hello'), staysOpen),
  },
  {
    name: 'response: streams, does not wait for the end',
    send: [get(), { seen: 'first' }, post('', 'X: go')],
    methods: ['GET', 'POST'],
    answer: (_, nth) => (nth === 0 ? [`${chunked}5\r\nfirst\r\n`, { pause: 40 }, '0\r\n\r\n'] : [ok()]),
    expect: relays(clientBody('first')),
  },
]

const statuses: readonly Case[] = [
  ...[201, 203, 206, 299, 300, 301, 302, 400, 401, 404, 409, 429, 499, 500, 501, 503, 505, 599].map(
    (status): Case => ({
      name: `response: ${status} passes`,
      send: [post('', 'Content-Length: 0')],
      answer: [`HTTP/1.1 ${status} As It Is\r\nContent-Length: 2\r\n\r\nok`],
      expect: answered([status], clientBody('ok'), staysOpen),
    }),
  ),
  response('an empty reason', ['HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok'], clientBody('ok')),
  response(
    'a reason in UTF-8',
    ['HTTP/1.1 200 gr\xc3\xbc\xc3\x9f\tdich\r\nContent-Length: 2\r\n\r\nok'],
    clientBody('ok'),
  ),
  {
    name: 'response: no reason, not even a blank',
    send: [get()],
    answer: ['HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok'],
    expect: either(relays(clientBody('ok')), answered([502])),
  },
]

const bodiless: readonly Case[] = [
  {
    name: 'response: HEAD with a length',
    send: [head('HEAD /a HTTP/1.1', 'Host: app.test'), { answers: 1 }, get()],
    methods: ['HEAD', 'GET'],
    answer: (_, nth) => (nth === 0 ? [`${line}Content-Length: 1000\r\n\r\n`] : [ok('second')]),
    expect: relays(clientField('content-length', '1000'), clientBody('second', 1)),
  },
  {
    name: 'response: HEAD with chunked',
    send: [head('HEAD /a HTTP/1.1', 'Host: app.test'), { answers: 1 }, get()],
    methods: ['HEAD', 'GET'],
    answer: (_, nth) => (nth === 0 ? [chunked] : [ok('second')]),
    expect: relays(clientBody('second', 1)),
  },
  {
    name: 'response: HEAD with neither',
    send: [head('HEAD /a HTTP/1.1', 'Host: app.test'), { answers: 1 }, get()],
    methods: ['HEAD', 'GET'],
    answer: (_, nth) => (nth === 0 ? [`${line}X-A: 1\r\n\r\n`] : [ok('second')]),
    expect: relays(clientField('x-a', '1'), clientBody('second', 1)),
  },
  twice('204', 'HTTP/1.1 204 No Content\r\n\r\n', 204),
  twice('204 with Content-Length 0', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', 204),
  twice('204 with a length and no body', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', 204),
  twice('304', 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n', 304, clientField('etag', '"x"')),
  twice('304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n', 304),
  twice('304 with chunked', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n', 304),
  twice('205', 'HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n', 205),
  {
    name: 'response: 204 with chunked',
    send: [get(), { answers: 1 }, get()],
    methods: ['GET', 'GET'],
    answer: (_, nth) =>
      nth === 0 ? ['HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n'] : [ok('second')],
    expect: either(answered([204, 200], clientBody('second', 1)), answered([502, 200], clientBody('second', 1))),
  },
]

const early: readonly Case[] = [
  ...[100, 102, 103, 199].map(
    (status): Case => ({
      name: `response: ${status}, unasked, then 200`,
      send: [get()],
      answer: [`HTTP/1.1 ${status} Wait\r\nX-Early: 1\r\n\r\n`, { pause: 10 }, ok('hello')],
      expect: either(relays(clientBody('hello'), interim(status)), relays(clientBody('hello'), interim())),
    }),
  ),
  {
    name: 'response: 103 is relayed at once',
    send: [get(), { seen: 'preload\r\n\r\n' }, post('go', 'Content-Length: 2')],
    methods: ['GET', 'POST'],
    answer: (_, nth) =>
      nth === 0
        ? ['HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n', { pause: 50 }, ok('hello')]
        : [ok()],
    expect: relays(clientBody('hello'), interim(103), seen =>
      clientLink(seen.client.responses[0]?.interim[0]?.fields) ? undefined : 'no Link in the 103',
    ),
  },
  response(
    '100, 103, 103 and 200 in one packet',
    [`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 A\r\nX: 1\r\n\r\nHTTP/1.1 103 B\r\nX: 2\r\n\r\n${ok('hello')}`],
    clientBody('hello'),
    seen =>
      seen.client.responses[0]?.interim.filter(each => each.status === 103).length === 2 ? undefined : 'a 103 is lost',
  ),
  response(
    '103 with fields that frame',
    [`HTTP/1.1 103 Early\r\nContent-Length: 5\r\n\r\n${ok('hello')}`],
    clientBody('hello'),
  ),
  response(
    '103 in one byte slices',
    ['HTTP/1.1 103 Early\r\nX: 1\r\n', '\r', '\n', ok('hello')],
    clientBody('hello'),
    interim(103),
  ),
  {
    name: 'response: 103 to a HEAD',
    send: [head('HEAD /a HTTP/1.1', 'Host: app.test')],
    methods: ['HEAD'],
    answer: [`HTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\n${line}Content-Length: 5\r\n\r\n`],
    expect: relays(interim(103), clientField('content-length', '5')),
  },
  {
    name: 'response: a thousand interim ones',
    send: [get()],
    answer: ['HTTP/1.1 102 Processing\r\n\r\n'.repeat(1000), ok('hello')],
    expect: judge('ends', seen => (seen.client.responses[0]?.complete ? undefined : 'no whole response')),
  },
]

const clientLink = (fields: readonly (readonly [string, string])[] | undefined) =>
  fields?.some(([name, value]) => name.toLowerCase() === 'link' && value === '</a.css>; rel=preload')

const keepAlive = ['Connection: keep-alive']

const oldClients: readonly Case[] = [
  old([], 'length', [ok('hello')], clientBody('hello'), closes),
  old([], 'chunked', [`${chunked}2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`], clientBody('hello'), closes),
  old(
    [],
    'chunked with extensions and trailers',
    [`${chunked}5;x=y\r\nhello\r\n0\r\nX-T: 1\r\n\r\n`],
    clientBody('hello'),
    closes,
  ),
  old([], 'until the close', [`${line}\r\nhello`, 'fin'], clientBody('hello'), closes),
  old(
    [],
    '100 and 103 first',
    [`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nX: 1\r\n\r\n${ok('hello')}`],
    clientBody('hello'),
    closes,
  ),
  old(['Expect: 100-continue'], 'Expect means nothing', [ok('hello')], clientBody('hello'), closes),
  old(keepAlive, 'keep-alive and chunked', [`${chunked}5\r\nhello\r\n0\r\n\r\n`], clientBody('hello'), closes),
  old(keepAlive, 'keep-alive and until the close', [`${line}\r\nhello`, 'fin'], clientBody('hello'), closes),
  {
    name: 'response to HTTP/1.0: keep-alive, length, then another',
    send: [head('GET /a HTTP/1.0', 'Host: app.test', ...keepAlive), { answers: 1 }, get()],
    methods: ['GET', 'GET'],
    answer: (_, nth) => [ok(nth === 0 ? 'first' : 'second')],
    expect: either(
      relays(clientBody('first'), clientField('connection', /keep-alive/i), clientBody('second', 1)),
      answered([200], clientBody('first'), closes),
    ),
  },
  {
    name: 'response to HTTP/1.0: the origin is spoken to in HTTP/1.1',
    send: [head('GET /a HTTP/1.0', 'Host: app.test')],
    expect: relays(originField('host', 'app.test')),
  },
]

const reuse: readonly Case[] = [
  {
    name: 'response: the upstream connection is kept after every framing but the close',
    send: [get(), { answers: 1 }, { pause: 15 }, get(), { answers: 2 }, { pause: 15 }, get()],
    methods: ['GET', 'GET', 'GET'],
    answer: (_, nth) => [nth === 1 ? `${chunked}3\r\nyou\r\n0\r\n\r\n` : ok('hey')],
    expect: relays(clientBody('you', 1), connections(1)),
  },
  {
    name: 'response: the upstream connection of an HTTP/1.0 origin is not kept',
    send: [get(), { answers: 1 }, { pause: 15 }, get()],
    methods: ['GET', 'GET'],
    answer: ['HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    expect: relays(connections(2)),
  },
  {
    name: 'response: an upstream connection that says close is not kept',
    send: [get(), { answers: 1 }, { pause: 15 }, get()],
    methods: ['GET', 'GET'],
    answer: [ok('ok', 'Connection: x, Close')],
    expect: relays(connections(2)),
  },
]

export const responseFraming: readonly Case[] = [...plain, ...statuses, ...bodiless, ...early, ...oldClients, ...reuse]
