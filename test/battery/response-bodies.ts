/** Bodies that go wrong after their head was relayed, bytes that nobody asked for, answers that come too early or not. */
import { type Act, ok } from '../support/origin.ts'
import { type Case, get, head, post, smuggled } from './case.ts'
import {
  abandoned,
  answered,
  clientBody,
  closes,
  either,
  judge,
  originMisses,
  originsEnded,
  relays,
  spoils,
  wholeRequests,
} from './judge.ts'

const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'
const ok200 = 'HTTP/1.1 200 OK\r\n'
const chunked = `${ok200}Transfer-Encoding: chunked\r\n\r\n`
const oldGet = head('GET /a HTTP/1.0', 'Host: app.test')

const broken = (name: string, ...answer: readonly Act[]): Case => ({
  name: `broken response: ${name}`,
  send: [get()],
  answer,
  expect: spoils(originsEnded),
})

const brokenOld = (name: string, ...answer: readonly Act[]): Case => ({
  name: `broken response to HTTP/1.0: ${name}`,
  send: [oldGet],
  answer,
  expect: spoils(originsEnded),
})

const bodies: readonly Case[] = [
  broken('length, closed before the end', `${ok200}Content-Length: 10\r\n\r\nhello`, 'fin'),
  broken('length, closed before the first byte', `${ok200}Content-Length: 10\r\n\r\n`, 'fin'),
  broken('length, reset before the end', `${ok200}Content-Length: 10\r\n\r\nhello`, { pause: 20 }, 'reset'),
  broken('chunked, closed within a chunk', `${chunked}a\r\nhello`, 'fin'),
  broken('chunked, closed between chunks', `${chunked}5\r\nhello\r\n`, { pause: 20 }, 'fin'),
  broken('chunked, closed before the last line', `${chunked}5\r\nhello\r\n0\r\n`, { pause: 20 }, 'fin'),
  broken('chunked, closed within the trailers', `${chunked}5\r\nhello\r\n0\r\nX-T: 1\r\n`, 'fin'),
  broken('chunked, closed before the first chunk', chunked, { pause: 20 }, 'fin'),
  broken('chunked, reset between chunks', `${chunked}5\r\nhello\r\n`, { pause: 20 }, 'reset'),
  broken('until the close, but reset', `${ok200}\r\nhello`, { pause: 20 }, 'reset'),
  brokenOld('length, closed before the end', `${ok200}Content-Length: 10\r\n\r\nhello`, { pause: 20 }, 'fin'),
  brokenOld('chunked, closed between chunks', `${chunked}5\r\nhello\r\n`, { pause: 20 }, 'fin'),
  brokenOld('chunked, bad size', `${chunked}5\r\nhello\r\n`, { pause: 20 }, 'zz\r\n'),
  brokenOld('until the close, but reset', `${ok200}\r\nhello`, { pause: 20 }, 'reset'),
  ...[
    ['size zz', 'zz\r\nhello\r\n0\r\n\r\n'],
    ['size -5', '-5\r\nhello\r\n0\r\n\r\n'],
    ['size 0x5', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['empty size', '\r\nhello\r\n0\r\n\r\n'],
    ['blank before the size', ' 5\r\nhello\r\n0\r\n\r\n'],
    ['blank after the size', '5 \r\nhello\r\n0\r\n\r\n'],
    ['size of 2^64 + 5', '10000000000000005\r\nhello\r\n0\r\n\r\n'],
    ['size of 2^63 + 5', '8000000000000005\r\nhello\r\n0\r\n\r\n'],
    ['bare LF after the size', '5\nhello\r\n0\r\n\r\n'],
    ['bare CR after the size', '5\rhello\r\n0\r\n\r\n'],
    ['bare LF after the data', '5\r\nhello\n0\r\n\r\n'],
    ['nothing after the data', '5\r\nhello0\r\n\r\n'],
    ['other bytes after the data', '5\r\nhelloXX0\r\n\r\n'],
    ['bare LF at the end', '5\r\nhello\r\n0\r\n\n'],
    ['only LFs', '5\nhello\n0\n\n'],
    ['bare LF in an extension', '5;a\nhello\r\n0\r\n\r\n'],
    ['NUL in an extension', '5;\x00\r\nhello\r\n0\r\n\r\n'],
    ['an extension of 100 kB', `5;${'a'.repeat(100_000)}\r\nhello\r\n0\r\n\r\n`],
    ['trailer without colon', '5\r\nhello\r\n0\r\nX-T\r\n\r\n'],
    ['trailer with a blank before the colon', '5\r\nhello\r\n0\r\nX-T : 1\r\n\r\n'],
    ['trailer with bare LF', '5\r\nhello\r\n0\r\nX-T: 1\n\r\n'],
    ['folded trailer', '5\r\nhello\r\n0\r\nX-T: 1\r\n 2\r\n\r\n'],
    ['trailers of 100 kB', `5\r\nhello\r\n0\r\n${`X-T: ${'a'.repeat(990)}\r\n`.repeat(100)}\r\n`],
  ].map(([name, body]) => broken(`chunks, ${name}`, chunked + body)),
  broken('chunks, a fault long after the head', `${chunked}5\r\nhello\r\n`, { pause: 30 }, 'zz\r\nhello\r\n0\r\n\r\n'),
  ...['Content-Length: 3', 'Set-Cookie: a=1', 'Transfer-Encoding: chunked', 'Connection: X'].map(
    (trailer): Case => ({
      name: `broken response: trailer ${trailer}`,
      send: [get()],
      answer: [`${chunked}2\r\nok\r\n0\r\n${trailer}\r\n\r\n`],
      expect: either(relays(clientBody('ok')), spoils()),
    }),
  ),
]

/** Bytes that no request asked for must never become the answer to the next one. */
const surplus = (name: string, first: readonly Act[], request = get(), method = 'GET'): Case => ({
  name: `surplus: ${name}`,
  send: [request, { answers: 1 }, { pause: 40 }, get()],
  methods: [method, 'GET'],
  answer: (_, nth) => (nth === 0 ? first : [ok('second')]),
  expect: either(
    judge('second answer is its own', wholeRequests(2), clientBody('second', 1), seen =>
      seen.client.responses.length === 2 ? undefined : `${seen.client.responses.length} answers`,
    ),
    judge('closes after the first', closes, seen =>
      seen.client.responses.length < 2 && !seen.client.bytes.includes('evil') ? undefined : 'more than one answer',
    ),
  ),
})

const headRequest = head('HEAD /a HTTP/1.1', 'Host: app.test')

const surpluses: readonly Case[] = [
  surplus('after a length', [`${ok()}${evil}`]),
  surplus('after a length of 0', [`${ok('')}${evil}`]),
  surplus('after a length, later', [ok(), { pause: 15 }, evil]),
  surplus('after chunks', [`${chunked}2\r\nok\r\n0\r\n\r\n${evil}`]),
  surplus('after chunks, later', [`${chunked}2\r\nok\r\n0\r\n\r\n`, { pause: 15 }, evil]),
  surplus('after a 204', [`HTTP/1.1 204 No Content\r\n\r\n${evil}`]),
  surplus('after a 304', [`HTTP/1.1 304 Not Modified\r\n\r\n${evil}`]),
  surplus('after a 304 with a length', [`HTTP/1.1 304 Not Modified\r\nContent-Length: ${evil.length}\r\n\r\n${evil}`]),
  surplus('after a 204 with a length', [`HTTP/1.1 204 No Content\r\nContent-Length: ${evil.length}\r\n\r\n${evil}`]),
  surplus('a body to a HEAD', [`${ok200}Content-Length: ${evil.length}\r\n\r\n${evil}`], headRequest, 'HEAD'),
  surplus('chunks to a HEAD', [`${chunked}4\r\nevil\r\n0\r\n\r\n`], headRequest, 'HEAD'),
  surplus('an interim response on an idle connection', [ok(), { pause: 15 }, 'HTTP/1.1 103 Early\r\nX: 1\r\n\r\n']),
  surplus('half a response on an idle connection', [ok(), { pause: 15 }, 'HTTP/1.1 200 OK\r\nX: evil']),
  surplus('an empty line on an idle connection', [ok(), { pause: 15 }, '\r\n']),
]

const early: readonly Case[] = [
  {
    name: 'early: the answer comes before the request ends, and the origin closes',
    send: [post('hel', 'Content-Length: 100000')],
    answer: ['now', 'HTTP/1.1 413 Too Much\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', 'fin'],
    expect: answered([413]),
  },
  {
    name: 'early: what follows of the body is no request',
    send: [post('hel', 'Content-Length: 100000'), { answers: 1 }, { pause: 30 }, smuggled, { pause: 30 }, smuggled],
    answer: ['now', 'HTTP/1.1 413 Too Much\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', 'fin'],
    expect: judge('413', originMisses('/smuggled'), wholeRequests(0), seen =>
      seen.client.responses.map(each => each.status).join() === '413' ? undefined : 'not one 413',
    ),
  },
  {
    name: 'early: the answer comes before the request ends, and the origin stays',
    send: [post('hel', 'Content-Length: 100000')],
    answer: ['now', 'HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno'],
    // Its connection is in the middle of a request: it cannot be kept for another one.
    expect: answered([401], clientBody('no'), abandoned),
  },
  {
    name: 'early: a large upload that nobody reads',
    send: [post('x'.repeat(3_000_000), 'Content-Length: 9000000')],
    answer: ['now', 'HTTP/1.1 413 Too Much\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', { pause: 30 }, 'reset'],
    expect: either(answered([413]), answered([502])),
  },
  {
    name: 'early: the answer comes first, then the rest of the body, then another request',
    send: [post('hel', 'Content-Length: 5'), { answers: 1 }, { pause: 20 }, `lo${get()}`],
    methods: ['POST', 'GET'],
    answer: (_, nth) => (nth === 0 ? ['now', ok('first'), 'whole'] : [ok('second')]),
    expect: either(
      answered([200, 200], clientBody('first'), clientBody('second', 1)),
      judge('closes', closes, answered([200], clientBody('first')).check),
    ),
  },
]

const sentAgain = answered([200, 200], wholeRequests(3))

const stale: readonly Case[] = [
  {
    name: 'stale: a GET on a kept connection that closes unanswered goes to a fresh one',
    send: [get(), { answers: 1 }, { pause: 15 }, get()],
    methods: ['GET', 'GET'],
    answer: (request, nth) => (nth > 0 && request.connection === 0 ? ['fin'] : [ok()]),
    expect: sentAgain,
  },
  {
    name: 'stale: a GET on a kept connection that resets unanswered goes to a fresh one',
    send: [get(), { answers: 1 }, { pause: 15 }, get()],
    methods: ['GET', 'GET'],
    answer: (request, nth) => (nth > 0 && request.connection === 0 ? ['reset'] : [ok()]),
    expect: sentAgain,
  },
  {
    name: 'stale: a POST on a kept connection that closes unanswered is not sent twice',
    send: [get(), { answers: 1 }, { pause: 15 }, post('hello', 'Content-Length: 5')],
    methods: ['GET', 'POST'],
    answer: (request, nth) => (nth > 0 && request.connection === 0 ? ['fin'] : [ok()]),
    expect: answered([200, 502], wholeRequests(2)),
  },
  {
    name: 'stale: a GET whose answer has begun, but not its head',
    send: [get(), { answers: 1 }, { pause: 15 }, get()],
    methods: ['GET', 'GET'],
    answer: (request, nth) => (nth > 0 && request.connection === 0 ? ['HTTP/1.1 2', { pause: 15 }, 'fin'] : [ok()]),
    expect: either(answered([200, 502], wholeRequests(2)), sentAgain),
  },
  {
    name: 'stale: a connection that the origin closed while idle is not used again',
    send: [get(), { answers: 1 }, { pause: 50 }, post('hello', 'Content-Length: 5')],
    methods: ['GET', 'POST'],
    answer: [ok(), 'fin'],
    expect: relays(),
  },
]

export const responseBodies: readonly Case[] = [...bodies, ...surpluses, ...early, ...stale]
