/** Host, and the authority of an absolute-form target: the two places that say whose request it is. */
import { type Case, head, smuggled } from './case.ts'
import { either, originField, originMisses, originTarget, rejects, relays } from './judge.ts'

const bad = (name: string, ...lines: readonly string[]): Case => ({
  name: `host: ${name}`,
  send: [head('GET /a HTTP/1.1', ...lines) + smuggled],
  expect: rejects(400),
})

const badValue = (value: string) => bad(JSON.stringify(value), `Host: ${value}`)

const good = (value: string, relayed = value): Case => ({
  name: `host: ${JSON.stringify(value)}`,
  send: [head('GET /a HTTP/1.1', `Host: ${value}`)],
  expect: relays(originField('host', relayed)),
})

/** Legal by RFC 3986, or nearly, and odd: unchanged or not at all. */
const unclear = (value: string): Case => ({
  name: `host: ${JSON.stringify(value)}`,
  send: [head('GET /a HTTP/1.1', `Host: ${value}`)],
  expect: either(relays(originField('host', value)), rejects(400)),
})

const values: readonly Case[] = [
  ...['app.test', 'app.test:80', 'app.test:65535', 'localhost', '127.0.0.1', '127.0.0.1:80', 'a_b.test', 'a-b'].map(
    value => good(value),
  ),
  ...['[::1]', '[::1]:80', '[2001:db8::7]', 'APP.Test', 'xn--bcher-kva.test', 'app.test.'].map(value => good(value)),
  good(' \t app.test \t ', 'app.test'),
  ...['a b', 'a\tb', 'a@b', 'u:p@app.test', '@app.test', 'a/b', '/', 'app.test/', 'a?b', 'a#b', 'a\\b'].map(badValue),
  ...['a:b', 'a:80:80', 'a:80x', 'a:-1', 'a:+80', 'a:0x50', 'a: 80', 'a :80', 'a:8 0', ':80', ':', '::1'].map(badValue),
  ...['[::1', '::1]', '[]', '[::1]x', '[::1]:x', '[::1]80', '[zz]', '[::1]]', '[[::1]]', 'a[::1]', '[::1%25]'].map(
    badValue,
  ),
  ...['a,b', 'app.test, evil.test', 'app.test,', 'http://app.test', 'app.test HTTP/1.1'].map(badValue),
  ...['"a"', '<a>', 'a^b', 'a`b', '{a}', 'a|b', '%', 'a%zz', 'a%0'].map(badValue),
  ...['\xe9', 'gr\xc3\xbc\xc3\x9fe.test', 'a\x00b', 'a\x01b', 'a\x7fb', 'a\x0bb', 'a\xa0b'].map(badValue),
  ...['a:', '[::1]:', 'a:0', 'a:65536', 'a:99999', `a:${'0'.repeat(10)}80`, `a:${'9'.repeat(40)}`].map(unclear),
  ...['a..b', '.a', '.', '..', '-', 'a;b', 'a=b', 'a(b)', "a'b", 'a!b', 'a$b', 'a&b', 'a+b', 'a~b', '*', '*.test'].map(
    unclear,
  ),
  ...['a%2fb', 'a%40b', 'a%00b', '[v1.a]', '[::1%25lo]', '[::ffff:127.0.0.1]', '0177.1', `${'a'.repeat(300)}`].map(
    unclear,
  ),
]

const lines: readonly Case[] = [
  bad('missing'),
  bad('missing, with other fields', 'X-Host: app.test', 'Hosts: app.test', 'X-Forwarded-Host: app.test'),
  bad('empty', 'Host:'),
  bad('only blanks', 'Host:  \t'),
  bad('twice, same', 'Host: app.test', 'Host: app.test'),
  bad('twice, different', 'Host: app.test', 'Host: evil.test'),
  bad('twice, other case of the name', 'Host: app.test', 'hOST: evil.test'),
  bad('twice, far apart', 'Host: app.test', ...Array.from({ length: 20 }, (_, i) => `X-${i}: 1`), 'Host: evil.test'),
  bad('twice, the first empty', 'Host:', 'Host: app.test'),
  bad('twice, the second empty', 'Host: app.test', 'Host:'),
  bad('blank before the colon', 'Host : app.test'),
  bad('once well, once with a blank before the colon', 'Host: app.test', 'Host : evil.test'),
  bad('once well, once indented', 'Host: app.test', ' Host: evil.test'),
  bad('behind a bare CR', 'X: 1\rHost: app.test'),
  bad('behind a bare LF', 'X: 1\nHost: app.test'),
  {
    name: 'host: lower case name',
    send: [head('GET /a HTTP/1.1', 'host: app.test')],
    expect: relays(originField('host', 'app.test')),
  },
  {
    name: 'host: last of the fields',
    send: [head('GET /a HTTP/1.1', 'X: 1', 'Y: 2', 'HOST:app.test')],
    expect: relays(originField('host', 'app.test')),
  },
  {
    name: 'host: missing in HTTP/1.0',
    send: [head('GET /a HTTP/1.0')],
    // Legal for the client. Towards an HTTP/1.1 origin the proxy needs one of its own.
    expect: either(
      relays(seen =>
        seen.origin.requests[0]?.version === 'HTTP/1.1' && !/^host: ?\S/im.test(seen.origin.requests[0].head)
          ? 'HTTP/1.1 without Host at the origin'
          : undefined,
      ),
      rejects(400),
    ),
  },
  {
    name: 'host: twice in HTTP/1.0',
    send: [head('GET /a HTTP/1.0', 'Host: app.test', 'Host: evil.test') + smuggled],
    expect: rejects(400),
  },
  {
    name: 'host: malformed in HTTP/1.0',
    send: [head('GET /a HTTP/1.0', 'Host: a@b') + smuggled],
    expect: rejects(400),
  },
]

const absolute = (name: string, target: string, path: string, host = 'app.test', ...more: readonly string[]): Case => ({
  name: `absolute-form: ${name}`,
  send: [head(`GET ${target} HTTP/1.1`, ...(more.length > 0 ? more : ['Host: app.test']))],
  expect: relays(originTarget(path), originField('host', host)),
})

const badTarget = (target: string, host = 'app.test'): Case => ({
  name: `absolute-form: ${JSON.stringify(target)}`,
  send: [head(`GET ${target} HTTP/1.1`, `Host: ${host}`) + smuggled],
  expect: rejects(400),
})

const authority = (text: string) => badTarget(`http://${text}/x`)

const absoluteForm: readonly Case[] = [
  absolute('plain', 'http://app.test/x?y=1', '/x?y=1'),
  absolute('no path', 'http://app.test', '/'),
  absolute('no path, a query', 'http://app.test?y=1', '/?y=1'),
  absolute('upper case scheme', 'HTTP://app.test/x', '/x'),
  absolute('port', 'http://app.test:8080/x', '/x', 'app.test:8080', 'Host: app.test:8080'),
  absolute('IPv6', 'http://[::1]:8080/x', '/x', '[::1]:8080', 'Host: [::1]:8080'),
  absolute('a URL in the query', 'http://app.test/x?u=http://evil.test/', '/x?u=http://evil.test/'),
  absolute('an @ in the path', 'http://app.test/u@evil.test', '/u@evil.test'),
  absolute('an @ in the query', 'http://app.test?u@evil.test', '/?u@evil.test'),
  {
    name: 'absolute-form: Host says otherwise',
    send: [head('GET http://app.test/x HTTP/1.1', 'Host: evil.test')],
    // RFC 9112 3.2.2: the received Host is ignored and replaced.
    expect: either(
      relays(originField('host', 'app.test'), originMisses('evil.test'), originTarget('/x')),
      rejects(400),
    ),
  },
  {
    name: 'absolute-form: without Host',
    send: [head('GET http://app.test/x HTTP/1.1') + smuggled],
    expect: rejects(400),
  },
  {
    name: 'absolute-form: with a malformed Host',
    send: [head('GET http://app.test/x HTTP/1.1', 'Host: a@b') + smuggled],
    expect: rejects(400),
  },
  {
    name: 'absolute-form: HTTP/1.0 without Host',
    send: [head('GET http://app.test/x HTTP/1.0')],
    expect: relays(originField('host', 'app.test'), originTarget('/x')),
  },
  {
    name: 'absolute-form: OPTIONS without path',
    send: [head('OPTIONS http://app.test HTTP/1.1', 'Host: app.test')],
    // RFC 9112 3.2.4: the last proxy sends an asterisk; a slash is what older ones send.
    expect: either(relays(originTarget('*')), relays(originTarget('/'))),
  },
  {
    name: 'absolute-form: https',
    send: [head('GET https://app.test/x HTTP/1.1', 'Host: app.test')],
    expect: either(relays(originTarget('/x'), originField('host', 'app.test')), rejects(400, 403, 421, 501)),
  },
  {
    name: 'absolute-form: an empty port',
    send: [head('GET http://app.test:/x HTTP/1.1', 'Host: app.test')],
    expect: either(relays(originTarget('/x'), originField('host', /^app\.test:?$/)), rejects(400)),
  },
  ...['', ':80', 'u@app.test', 'u:p@app.test', '@app.test', 'u@', 'a@b@app.test', 'app.test@evil.test'].map(authority),
  ...['a:b', 'a:80:80', 'a:-1', 'a:80x', '[::1', '::1', '[::1]x', '[zz]', '[]', 'a,b', 'a"b', 'a<b', 'a\\b'].map(
    authority,
  ),
  ...[
    'a\x00b',
    'gr\xc3\xbc\xc3\x9fe.test',
    'a\x0bb',
    'a\x7fb',
    'a|b',
    'a^b',
    '{a}',
    'a%zz',
    'evil.test\\@app.test',
  ].map(authority),
  ...['http://a b/x', 'http://app.test/a b', 'http:// app.test/x', 'http://app.test/x#f', 'http://app.test#f'].map(
    each => badTarget(each),
  ),
  ...['http:/app.test/x', 'http:app.test/x', 'http://', 'http:', '://app.test/x', 'http//app.test/x'].map(each =>
    badTarget(each),
  ),
  ...['ftp://app.test/x', 'file:///etc/passwd', 'javascript:1', 'ws://app.test/x', 'h\xc3\xbc://app.test/x'].map(each =>
    badTarget(each),
  ),
]

export const host: readonly Case[] = [...values, ...lines, ...absoluteForm]
