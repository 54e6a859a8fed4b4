/** The request line, and what may stand before it. */
import { type Case, head, smuggled } from './case.ts'
import { either, judge, originTarget, reachesNothing, refuses, rejects, relays } from './judge.ts'

/** 501, 505 and 414 are finer words for some of these. */
const bad = (name: string, line: string, ...statuses: readonly number[]): Case => ({
  name: `request line: ${name}`,
  send: [head(line, 'Host: app.test') + smuggled],
  expect: rejects(400, ...statuses),
})

const target = (name: string, text: string): Case => bad(`target ${name}`, `GET ${text} HTTP/1.1`)

const version = (text: string): Case => bad(`version ${JSON.stringify(text)}`, `GET /a ${text}`, 505)

const good = (name: string, line: string, path?: string): Case => ({
  name: `request line: ${name}`,
  send: [head(line, 'Host: app.test')],
  expect: relays(...(path === undefined ? [] : [originTarget(path)])),
})

/** Not in the grammar of RFC 3986, but harmless where nobody rewrites the target: relayed as it is, or rejected. */
const unclear = (name: string, path: string): Case => ({
  name: `request line: target ${name}`,
  send: [head(`GET ${path} HTTP/1.1`, 'Host: app.test')],
  expect: either(relays(originTarget(path)), rejects(400)),
})

const spaces: readonly Case[] = [
  bad('two blanks before the target', 'GET  /a HTTP/1.1'),
  bad('two blanks before the version', 'GET /a  HTTP/1.1'),
  bad('tab before the target', 'GET\t/a HTTP/1.1'),
  bad('tab before the version', 'GET /a\tHTTP/1.1'),
  bad('vertical tab before the version', 'GET /a\x0bHTTP/1.1'),
  bad('form feed before the version', 'GET /a\x0cHTTP/1.1'),
  bad('no-break space before the version', 'GET /a\xa0HTTP/1.1'),
  bad('blank before the method', ' GET /a HTTP/1.1'),
  bad('tab before the method', '\tGET /a HTTP/1.1'),
  bad('blank at the end', 'GET /a HTTP/1.1 '),
  bad('tab at the end', 'GET /a HTTP/1.1\t'),
  bad('bare CR at the end', 'GET /a HTTP/1.1\r'),
  bad('a fourth word', 'GET /a HTTP/1.1 x'),
  bad('blank in the target', 'GET /a b HTTP/1.1'),
  bad('a second version', 'GET /a HTTP/1.1 HTTP/1.1'),
  bad('no target', 'GET HTTP/1.1'),
  bad('empty target', 'GET  HTTP/1.1'),
  bad('only a method', 'GET'),
  bad('only blanks', '   '),
  bad('no version', 'GET /a', 505),
  bad('no version, blank', 'GET /a ', 505),
]

const methods: readonly Case[] = [
  bad('empty method', ' /a HTTP/1.1'),
  ...['G(T', 'GE\x00T', 'GET\x0b', 'GÉT', 'GET:', 'GET,', 'G"T', '[GET]', 'GET/', 'G@T', 'GET\x7f', '=GET'].map(
    method => bad(`method ${JSON.stringify(method)}`, `${method} /a HTTP/1.1`, 501),
  ),
  ...['PROPFIND', 'M-SEARCH', 'QUERY', 'PURGE'].map(method => good(`method ${method}`, `${method} /a HTTP/1.1`, '/a')),
  ...['get', 'Get', 'X!#$%&*+.^_`|~', 'A'.repeat(64)].map(
    (method): Case => ({
      name: `request line: method ${method}`,
      send: [head(`${method} /a HTTP/1.1`, 'Host: app.test')],
      // A token, and methods have case: unknown, not wrong. Whatever happens, it must not become another method.
      expect: either(
        relays(seen => (seen.origin.requests[0]?.method === method ? undefined : 'another method at the origin')),
        refuses(400, 405, 501),
      ),
    }),
  ),
  {
    name: 'request line: TRACE',
    send: [head('TRACE /a HTTP/1.1', 'Host: app.test')],
    expect: either(relays(), refuses(400, 405, 501)),
  },
  {
    name: 'request line: TRACE with a body',
    send: [`${head('TRACE /a HTTP/1.1', 'Host: app.test', 'Content-Length: 5')}hello`],
    expect: either(relays(), refuses(400, 405, 501)),
  },
  {
    name: 'request line: OPTIONS *',
    send: [head('OPTIONS * HTTP/1.1', 'Host: app.test')],
    expect: relays(originTarget('*')),
  },
  bad('GET *', 'GET * HTTP/1.1'),
  bad('OPTIONS **', 'OPTIONS ** HTTP/1.1'),
  {
    name: 'request line: the preface of HTTP/2',
    send: ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00'],
    expect: rejects(),
  },
  {
    name: 'request line: a TLS hello',
    send: ['\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00'],
    expect: rejects(),
  },
  ...['app.test:443', 'app.test', '/', '/a', '*', 'http://app.test/', ':443', 'app.test:', 'app.test:x', 'a@b:1'].map(
    (authority): Case => ({
      name: `request line: CONNECT ${authority} to a listener in front of a service`,
      send: [head(`CONNECT ${authority} HTTP/1.1`, 'Host: app.test')],
      methods: ['CONNECT'],
      expect: refuses(400, 403, 404, 405, 501),
    }),
  ),
]

const versions: readonly Case[] = [
  ...['HTTP/2.0', 'HTTP/2', 'HTTP/3.0', 'HTTP/0.9', 'HTTP/9.9', 'HTTP/1', 'HTTP/1.', 'HTTP/.1', 'HTTP/'].map(version),
  ...['HTTP/1.10', 'HTTP/11.1', 'HTTP/01.1', 'HTTP/1.01', 'HTTP/1.1.1', 'HTTP/-1.1', 'HTTP/+1.1', 'HTTP/1,1'].map(
    version,
  ),
  ...['http/1.1', 'Http/1.1', 'HTTPS/1.1', 'ICY/1.1', 'RTSP/1.0', 'HTTP 1.1', 'HTTP/ 1.1', 'HTTP /1.1'].map(version),
  ...['HTTP\\1.1', 'HTTP/1.1x', 'xHTTP/1.1', 'HTTP/1.x', 'HTTP/a.b', 'HTTP//1.1', 'HTP/1.1', 'HTTTP/1.1'].map(version),
  ...['HTTP/1.1\x00', 'HTTP/\x001.1', 'HTTP/1.\xb9', 'HTTP/1:1'].map(version),
  ...['1.2', '1.9'].map(
    (number): Case => ({
      name: `request line: version HTTP/${number}`,
      send: [head(`GET /a HTTP/${number}`, 'Host: app.test')],
      // RFC 9110 2.5: taken as the highest minor version that we know. It must not go on as 1.2.
      expect: either(relays(), rejects(400, 505)),
    }),
  ),
  {
    name: 'request line: HTTP/0.9',
    send: [`GET /a\r\n\r\n${smuggled}`],
    expect: rejects(400, 505),
  },
]

const targets: readonly Case[] = [
  target('with a fragment', '/a#b'),
  target('with an empty fragment', '/a#'),
  target('that is a fragment', '#a'),
  target('with a fragment after the query', '/a?b#c'),
  target('without slash', 'a'),
  target('that is a query', '?a'),
  target('that is a dot', '.'),
  target('that is an authority', 'app.test:80'),
  target('that starts with a backslash', '\\a'),
  ...[0x00, 0x01, 0x08, 0x0b, 0x0c, 0x1f, 0x7f].map(byte =>
    target(`with 0x${byte.toString(16).padStart(2, '0')}`, `/a${String.fromCharCode(byte)}b`),
  ),
  target('with bare CR', '/a\rb'),
  target('with bare LF', '/a\nb'),
  ...[0x80, 0xa0, 0xe9, 0xff].map(byte => target(`with 0x${byte.toString(16)}`, `/a${String.fromCharCode(byte)}b`)),
  target('with UTF-8', '/gr\xc3\xbc\xc3\x9fe'),
  ...[...'"<>\\^`{|}[]'].map(each => unclear(`with ${each}`, `/a${each}b`)),
  // nginx rejects both, and it is right: they are no encoding of anything.
  target('with a lonely %', '/a%'),
  target('with %zz', '/a%zz'),
  unclear('with a lonely % in the query', '/a?b=100%'),
  unclear('with %00', '/a%00b'),
  good('target: the root', 'GET / HTTP/1.1', '/'),
  good('target: two slashes are no authority', 'GET //evil.test/a HTTP/1.1', '//evil.test/a'),
  good('target: dots stay', 'GET /a/../b/./c HTTP/1.1', '/a/../b/./c'),
  good(
    'target: encoded characters stay',
    'GET /%2e%2e%41/%41%2fb?%0d%0a=%20 HTTP/1.1',
    '/%2e%2e%41/%41%2fb?%0d%0a=%20',
  ),
  good('target: encoded dots stay', 'GET /a/%2e%2E/b/%2e HTTP/1.1', '/a/%2e%2E/b/%2e'),
  good('target: three dots are a name', 'GET /.../a HTTP/1.1', '/.../a'),
  good('target: dots in the query', 'GET /a?/../../b HTTP/1.1', '/a?/../../b'),
  // Valid grammar, but nginx rejects it: above the root there is nothing, and not every server stops there.
  ...['/../a', '/..', '/a/../../b', '/%2e%2E/a', '/.%2e/a', '/./../a'].map(path =>
    target(`over the root ${path}`, path),
  ),
  good('target: an empty query', 'GET /? HTTP/1.1', '/?'),
  good(
    'target: every legal character',
    "GET /-._~!$&'()*+,;=:@?/?-._~!$&'()*+,;=:@ HTTP/1.1",
    "/-._~!$&'()*+,;=:@?/?-._~!$&'()*+,;=:@",
  ),
  good('target: a URL in the path', 'GET /http://evil.test/ HTTP/1.1', '/http://evil.test/'),
  good('target: 2 kB', `GET /${'a'.repeat(2000)} HTTP/1.1`, `/${'a'.repeat(2000)}`),
]

const before: readonly Case[] = [
  {
    name: 'request line: one empty line before it',
    send: [`\r\n${head('GET /a HTTP/1.1', 'Host: app.test')}`],
    expect: relays(originTarget('/a')),
  },
  {
    name: 'request line: two empty lines before it',
    send: [`\r\n\r\n${head('GET /a HTTP/1.1', 'Host: app.test')}`],
    expect: either(relays(originTarget('/a')), rejects(400)),
  },
  {
    name: 'request line: an empty line between two requests',
    send: [
      head('GET /a HTTP/1.1', 'Host: app.test'),
      { answers: 1 },
      `\r\n${head('GET /b HTTP/1.1', 'Host: app.test')}`,
    ],
    methods: ['GET', 'GET'],
    expect: relays(originTarget('/b', 1)),
  },
  {
    name: 'request line: a bare LF before it',
    send: [`\n${head('GET /a HTTP/1.1', 'Host: app.test')}`],
    expect: rejects(400),
  },
  {
    name: 'request line: a bare CR before it',
    send: [`\r${head('GET /a HTTP/1.1', 'Host: app.test')}`],
    expect: rejects(400),
  },
  {
    name: 'request line: a line of blanks before it',
    send: [`  \r\n${head('GET /a HTTP/1.1', 'Host: app.test')}`],
    expect: rejects(400),
  },
  {
    name: 'request line: a NUL before it',
    send: [`\x00${head('GET /a HTTP/1.1', 'Host: app.test')}`],
    expect: rejects(400),
  },
  {
    name: 'request line: a byte order mark before it',
    send: [`\xef\xbb\xbf${head('GET /a HTTP/1.1', 'Host: app.test')}`],
    expect: rejects(400, 501),
  },
  {
    name: 'request line: endless empty lines',
    send: ['\r\n'.repeat(50_000)],
    expect: rejects(),
  },
  {
    name: 'request line: garbage without end',
    send: ['\x00\x01\x02'],
    expect: rejects(400),
  },
  {
    name: 'request line: only an empty line',
    send: ['\r\n', { pause: 30 }, 'fin'],
    expect: judge('nothing', reachesNothing),
  },
]

export const requestLine: readonly Case[] = [...spaces, ...methods, ...versions, ...targets, ...before]
