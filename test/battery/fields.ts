/** The grammar of field lines: what is no field line must not be repaired, and what is one must arrive unchanged. */
import { type Case, get, head, smuggled } from './case.ts'
import { either, originField, originLines, originMisses, rejects, relays } from './judge.ts'

const bad = (name: string, ...lines: readonly string[]): Case => ({
  name: `fields: ${name}`,
  send: [get(...lines) + smuggled],
  expect: rejects(400),
})

/** Bytes as they are, where `get` would put line ends of its own. */
const raw = (name: string, bytes: string): Case => ({
  name: `fields: ${name}`,
  send: [bytes + smuggled],
  expect: rejects(400),
})

const good = (name: string, line: string, field: string, value: string): Case => ({
  name: `fields: ${name}`,
  send: [get(line)],
  expect: relays(originField(field, value)),
})

const hex = (byte: number) => `0x${byte.toString(16).padStart(2, '0')}`
const char = (byte: number) => String.fromCharCode(byte)

/** All but tab, LF and CR. */
const controls = [...Array(32).keys(), 0x7f].filter(byte => ![0x09, 0x0a, 0x0d].includes(byte))
const delimiters = '"(),/;<=>?@[\\]{}'

const names: readonly Case[] = [
  bad('blank before the colon', 'X-A : 1'),
  bad('tab before the colon', 'X-A\t: 1'),
  bad('blank in the name', 'X A: 1'),
  bad('empty name', ': 1'),
  bad('blank as name', ' : 1'),
  bad('no colon', 'X-A'),
  bad('no colon, blank', 'X-A 1'),
  bad('a request line as field', 'GET /smuggled HTTP/1.1'),
  ...[...delimiters].map(each => bad(`${each} in the name`, `X${each}A: 1`)),
  ...[...delimiters].map(each => bad(`${each} at the start of the name`, `${each}X-A: 1`)),
  ...controls.map(byte => bad(`${hex(byte)} in the name`, `X${char(byte)}A: 1`)),
  ...[0x80, 0xa0, 0xe9, 0xff].map(byte => bad(`${hex(byte)} in the name`, `X${char(byte)}A: 1`)),
  ...[0x00, 0x0b, 0x0c, 0x7f, 0xa0].map(byte => bad(`${hex(byte)} before the colon`, `X-A${char(byte)}: 1`)),
  {
    name: 'fields: every character that a name may have',
    send: [get("!#$%&'*+-.^_`|~09AZaz: 1")],
    // nginx drops it: legal too, though hardly kind.
    expect: relays(),
  },
  good('name in odd case', 'x-OdD: 1', 'X-Odd', '1'),
  good('name of one letter', 'X: 1', 'x', '1'),
]

const values: readonly Case[] = [
  ...controls.map(byte => bad(`${hex(byte)} in the value`, `X-A: 1${char(byte)}2`)),
  ...[0x00, 0x0b, 0x0c].map(byte => bad(`${hex(byte)} before the value`, `X-A:${char(byte)}1`)),
  ...[0x00, 0x0b, 0x0c].map(byte => bad(`${hex(byte)} after the value`, `X-A: 1${char(byte)}`)),
  bad('NUL in Host', 'X: 1\x00', 'Y: 2'),
  good('empty value', 'X-A:', 'x-a', ''),
  good('only blanks', 'X-A:  \t ', 'x-a', ''),
  good('blanks around are no part of the value', 'X-A: \t 1 \t ', 'x-a', '1'),
  good('no blank', 'X-A:1', 'x-a', '1'),
  good('blanks within stay', 'X-A: 1  2\t3', 'x-a', '1  2\t3'),
  good('colons', 'X-A: :1:', 'x-a', ':1:'),
  good('quotes and delimiters', 'X-A: "\\"(),/;<=>?@[]{}', 'x-a', '"\\"(),/;<=>?@[]{}'),
  good('long value', `X-A: ${'v'.repeat(4000)}`, 'x-a', 'v'.repeat(4000)),
  {
    name: 'fields: obs-text stays byte for byte',
    send: [get('X-A: gr\xc3\xbc\xc3\x9fe \xff\x80')],
    expect: relays(originLines('X-A: gr\xc3\xbc\xc3\x9fe \xff\x80')),
  },
]

const folds: readonly Case[] = [
  bad('folded with a blank', 'X-A: 1', ' 2'),
  bad('folded with a tab', 'X-A: 1', '\t2'),
  bad('folded, value on the second line', 'X-A:', ' 1'),
  bad('folded line that looks like a field', 'X-A: 1', ' Content-Length: 5'),
  bad('folded with blanks only', 'X-A: 1', '  '),
  bad('a line of one blank at the end', ' '),
  raw('blank before the first field', head('GET /a HTTP/1.1', ' X: 1', 'Host: app.test')),
  raw('tab before the first field', head('GET /a HTTP/1.1', '\tX: 1', 'Host: app.test')),
  raw('blank before Host', head('GET /a HTTP/1.1', ' Host: app.test')),
  raw('a line of one blank before the first field', head('GET /a HTTP/1.1', ' ', 'Host: app.test')),
  raw('folded Host', head('GET /a HTTP/1.1', 'Host:', ' app.test')),
  raw('folded request line', head('GET /a HTTP/1.1', ' HTTP/1.1', 'Host: app.test')),
]

const lineEnds: readonly Case[] = [
  raw('bare LF after the request line', 'GET /a HTTP/1.1\nHost: app.test\r\n\r\n'),
  raw('bare LF after a field', 'GET /a HTTP/1.1\r\nHost: app.test\nX: 1\r\n\r\n'),
  raw('bare LF after the last field', 'GET /a HTTP/1.1\r\nHost: app.test\n\r\n'),
  raw('bare LF as the empty line', 'GET /a HTTP/1.1\r\nHost: app.test\r\n\n'),
  raw('only LFs', 'GET /a HTTP/1.1\nHost: app.test\n\n'),
  raw('bare LF in a value', 'GET /a HTTP/1.1\r\nHost: app.test\r\nX: 1\n2\r\n\r\n'),
  raw('bare LF in a name', 'GET /a HTTP/1.1\r\nHost: app.test\r\nX\nY: 1\r\n\r\n'),
  raw('LF CR', 'GET /a HTTP/1.1\n\rHost: app.test\n\r\n\r'),
  raw('bare CR after the request line', 'GET /a HTTP/1.1\rHost: app.test\r\n\r\n'),
  raw('bare CR after a field', 'GET /a HTTP/1.1\r\nHost: app.test\rX: 1\r\n\r\n'),
  raw('bare CR in a value', 'GET /a HTTP/1.1\r\nHost: app.test\r\nX: 1\r2\r\n\r\n'),
  raw('bare CR in a name', 'GET /a HTTP/1.1\r\nHost: app.test\r\nX\rY: 1\r\n\r\n'),
  raw('bare CR before the value', 'GET /a HTTP/1.1\r\nHost: app.test\r\nX:\r1\r\n\r\n'),
  raw('CR CR LF after a field', 'GET /a HTTP/1.1\r\nHost: app.test\r\nX: 1\r\r\n\r\n'),
  raw('CR CR LF as the empty line', 'GET /a HTTP/1.1\r\nHost: app.test\r\n\r\r\n'),
  raw('CR LF CR X', 'GET /a HTTP/1.1\r\nHost: app.test\r\n\rX: 1\r\n\r\n'),
  raw('only CRs', 'GET /a HTTP/1.1\rHost: app.test\r\r'),
  raw('blank and bare CR', 'GET /a HTTP/1.1\r\nHost: app.test\r\nX: 1 \r \r\n\r\n'),
]

export const fields: readonly Case[] = [
  ...names,
  ...values,
  ...folds,
  ...lineEnds,
  {
    name: 'fields: a head of one byte slices',
    send: [{ bytewise: get('X-A: 1') }],
    expect: relays(originField('x-a', '1')),
  },
  {
    name: 'fields: a fault in one byte slices',
    send: [{ bytewise: `GET /a HTTP/1.1\r\nHost: app.test\r\nX: 1\n\r\n${smuggled}` }],
    expect: rejects(400),
  },
  {
    name: 'fields: a head cut between CR and LF',
    send: ['GET /a HTTP/1.1\r', { pause: 15 }, '\nHost: app.test\r\nX-A: 1\r\n\r', { pause: 15 }, '\n'],
    expect: relays(originField('x-a', '1')),
  },
  {
    name: 'fields: underscores are told apart from hyphens',
    send: [get('X_Forwarded_For: 6.6.6.6')],
    expect: either(relays(originMisses('X-Forwarded-For: 6.6.6.6')), rejects(400)),
  },
]
