/** Chunked request bodies: sizes, line ends, extensions, trailers. The body streams, so part of it may be under way. */
import { type Case, type Check, head, post, smuggled } from './case.ts'
import { breaks, closes, either, judge, originBody, originField, relays, wholeRequests } from './judge.ts'

const chunked = (body: string) => post(body, 'Transfer-Encoding: chunked')

const bad = (name: string, body: string): Case => ({
  name: `chunks: ${name}`,
  send: [chunked(body) + smuggled],
  expect: breaks(400),
})

const good = (name: string, body: string, decoded = 'hello'): Case => ({
  name: `chunks: ${name}`,
  send: [chunked(body)],
  expect: relays(originBody(decoded)),
})

const unclear = (name: string, body: string): Case => ({
  name: `chunks: ${name}`,
  send: [chunked(body)],
  expect: either(relays(originBody('hello')), breaks(400)),
})

const size = (text: string) => bad(`size ${JSON.stringify(text)}`, `${text}\r\nhello\r\n0\r\n\r\n`)

const sizes: readonly Case[] = [
  good('one', '5\r\nhello\r\n0\r\n\r\n'),
  good('several', '1\r\nh\r\n3\r\nell\r\n1\r\no\r\n0\r\n\r\n'),
  good('none', '0\r\n\r\n', ''),
  good(
    'upper and lower case hex',
    `A\r\n${'x'.repeat(10)}\r\na\r\n${'y'.repeat(10)}\r\n0\r\n\r\n`,
    'x'.repeat(10) + 'y'.repeat(10),
  ),
  good('1e1 is 481', `1e1\r\n${'x'.repeat(481)}\r\n0\r\n\r\n`, 'x'.repeat(481)),
  good('a body that looks like the end', '9\r\n\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n', '\r\n0\r\n\r\n\r\n'),
  ...['-5', '+5', '0x5', '0X5', ' 5', '\t5', '5 ', '5\t', '', ' ', 'g', '5g', '5_', '5,5', '5.0', '"5"', '5h'].map(
    size,
  ),
  ...['5\x00', '\x005', '5\x0b', '\xef\xbc\x95', '5\xa0', '5\r', '5 5', '5=', '(5)', '#5'].map(size),
  // 2^64 + 5, 2^63 + 5, 2^68 + 5 and longer: each is 5 for somebody.
  ...['10000000000000005', '8000000000000005', '100000000000000005', `1${'0'.repeat(60)}5`, 'f'.repeat(16)].map(size),
  unclear('size with leading zeros', '00000005\r\nhello\r\n0\r\n\r\n'),
  unclear('size with many leading zeros', `${'0'.repeat(64)}5\r\nhello\r\n0\r\n\r\n`),
  unclear('last chunk 000', '5\r\nhello\r\n000\r\n\r\n'),
  bad('a size line without end', `${'0'.repeat(100_000)}`),
  {
    name: 'chunks: 2^32 + 5 is not 5',
    send: [chunked('100000005\r\nhello\r\n0\r\n\r\n') + smuggled, { pause: 30 }],
    expect: either(judge('waits for the rest', wholeRequests(0)), breaks(400, 413)),
  },
]

const lineEnds: readonly Case[] = [
  bad('bare LF after the size', '5\nhello\r\n0\r\n\r\n'),
  bad('bare CR after the size', '5\rhello\r\n0\r\n\r\n'),
  bad('CR CR LF after the size', '5\r\r\nhello\r\n0\r\n\r\n'),
  bad('LF CR after the size', '5\n\rhello\r\n0\r\n\r\n'),
  bad('CR X after the size', '5\rXhello\r\n0\r\n\r\n'),
  bad('bare LF after the data', '5\r\nhello\n0\r\n\r\n'),
  bad('bare CR after the data', '5\r\nhello\r0\r\n\r\n'),
  bad('CR CR after the data', '5\r\nhello\r\r0\r\n\r\n'),
  bad('LF LF after the data', '5\r\nhello\n\n0\r\n\r\n'),
  bad('nothing after the data', '5\r\nhello0\r\n\r\n'),
  bad('two other bytes after the data', '5\r\nhelloXX0\r\n\r\n'),
  bad('an empty line more after the data', '5\r\nhello\r\n\r\n0\r\n\r\n'),
  bad('a size that is too small', '4\r\nhello\r\n0\r\n\r\n'),
  bad('a size that is too big', '6\r\nhello\r\n0\r\n\r\n'),
  bad('bare LF after the last chunk', '5\r\nhello\r\n0\n\r\n'),
  bad('only LFs at the end', '5\r\nhello\r\n0\n\n'),
  bad('bare LF as the last line', '5\r\nhello\r\n0\r\n\n'),
  bad('bare CR at the last line', '5\r\nhello\r\n0\r\n\r'),
  bad('CR X at the last line', '5\r\nhello\r\n0\r\n\rX'),
  bad('only LFs', '5\nhello\n0\n\n'),
  bad('NUL for the last line', '5\r\nhello\r\n0\r\n\x00\r\n\r\n'),
  {
    name: 'chunks: one byte at a time',
    send: [post('', 'Transfer-Encoding: chunked'), { bytewise: '5\r\nhello\r\n3;a=b\r\nyou\r\n0\r\nX-T: 1\r\n\r\n' }],
    expect: relays(originBody('helloyou')),
  },
  {
    name: 'chunks: a fault one byte at a time',
    send: [post('', 'Transfer-Encoding: chunked'), { bytewise: `5\r\nhello\r\n3\nyou\r\n0\r\n\r\n${smuggled}` }],
    expect: breaks(400),
  },
  {
    name: 'chunks: a fault long after the head',
    send: [chunked('5\r\nhello\r\n'), { reached: 'hello' }, `zz\r\n${smuggled}`],
    expect: breaks(400),
  },
  {
    name: 'chunks: the client leaves before the last chunk',
    send: [chunked('5\r\nhello\r\n'), { reached: 'hello' }, 'fin'],
    expect: judge('never whole', wholeRequests(0), seen =>
      seen.origin.connections.some(each => each.ending === 'open') ? 'the upstream connection stays open' : undefined,
    ),
  },
  {
    name: 'chunks: the client resets before the last chunk',
    send: [chunked('5\r\nhello\r\n'), { reached: 'hello' }, 'reset'],
    expect: judge('never whole', wholeRequests(0), seen =>
      seen.origin.connections.some(each => each.ending === 'open') ? 'the upstream connection stays open' : undefined,
    ),
  },
]

const extensions: readonly Case[] = [
  good('extension', '5;a\r\nhello\r\n0\r\n\r\n'),
  good('extension with a value', '5;a=b\r\nhello\r\n0;c=d\r\n\r\n'),
  good('extension with a quoted value', '5;a="b c"\r\nhello\r\n0\r\n\r\n'),
  unclear('blanks around the extension', '5 ; a = b\r\nhello\r\n0\r\n\r\n'),
  unclear('empty extension', '5;\r\nhello\r\n0\r\n\r\n'),
  unclear('extension with an open quote', '5;a="b\r\nhello\r\n0\r\n\r\n'),
  unclear('extension with obs-text', '5;a=\xe9\r\nhello\r\n0\r\n\r\n'),
  unclear('thousand extensions', `5${';a=b'.repeat(60)}\r\nhello\r\n0\r\n\r\n`),
  bad('bare LF at the end of an extension', '5;a\nhello\r\n0\r\n\r\n'),
  bad('bare CR in an extension', '5;a\rb\r\nhello\r\n0\r\n\r\n'),
  bad('bare LF in a quoted value', '5;a="b\nc"\r\nhello\r\n0\r\n\r\n'),
  bad('bare LF right after the semicolon', '5;\nhello\r\n0\r\n\r\n'),
  bad('NUL in an extension', '5;a\x00b\r\nhello\r\n0\r\n\r\n'),
  bad('DEL in an extension', '5;a\x7fb\r\nhello\r\n0\r\n\r\n'),
  bad('bare LF in the last chunk extension', '5\r\nhello\r\n0;a\n\r\n'),
  bad('bare LF hides a chunk', '2;\nxx\r\n4c\r\n0\r\n\r\n'),
  bad('an extension of 100 kB', `5;${'a'.repeat(100_000)}\r\nhello\r\n0\r\n\r\n`),
  {
    name: 'chunks: more extension than data, without end',
    send: [chunked(`${`1;${'a'.repeat(900)}\r\nx\r\n`.repeat(200)}0\r\n\r\n`)],
    expect: either(relays(originBody('x'.repeat(200))), breaks(400, 413)),
  },
]

const noTrailer =
  (line: string): Check =>
  seen =>
    seen.origin.requests[0]?.trailers.some(([name, value]) => line === `${name}: ${value}`) ? 'relayed' : undefined

const atOnce = (name: string, body: string): Case => ({
  name: `chunks: noticed at once, ${name}`,
  send: [chunked(body)],
  expect: breaks(400),
})

const trailers: readonly Case[] = [
  // Nothing follows these: a reader that waits for more bytes before it looks holds the connection until its timeout.
  atOnce('bare LF after the size', '5\n'),
  atOnce('a bad size', 'zz\r\n'),
  atOnce('other bytes after the data', '5\r\nhelloXX'),
  atOnce('bare LF as the last line', '5\r\nhello\r\n0\r\n\n'),
  {
    name: 'chunks: a trailer reaches the origin',
    send: [post('5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n', 'Transfer-Encoding: chunked', 'Trailer: X-Sum')],
    expect: relays(originBody('hello'), seen =>
      seen.origin.requests[0]?.trailers.some(([name, value]) => name.toLowerCase() === 'x-sum' && value === '42')
        ? undefined
        : 'no trailer at the origin',
    ),
  },
  bad('trailer with a blank before the colon', '5\r\nhello\r\n0\r\nX-T : 1\r\n\r\n'),
  bad('trailer without colon', '5\r\nhello\r\n0\r\nX-T\r\n\r\n'),
  bad('trailer that is a request', '5\r\nhello\r\n0\r\nGET /smuggled HTTP/1.1\r\nHost: app.test\r\n\r\n'),
  bad('trailer with bare LF', '5\r\nhello\r\n0\r\nX-T: 1\n\r\n'),
  bad('trailer with bare CR', '5\r\nhello\r\n0\r\nX-T: 1\rX: 2\r\n\r\n'),
  bad('trailer with NUL', '5\r\nhello\r\n0\r\nX-T: \x00\r\n\r\n'),
  bad('folded trailer', '5\r\nhello\r\n0\r\nX-T: 1\r\n 2\r\n\r\n'),
  bad('trailer with a leading blank', '5\r\nhello\r\n0\r\n X-T: 1\r\n\r\n'),
  bad('trailer with an empty name', '5\r\nhello\r\n0\r\n: 1\r\n\r\n'),
  bad('trailers of 100 kB', `5\r\nhello\r\n0\r\n${`X-T: ${'a'.repeat(1000)}\r\n`.repeat(100)}\r\n`),
  ...[
    'Content-Length: 3',
    'Transfer-Encoding: chunked',
    'Host: evil.test',
    'X-Forwarded-For: 6.6.6.6',
    'Connection: x',
  ].map(
    (line): Case => ({
      name: `chunks: trailer ${line}`,
      send: [chunked(`5\r\nhello\r\n0\r\n${line}\r\n\r\n`), { answers: 1 }, head('GET /b HTTP/1.1', 'Host: app.test')],
      methods: ['POST', 'GET'],
      // RFC 9110 6.5.1: fields for framing and routing must not come as trailers; and none may be merged into the head.
      expect: either(
        relays(originBody('hello'), originField('host', 'app.test'), noTrailer(line)),
        judge('break 400', closes, wholeRequests(0)),
      ),
    }),
  ),
]

export const chunks: readonly Case[] = [...sizes, ...lineEnds, ...extensions, ...trailers]
