/** Too much, and too slow. */
import { type Case, get, head, post, smuggled } from './case.ts'
import {
  breaks,
  closes,
  either,
  judge,
  originBody,
  originsEnded,
  reachesNothing,
  rejects,
  relays,
  wholeRequests,
} from './judge.ts'

const tooMany = [400, 414, 431] as const
const own = 'nginx and HAProxy have other limits'
const many = (count: number) => Array.from({ length: count }, (_, i) => `X-${i}: ${i}`)

const size: readonly Case[] = [
  {
    name: 'limits: a head of 15 kB',
    send: [get(`X: ${'x'.repeat(7000)}`, `Y: ${'y'.repeat(7000)}`)],
    expect: relays(),
  },
  {
    name: 'limits: a head of 17 KiB, one field',
    send: [get(`X: ${'x'.repeat(17 * 1024)}`) + smuggled],
    oursOnly: own,
    expect: rejects(431),
  },
  {
    name: 'limits: a head of 17 KiB, many fields',
    send: [get(...Array.from({ length: 17 }, (_, i) => `X-${i}: ${'x'.repeat(1024)}`)) + smuggled],
    oursOnly: own,
    expect: rejects(431),
  },
  {
    name: 'limits: a head of 40 KiB',
    send: [get(...Array.from({ length: 5 }, (_, i) => `X-${i}: ${'x'.repeat(8100)}`)) + smuggled],
    expect: rejects(...tooMany),
  },
  {
    name: 'limits: a field of 1 MB without end',
    send: [`GET /a HTTP/1.1\r\nHost: app.test\r\nX: ${'x'.repeat(1_000_000)}`],
    expect: rejects(...tooMany),
  },
  {
    name: 'limits: a field name of 100 kB',
    send: [`GET /a HTTP/1.1\r\nHost: app.test\r\n${'x'.repeat(100_000)}`],
    expect: rejects(...tooMany),
  },
  {
    name: 'limits: a method of 100 kB',
    send: ['A'.repeat(100_000)],
    expect: rejects(501, ...tooMany),
  },
  {
    name: 'limits: a target of 40 kB',
    send: [head(`GET /${'a'.repeat(40_000)} HTTP/1.1`, 'Host: app.test') + smuggled],
    expect: rejects(...tooMany),
  },
  {
    name: 'limits: a target of 100 kB without end',
    send: [`GET /${'a'.repeat(100_000)}`],
    expect: rejects(...tooMany),
  },
  {
    name: 'limits: a configured target length',
    send: [head(`GET /${'a'.repeat(1100)} HTTP/1.1`, 'Host: app.test') + smuggled],
    config: { listener: { limits: { target: '1KiB' } } },
    oursOnly: own,
    expect: rejects(414),
  },
  {
    name: 'limits: a configured head size',
    send: [get(`X: ${'x'.repeat(2000)}`) + smuggled],
    config: { listener: { limits: { head: '1KiB' } } },
    oursOnly: own,
    expect: rejects(431),
  },
  {
    name: 'limits: a version of 100 kB',
    send: [`GET /a HTTP/1.${'1'.repeat(100_000)}`],
    expect: rejects(505, ...tooMany),
  },
  { name: 'limits: 99 fields and Host', send: [get(...many(99))], expect: relays() },
  { name: 'limits: 100 fields and Host', send: [get(...many(100)) + smuggled], oursOnly: own, expect: rejects(431) },
  {
    name: 'limits: 1000 fields',
    send: [head('GET /a HTTP/1.1', 'Host: a', ...Array.from({ length: 1000 }, () => 'a:')) + smuggled],
    oursOnly: own,
    expect: rejects(431),
  },
  {
    name: 'limits: a Content-Length over the body limit',
    send: [post('x'.repeat(100), 'Content-Length: 2000')],
    config: { service: { limits: { body: '1KiB' } } },
    oursOnly: own,
    expect: rejects(413),
  },
  {
    name: 'limits: chunks over the body limit',
    send: [post(`400\r\n${'x'.repeat(1024)}\r\n1\r\ny\r\n0\r\n\r\n`, 'Transfer-Encoding: chunked')],
    config: { service: { limits: { body: '1KiB' } } },
    oursOnly: own,
    expect: breaks(413),
  },
  {
    name: 'limits: a body of just the limit',
    send: [post(`400\r\n${'x'.repeat(1024)}\r\n0\r\n\r\n`, 'Transfer-Encoding: chunked')],
    config: { service: { limits: { body: '1KiB' } } },
    oursOnly: own,
    expect: relays(originBody('x'.repeat(1024))),
  },
]

const slow = { listener: { timeouts: { head: '150ms', idle: '150ms', keepAlive: '150ms' } } }

const time: readonly Case[] = [
  {
    name: 'time: a head that stops',
    send: ['GET /a HTTP/1.1\r\nHost: app.test\r\n'],
    config: slow,
    expect: either(rejects(408), judge('closes', closes, reachesNothing)),
  },
  {
    name: 'time: a request line that stops',
    send: ['GET /a'],
    config: slow,
    expect: either(rejects(408), judge('closes', closes, reachesNothing)),
  },
  {
    name: 'time: a head that drips',
    // A byte now and then is no excuse: the limit counts from the first byte of the head.
    send: [
      'GET /a HTTP/1.1\r\nHost: app.test\r\nX: ',
      ...Array.from({ length: 20 }, () => [{ pause: 30 }, 'x']).flat(),
    ],
    config: slow,
    oursOnly: 'their clocks have whole seconds',
    expect: either(rejects(408), judge('closes', closes, reachesNothing)),
  },
  {
    name: 'time: a body that stops',
    send: [post('hel', 'Content-Length: 5')],
    config: slow,
    expect: breaks(408, 504),
  },
  {
    name: 'time: chunks that stop',
    send: [post('5\r\nhel', 'Transfer-Encoding: chunked')],
    config: slow,
    expect: breaks(408, 504),
  },
  {
    name: 'time: a connection that says nothing',
    send: [],
    config: slow,
    expect: either(rejects(408), judge('closes', closes, reachesNothing)),
  },
  {
    name: 'time: a connection that says nothing more',
    send: [get()],
    config: slow,
    expect: relays(closes),
  },
  {
    name: 'time: a body that drips is no idle body',
    send: [post('', 'Content-Length: 10'), ...Array.from({ length: 10 }, (_, i) => [{ pause: 70 }, String(i)]).flat()],
    config: { listener: { timeouts: { idle: '500ms' } } },
    expect: relays(originBody('0123456789')),
  },
  {
    name: 'time: an origin that says nothing',
    send: [get()],
    answer: [{ pause: 1400 }],
    config: { service: { timeouts: { head: '150ms' } } },
    expect: judge('504', originsEnded, seen =>
      seen.client.responses[0]?.status === 504 ? undefined : `status ${seen.client.responses[0]?.status}`,
    ),
  },
  {
    name: 'time: an origin that stops inside the body',
    send: [get()],
    answer: ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel', { pause: 1400 }],
    config: { service: { timeouts: { idle: '150ms' } } },
    expect: judge('broken', closes, originsEnded, wholeRequests(1), seen =>
      seen.client.responses[0]?.complete ? 'a whole response' : undefined,
    ),
  },
]

export const limits: readonly Case[] = [...size, ...time]
