// The vocabulary of the mutations: what readers of HTTP have been known to disagree about.

import type { Random } from '../sidecar/model/candidate.ts'

export type Mutation = (text: string, random: Random) => string

export const pick = <T>(from: readonly T[], random: Random): T => from[Math.floor(random() * from.length)]!
export const place = (text: string, random: Random): number => Math.floor(random() * (text.length + 1))

export const BYTES: readonly string[] = [
  ...['\0', '\x01', '\b', '\t', '\n', '\v', '\f', '\r', '\x1b', ' ', '"', '#', '%', ',', '/', '0', '9', ':', ';', '='],
  ...['?', '@', 'A', '[', '\\', ']', '_', 'a', '{', '\x7f', '\x80', '\x85', '\xa0', '\xad', '\xff', '\r\n', '\r\n\r\n'],
]

export const BLANKS: readonly string[] = [
  '',
  ' ',
  '  ',
  '\t',
  ' \t ',
  '\v',
  '\f',
  '\xa0',
  '\x85',
  '\0',
  '\r\n ',
  '\r\n\t',
]

export const LINE_ENDS: readonly string[] = [
  '\n',
  '\r',
  '\r\r\n',
  '\n\r',
  '\r\n\r\n',
  '\r\n\n',
  '',
  '\0\r\n',
  ' \r\n',
  '\r\n\r',
]

export const METHODS: readonly string[] = [
  ...['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE', 'PATCH', 'PRI', 'SOURCE', 'M-SEARCH'],
  ...[
    'get',
    'GET\0',
    'GE T',
    '',
    'X',
    'X_Y-Z',
    'QUERY',
    'DESCRIBE',
    'G'.repeat(33),
    'G'.repeat(32),
    'GET\t',
    '\r\nGET',
  ],
]

export const VERSIONS: readonly string[] = [
  ...['HTTP/1.1', 'HTTP/1.0', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/1', 'HTTP/1.', ''],
  ...['HTTP/1.10', 'HTTP/01.1', 'http/1.1', 'HTTP /1.1', 'HTTP/1.1 ', 'HTTP/1.1\t', 'RTSP/1.0', 'ICE/1.0', 'HTTPS/1.1'],
]

export const TARGETS: readonly string[] = [
  ...['/', '*', '/a?b#c', '//a/b', '/a b', '/\t', '/\xe4', '/%00', '/..//\\', '?', 'a', 'a:80', '/{}|^`"<>', '/\x7f'],
  ...['http://a', 'http://a/', 'http://a?b', 'HTTP://A:80/x', 'https://a/', 'http://', 'http:///x', 'http://u@a/'],
  ...['http://a:99999/', 'http://[::1]:80/x', 'http://[::1%25a]/', 'http://a b/', 'ftp://a/', 'http:/a', 'http://a:/'],
]

export const HOSTS: readonly string[] = [
  ...['a', 'a:80', 'a:', 'A.Example.', '[::1]', '[::1]:80', '1.2.3.4', 'a%41', "!$&'()*+,;=-._~", '0'],
  ...['', 'a b', 'a,b', 'a/b', 'u@a', 'a:b', 'a:99999', ':80', '[::1', '[::1%eth0]', '[g]', 'a#', 'a\0', 'a\t', '\xe4'],
]

export const NUMBERS: readonly string[] = [
  ...[
    '0',
    '1',
    '5',
    '00',
    '05',
    '10',
    '+5',
    '-5',
    '-0',
    '5.0',
    '5e0',
    '0x5',
    '5 5',
    '5,5',
    '5, 5',
    '',
    ' ',
    '5;',
    '5\t',
  ],
  ...[
    '4294967296',
    '4294967301',
    '9007199254740991',
    '9007199254740993',
    '18446744073709551616',
    '18446744073709551621',
  ],
  ...['999999999999999', '1000000000000000', '٥', '5\0', '5\v', '5_0', "'5'", '"5"', '½'],
].map(text => Buffer.from(text, 'utf8').toString('latin1'))

export const HEX: readonly string[] = [
  ...[
    '0',
    '5',
    '05',
    '0000000000000005',
    '00000000000000005',
    'a',
    'A',
    'fF',
    '0x5',
    '+5',
    '-5',
    '5 ',
    ' 5',
    '5\t',
    '',
  ],
  ...[
    'ffffffff',
    '100000000',
    '100000005',
    '1fffffffffffff',
    '20000000000000',
    'ffffffffffffffff',
    '10000000000000005',
  ],
  ...[
    '5;',
    '5;a',
    '5;a=b',
    '5 ;a',
    '5;a="b"',
    '5;a="\\""',
    '5; a = b',
    '5;\0',
    '5;a\n',
    '5\x80',
    'g',
    '5.',
    '5,5',
    '5h',
  ],
]

export const CODINGS: readonly string[] = [
  ...[
    'chunked',
    'Chunked',
    'CHUNKED',
    'chunked ',
    ' chunked',
    'chunked\t',
    'gzip, chunked',
    'chunked, gzip',
    'identity',
  ],
  ...[
    'chunked, chunked',
    'gzip',
    'chunked,',
    ',chunked',
    'chunked;q=1',
    'xchunked',
    'chunkedx',
    'chun ked',
    '"chunked"',
  ],
  ...['', 'chunked\0', '\vchunked', 'chunked\x85', 'gzip\tchunked', 'trailers', 'chunked, identity'],
]

export const OPTIONS: readonly string[] = [
  ...[
    'close',
    'Close',
    'keep-alive',
    'Keep-Alive, close',
    'close, keep-alive',
    'upgrade',
    'Upgrade',
    'close,',
    ', close',
  ],
  ...[
    'TE',
    'te, trailers',
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'X-Forwarded-For',
    'X_Forwarded_For',
    'Cookie',
  ],
  ...[
    'close keep-alive',
    'closed',
    '\tclose',
    'close\t',
    'x,close',
    'close;q=1',
    'keep-alive\tclose',
    'Accept, User-Agent',
  ],
  ...['keep-alive, upgrade', 'upgrade, http2-settings', 'HTTP2-Settings', 'Connection', 'Via', 'Content-Type', '', ','],
]

/** Names with the values that go with them. */
export const FIELDS: readonly (readonly [string, readonly string[]])[] = [
  ['Host', HOSTS],
  ['Content-Length', NUMBERS],
  ['Transfer-Encoding', CODINGS],
  ['Connection', OPTIONS],
  ['Upgrade', ['websocket', 'WebSocket', 'h2c', 'h2c, websocket', 'websocket/13', '', 'websocket\t']],
  ['TE', ['trailers', 'Trailers', 'gzip;q=1, trailers', 'trailers;q=0', '', 'trailers\t', 'xtrailers']],
  ['Expect', ['100-continue', '100-Continue', '200-ok', '', '100-continue, x']],
  ['Keep-Alive', ['timeout=5', 'timeout=0', 'max=1, timeout=99999999', 'timeout=-1', '']],
  ['Proxy-Connection', OPTIONS],
  ['Content_Length', NUMBERS],
  ['Transfer_Encoding', CODINGS],
  ['X-Forwarded-For', ['1.2.3.4', '1.2.3.4, 5.6.7.8', '', ', ,', '\xa0']],
  ['X_Forwarded_Proto', ['https']],
  ['X-Forwarded-Host', ['a', '']],
  ['X-Forwarded-Port', ['1']],
  ['Forwarded', ['for=1.2.3.4']],
  ['Trailer', ['Content-Length', 'X-T']],
  ['HTTP2-Settings', ['AAMAAABkAAQ']],
  ['Set-Cookie', ['a=b']],
  ['X-Empty', ['']],
  ['X'.repeat(200), ['y'.repeat(2000)]],
]

/** Names that some reader takes for another. */
export const NAMES: readonly ((name: string) => string)[] = [
  name => name.toUpperCase(),
  name => name.toLowerCase(),
  name => `${name} `,
  name => ` ${name}`,
  name => `${name}\t`,
  name => `${name}\0`,
  name => `\0${name}`,
  name => name.replaceAll('-', '_'),
  name => name.replaceAll('-', '\r'),
  name => name.slice(1),
  name => `X${name}`,
  name => `"${name}"`,
  name => `${name}:`,
  name => name.replace(/[kK]/, '\xe2\x84\xaa'),
  name => name.replace('s', '\xc5\xbf'),
  () => '',
]
