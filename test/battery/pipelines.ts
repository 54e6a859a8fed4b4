/** Several requests on one connection: answered in order, and nothing after a fault. */
import { ok } from '../support/origin.ts'
import { type Case, get, head, post, smuggled } from './case.ts'
import {
  clientBody,
  clientField,
  closes,
  connections,
  either,
  judge,
  originBody,
  originMisses,
  originsEnded,
  originTarget,
  rejectsAfter,
  relays,
  staysOpen,
} from './judge.ts'

const path = (target: string, ...lines: readonly string[]) => head(`GET ${target} HTTP/1.1`, 'Host: app.test', ...lines)

/** Answers with the target, so that an answer shows whose it is. */
const mirror = (request: { readonly target: string }) => [ok(request.target)]

const after = (name: string, bytes: string, ...statuses: readonly number[]): Case => ({
  name: `pipeline: after a good request, ${name}`,
  send: [get() + bytes + smuggled],
  methods: ['GET', 'GET'],
  expect: rejectsAfter(1, ...statuses),
})

export const pipelines: readonly Case[] = [
  {
    name: 'pipeline: two requests in one packet',
    send: [path('/1') + path('/2')],
    methods: ['GET', 'GET'],
    answer: mirror,
    expect: relays(clientBody('/1'), clientBody('/2', 1), staysOpen),
  },
  {
    name: 'pipeline: ten requests in one packet',
    send: [Array.from({ length: 10 }, (_, i) => path(`/${i}`)).join('')],
    methods: Array.from({ length: 10 }, () => 'GET'),
    answer: mirror,
    expect: relays(...Array.from({ length: 10 }, (_, i) => clientBody(`/${i}`, i))),
  },
  {
    name: 'pipeline: the first answer is slow, the second quick',
    send: [path('/1') + path('/2')],
    methods: ['GET', 'GET'],
    answer: (request, nth) => (nth === 0 ? [{ pause: 60 }, ok(request.target)] : [ok(request.target)]),
    expect: relays(clientBody('/1'), clientBody('/2', 1)),
  },
  {
    name: 'pipeline: bodies between',
    send: [
      post('hello', 'Content-Length: 5') +
        post('3\r\nyou\r\n0\r\n\r\n', 'Transfer-Encoding: chunked') +
        get() +
        post('bye', 'Content-Length: 3'),
    ],
    methods: ['POST', 'POST', 'GET', 'POST'],
    expect: relays(originBody('hello'), originBody('you', 1), originBody('', 2), originBody('bye', 3)),
  },
  {
    name: 'pipeline: cut in the middle of the second head',
    send: [`${path('/1')}GET /2 HT`, { pause: 20 }, 'TP/1.1\r\nHost: app.test\r\n\r\n'],
    methods: ['GET', 'GET'],
    answer: mirror,
    expect: relays(clientBody('/1'), clientBody('/2', 1)),
  },
  {
    name: 'pipeline: cut in the middle of the body, the next request behind its end',
    send: [post('he', 'Content-Length: 5'), { reached: 'he' }, `llo${path('/2')}`],
    methods: ['POST', 'GET'],
    expect: relays(originBody('hello'), originTarget('/2', 1)),
  },
  {
    name: 'pipeline: HEAD, then GET',
    send: [head('HEAD /1 HTTP/1.1', 'Host: app.test') + path('/2')],
    methods: ['HEAD', 'GET'],
    answer: (request, nth) => (nth === 0 ? ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'] : [ok(request.target)]),
    expect: relays(clientBody(''), clientField('content-length', '9'), clientBody('/2', 1)),
  },
  {
    name: 'pipeline: the client half-closes after its last request',
    send: [path('/1') + path('/2'), 'fin'],
    methods: ['GET', 'GET'],
    answer: request => [{ pause: 20 }, ok(request.target)],
    // A client that half-closes looks like one that left: nginx gives up, HAProxy answers. What is answered is right.
    expect: either(
      relays(clientBody('/1'), clientBody('/2', 1), closes),
      judge('taken for gone', closes, originsEnded, seen =>
        seen.client.bytes.length > 0 ? 'some answers' : undefined,
      ),
    ),
  },
  {
    name: 'pipeline: close in the first request ends the connection',
    send: [path('/1', 'Connection: close') + smuggled],
    answer: mirror,
    expect: relays(clientBody('/1'), closes, originMisses('smuggled')),
  },
  {
    name: 'pipeline: close among other options, in odd case',
    send: [path('/1', 'Connection: x-y ,\tCLOSE') + smuggled],
    answer: mirror,
    expect: relays(clientBody('/1'), closes, originMisses('smuggled')),
  },
  {
    name: 'pipeline: close and keep-alive: close wins',
    send: [path('/1', 'Connection: keep-alive, close') + smuggled],
    answer: mirror,
    expect: relays(clientBody('/1'), closes, originMisses('smuggled')),
  },
  {
    name: 'pipeline: close in the answer is for the hop behind the proxy',
    send: [path('/1'), { answers: 1 }, path('/2')],
    methods: ['GET', 'GET'],
    answer: request => [ok(request.target, 'Connection: close'), 'fin'],
    expect: relays(clientBody('/1'), clientBody('/2', 1), connections(2)),
  },
  {
    name: 'pipeline: HTTP/1.0 ends the connection',
    send: [head('GET /1 HTTP/1.0', 'Host: app.test') + smuggled],
    answer: mirror,
    expect: relays(clientBody('/1'), closes, originMisses('smuggled')),
  },
  {
    name: 'pipeline: two requests one after the other share an upstream connection',
    send: [path('/1'), { answers: 1 }, { pause: 15 }, path('/2')],
    methods: ['GET', 'GET'],
    answer: mirror,
    expect: relays(clientBody('/1'), clientBody('/2', 1), connections(1), staysOpen),
  },
  {
    name: 'pipeline: a refusal says that the connection closes',
    send: [get('X : 1')],
    expect: judge('400, close', closes, clientField('connection', /^close$/i)),
  },
  {
    name: 'pipeline: the client leaves before the answer',
    send: [get(), { reached: 'app.test' }, 'reset'],
    answer: [{ pause: 1000 }, ok()],
    expect: judge('cancelled upstream', originsEnded),
  },
  {
    name: 'pipeline: the client leaves within the answer',
    send: [get(), { seen: 'hel' }, 'reset'],
    answer: ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel', { pause: 1000 }, 'lo'],
    expect: judge('cancelled upstream', originsEnded),
  },
  after('bare LFs', 'GET /b HTTP/1.1\nHost: app.test\n\n', 400),
  after('a second length', post('hello', 'Content-Length: 5', 'Content-Length: 6'), 400),
  after('a length and a coding', post('0\r\n\r\n', 'Content-Length: 5', 'Transfer-Encoding: chunked'), 400),
  after('no Host', head('GET /b HTTP/1.1'), 400),
  after('another version', head('GET /b HTTP/3.0', 'Host: app.test'), 400, 505),
  after('garbage', '\x00\x01\x02\r\n\r\n', 400),
  after('a head that is too large', path('/b', `X: ${'x'.repeat(40_000)}`), 400, 431),
  after('a bad chunk', post('5\r\nhelloXX', 'Transfer-Encoding: chunked')),
  after('an unknown coding', post('hello', 'Transfer-Encoding: cow'), 400, 501),
  {
    name: 'pipeline: what follows a refused head is not read, even after a pause',
    send: ['GET /a HTTP/1.1\r\nHost: a b\r\n\r\n', { pause: 30 }, smuggled, { pause: 30 }, smuggled],
    expect: judge('reject', closes, originMisses('smuggled')),
  },
  {
    name: 'pipeline: what follows a broken body is not read, even after a pause',
    send: [post('5\r\nhelloXX', 'Transfer-Encoding: chunked'), { pause: 30 }, smuggled, { pause: 30 }, smuggled],
    methods: ['POST', 'GET'],
    expect: judge('break', closes, originMisses('/smuggled')),
  },
]
