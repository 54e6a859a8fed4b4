/** Responses whose head must not be believed: the client gets a 502 and the upstream connection is given up. */
import { type Act, ok } from '../support/origin.ts'
import { type Case, get, head, post } from './case.ts'
import { answered, clientBody, closes, either, originsEnded, relays } from './judge.ts'

/** What follows the faulty head would be a second response for whoever frames the first one otherwise. */
const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'

const bad = (name: string, ...answer: readonly Act[]): Case => ({
  name: `bad response: ${name}`,
  send: [get()],
  answer,
  expect: answered([502], originsEnded),
})

const line = (text: string) => bad(`status line ${JSON.stringify(text)}`, `${text}\r\nContent-Length: 2\r\n\r\nok`)
const field = (name: string, ...lines: readonly string[]) => bad(name, head('HTTP/1.1 200 OK', ...lines) + evil)

const unclear = (name: string, ...answer: readonly Act[]): Case => ({
  name: `bad response: ${name}`,
  send: [get()],
  answer,
  expect: either(relays(clientBody('ok')), answered([502])),
})

const statusLines: readonly Case[] = [
  ...[
    'HTTP/1.1 20 OK',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1 099 OK',
    'HTTP/1.1 000 OK',
    'HTTP/1.1 abc OK',
    'HTTP/1.1 -200 OK',
  ].map(line),
  ...[
    'HTTP/1.1 +200 OK',
    'HTTP/1.1 0x200 OK',
    'HTTP/1.1 20\x000 OK',
    'HTTP/1.1 200OK',
    'HTTP/1.1  200 OK',
    'HTTP/1.1\t200 OK',
  ].map(line),
  ...[' HTTP/1.1 200 OK', 'HTTP/1.1', 'HTTP/1.1 ', '200 OK', 'OK', 'GET / HTTP/1.1', '<html>', '\x00\x01', ''].map(
    line,
  ),
  ...['HTTP/2.0 200 OK', 'HTTP/2 200', 'HTTP/3.0 200 OK', 'HTTP/0.9 200 OK', 'HTTP/1 200 OK', 'HTTP/1.10 200 OK'].map(
    line,
  ),
  ...['http/1.1 200 OK', 'HTTPS/1.1 200 OK', 'ICY 200 OK', 'HTTP1.1 200 OK', 'HTTP/1,1 200 OK', 'HTTP/a.b 200 OK'].map(
    line,
  ),
  ...[
    'HTTP/1.1 200 O\x00K',
    'HTTP/1.1 200 O\x01K',
    'HTTP/1.1 200 O\x7fK',
    'HTTP/1.1 200 O\rK',
    'HTTP/1.1 200 OK\r',
  ].map(line),
  line('HTTP/1.1 200 O\nX: K'),
  unclear('status line HTTP/1.2', 'HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  unclear('an empty line first', `\r\n${ok()}`),
  {
    name: 'bad response: status 600',
    send: [get()],
    answer: ['HTTP/1.1 600 Six\r\nContent-Length: 2\r\n\r\nok'],
    expect: either(answered([600]), answered([502])),
  },
  {
    name: 'bad response: status 999',
    send: [get()],
    answer: ['HTTP/1.1 999 Nine\r\nContent-Length: 2\r\n\r\nok'],
    expect: either(answered([999]), answered([502])),
  },
]

const framing: readonly Case[] = [
  field('length and coding', 'Content-Length: 0', 'Transfer-Encoding: chunked'),
  field('coding and length', 'Transfer-Encoding: chunked', 'Content-Length: 0'),
  field('two lengths, same', 'Content-Length: 0', 'Content-Length: 0'),
  field('two lengths, different', 'Content-Length: 0', 'Content-Length: 43'),
  ...['0, 0', '0,43', '-1', '+0', '0x0', '0 0', '', 'a', '0a', '"0"', '0;', '0.0', '\x0b0', '18446744073709551616'].map(
    value => field(`length ${JSON.stringify(value)}`, `Content-Length: ${value}`),
  ),
  field('length with a blank before the colon', 'Content-Length : 0'),
  field('length on a folded line', 'Content-Length:', ' 0'),
  ...[
    'gzip',
    'gzip, chunked',
    'chunked, gzip',
    'chunked, identity',
    'identity',
    'chunked, chunked',
    'xchunked',
    '',
  ].map(value => field(`coding ${JSON.stringify(value)}`, `Transfer-Encoding: ${value}`)),
  ...['\x0bchunked', 'chunked\x00', '"chunked"', 'chunked;q=1', ',chunked', 'chunked,', 'chun ked'].map(value =>
    field(`coding ${JSON.stringify(value)}`, `Transfer-Encoding: ${value}`),
  ),
  field('coding with a blank before the colon', 'Transfer-Encoding : chunked'),
  field('two codings', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'),
  field('two codings, the second unknown', 'Transfer-Encoding: chunked', 'Transfer-Encoding: cow'),
  bad('coding in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'),
  {
    name: 'bad response: two lengths to a HEAD',
    send: [head('HEAD /a HTTP/1.1', 'Host: app.test')],
    methods: ['HEAD'],
    answer: ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    expect: answered([502]),
  },
  {
    name: 'bad response: two lengths in a 304',
    send: [get()],
    answer: ['HTTP/1.1 304 Not Modified\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    expect: answered([502]),
  },
]

const fields: readonly Case[] = [
  field('blank before the colon', 'X-A : 1', 'Content-Length: 0'),
  field('no colon', 'X-A', 'Content-Length: 0'),
  field('empty name', ': 1', 'Content-Length: 0'),
  field('blank in the name', 'X A: 1', 'Content-Length: 0'),
  field('a delimiter in the name', 'X(A: 1', 'Content-Length: 0'),
  field('0xe9 in the name', 'X\xe9: 1', 'Content-Length: 0'),
  field('folded', 'X-A: 1', ' 2', 'Content-Length: 0'),
  field('folded with a tab', 'X-A: 1', '\tContent-Length: 2', 'Content-Length: 0'),
  field('blank before the first field', ' X-A: 1', 'Content-Length: 0'),
  ...[0x00, 0x01, 0x08, 0x0b, 0x0c, 0x1b, 0x1f, 0x7f].map(byte =>
    field(`0x${byte.toString(16)} in a value`, `X-A: 1${String.fromCharCode(byte)}2`, 'Content-Length: 0'),
  ),
  field('bare CR in a value', 'X-A: 1\r2', 'Content-Length: 0'),
  field('bare CR hides a field', 'X-A: 1\rTransfer-Encoding: chunked', 'Content-Length: 0'),
  field('bare LF in a value', 'X-A: 1\n2', 'Content-Length: 0'),
  field('bare LF ends a line', 'X-A: 1\nX-B: 2', 'Content-Length: 0'),
  bad('only LFs', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok'),
  bad('bare LF as the empty line', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\nok'),
  bad('CR CR LF', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\r\n\r\nok'),
  bad('a head of 100 kB', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\nContent-Length: 2\r\n\r\nok`),
  bad(
    'a head of many fields, 100 kB',
    `HTTP/1.1 200 OK\r\n${`X: ${'x'.repeat(990)}\r\n`.repeat(100)}Content-Length: 2\r\n\r\nok`,
  ),
  bad('a field of 1 MB without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1_000_000)}`),
  bad('a fault in the interim response', `HTTP/1.1 103 Early\r\nX : 1\r\n\r\n${ok()}`),
  unclear('a head of 400 fields', `HTTP/1.1 200 OK\r\n${'X: 1\r\n'.repeat(400)}Content-Length: 2\r\n\r\nok`),
]

const endings: readonly Case[] = [
  bad('none, closed at once', 'fin'),
  bad('none, reset', 'reset'),
  bad('half a status line, closed', 'HTTP/1.1 20', 'fin'),
  bad('half a head, closed', 'HTTP/1.1 200 OK\r\nContent-Le', 'fin'),
  bad('half a head, reset', 'HTTP/1.1 200 OK\r\nContent-Le', { pause: 15 }, 'reset'),
  bad('a head without its empty line, closed', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n', 'fin'),
  {
    name: 'bad response: only a 103, then closed',
    send: [get()],
    answer: ['HTTP/1.1 103 Early\r\nX: 1\r\n\r\n', { pause: 15 }, 'fin'],
    expect: answered([502]),
  },
  {
    name: 'bad response: nobody listens',
    send: [get()],
    absent: true,
    expect: either(answered([502]), answered([503])),
  },
  {
    name: 'bad response: nobody listens, and the body streams',
    send: [post('hel', 'Content-Length: 5')],
    absent: true,
    expect: either(answered([502], closes), answered([503], closes), answered([502]), answered([503])),
  },
  {
    name: 'bad response: unasked 101',
    send: [get()],
    answer: ['HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello'],
    expect: answered([502], originsEnded),
  },
  {
    name: 'bad response: unasked 101 to a HEAD',
    send: [head('HEAD /a HTTP/1.1', 'Host: app.test')],
    methods: ['HEAD'],
    answer: ['HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    expect: answered([502], originsEnded),
  },
]

export const responseFaults: readonly Case[] = [...statusLines, ...framing, ...fields, ...endings]
