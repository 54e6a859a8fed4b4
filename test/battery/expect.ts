/** Expect: 100-continue goes through to the origin; nobody waits for the other for ever. */
import { ok } from '../support/origin.ts'
import { type Case, get, head, post, smuggled } from './case.ts'
import {
  answered,
  closes,
  either,
  interim,
  judge,
  originBody,
  originField,
  originMisses,
  refuses,
  relays,
} from './judge.ts'

const expecting = post('', 'Expect: 100-continue', 'Content-Length: 5')
const goOn = 'HTTP/1.1 100 Continue\r\n\r\n'

export const expect: readonly Case[] = [
  {
    name: 'expect: the client waits, the origin says 100',
    send: [expecting, { seen: '100' }, 'hello'],
    answer: ['now', goOn, 'whole', ok()],
    expect: relays(originBody('hello'), interim(100)),
  },
  {
    name: 'expect: chunks',
    send: [post('', 'Expect: 100-continue', 'Transfer-Encoding: chunked'), { seen: '100' }, '5\r\nhello\r\n0\r\n\r\n'],
    answer: ['now', goOn, 'whole', ok()],
    expect: relays(originBody('hello'), interim(100)),
  },
  {
    name: 'expect: the 100 is the origin’s, not the proxy’s',
    send: [expecting, { pause: 60 }, 'hello'],
    answer: ['now', 'whole', ok()],
    expect: relays(originBody('hello'), interim(), originField('expect', '100-continue')),
  },
  {
    name: 'expect: in odd case',
    send: [post('', 'eXPECT: 100-Continue', 'Content-Length: 5'), { seen: '100' }, 'hello'],
    answer: ['now', goOn, 'whole', ok()],
    expect: relays(originBody('hello'), interim(100)),
  },
  {
    name: 'expect: the client does not wait',
    send: [post('hello', 'Expect: 100-continue', 'Content-Length: 5')],
    answer: ['now', goOn, 'whole', ok()],
    expect: either(relays(originBody('hello'), interim(100)), relays(originBody('hello'), interim())),
  },
  {
    name: 'expect: the client does not wait, another request follows',
    send: [post('hello', 'Expect: 100-continue', 'Content-Length: 5') + get()],
    methods: ['POST', 'GET'],
    answer: (_, nth) => (nth === 0 ? ['now', goOn, 'whole', ok()] : [ok()]),
    expect: relays(originBody('hello')),
  },
  {
    name: 'expect: the client loses patience',
    send: [expecting, { pause: 50 }, 'hello'],
    answer: ['now', { pause: 100 }, goOn, 'whole', ok()],
    expect: relays(originBody('hello')),
  },
  {
    name: 'expect: 100 and 103 before the answer',
    send: [expecting, { seen: '100' }, 'hello'],
    answer: ['now', goOn, 'whole', 'HTTP/1.1 103 Early\r\nX: 1\r\n\r\n', ok()],
    expect: relays(originBody('hello'), interim(100, 103)),
  },
  ...[401, 413, 417].map(
    (status): Case => ({
      name: `expect: the origin answers ${status} at once`,
      send: [expecting],
      answer: ['now', `HTTP/1.1 ${status} No\r\nContent-Length: 2\r\n\r\nno`],
      expect: answered([status], interim()),
    }),
  ),
  {
    name: 'expect: the origin answers 401 at once and closes',
    send: [expecting],
    answer: ['now', 'HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno', 'fin'],
    expect: answered([401], interim()),
  },
  {
    name: 'expect: refused, and the client sends no body but a request of five bytes more',
    send: [expecting, { answers: 1 }, { pause: 30 }, smuggled],
    methods: ['POST', 'GET'],
    answer: (_, nth) => (nth === 0 ? ['now', 'HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno'] : [ok()]),
    // Five bytes of it are the body. Whoever takes it for a request lost count.
    expect: judge('closes', closes, originMisses('GET /smuggled')),
  },
  {
    name: 'expect: without a body',
    send: [get('Expect: 100-continue')],
    expect: relays(),
  },
  {
    name: 'expect: with a length of 0',
    send: [post('', 'Expect: 100-continue', 'Content-Length: 0')],
    expect: relays(),
  },
  {
    name: 'expect: HTTP/1.0',
    send: [`${head('POST /a HTTP/1.0', 'Host: app.test', 'Expect: 100-continue', 'Content-Length: 5')}hello`],
    answer: ['now', goOn, 'whole', ok()],
    expect: relays(originBody('hello'), interim()),
  },
  {
    name: 'expect: something else',
    send: [post('hello', 'Expect: 200-ok', 'Content-Length: 5')],
    expect: either(relays(originBody('hello')), refuses(400, 417)),
  },
  {
    name: 'expect: twice',
    send: [post('hello', 'Expect: 100-continue', 'Expect: 100-continue', 'Content-Length: 5')],
    expect: either(relays(originBody('hello')), refuses(400, 417)),
  },
  {
    name: 'expect: the origin says 100 twice',
    send: [expecting, { seen: '100' }, 'hello'],
    answer: ['now', goOn, goOn, 'whole', ok()],
    expect: relays(originBody('hello')),
  },
  {
    name: 'expect: nobody listens',
    send: [expecting],
    absent: true,
    expect: either(answered([502]), answered([503])),
  },
]
