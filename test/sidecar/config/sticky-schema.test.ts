// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables are the configuration's
import { expect } from 'chai'
import { parseConfig } from '../../../sidecar/config/load.ts'
import type { StickySettings } from '../../../sidecar/model/sticky-settings.ts'
import { itRefuses, itTells, listeners, serviceOf, told } from './told.ts'

const KEY = 'sixteen-letters!'
const HOUR = 3_600_000

const PIN: StickySettings = {
  by: {
    kind: 'cookie',
    name: 'outrigger_pin',
    path: '/',
    domain: undefined,
    sameSite: 'lax',
    partitioned: false,
    keys: [KEY],
    idle: HOUR,
    life: 24 * HOUR,
  },
  onLost: 'rebalance',
  drain: 300_000,
}

describe('config: sticky', () => {
  const of = (lines: string) => serviceOf(`sticky: ${lines}`).sticky

  it('is off by default', () => {
    expect(serviceOf('').sticky).to.equal(undefined)
    expect(of('false')).to.equal(undefined)
  })

  it('by a cookie needs its name and a key, and has all else by default', () => {
    expect(of(`{ cookie: outrigger_pin, key: ${KEY} }`)).to.deep.equal(PIN)
    expect(of(`{ cookie: {}, key: ${KEY} }`)).to.deep.equal(PIN)
    const every = `{ cookie: { name: p, path: /a, domain: b.example, sameSite: none, partitioned: true }, key: [${KEY}, ${KEY}2], idle: 10m, life: 7d, onLost: strict, drain: 0s }`
    expect(of(every)).to.deep.equal({
      by: {
        kind: 'cookie',
        name: 'p',
        path: '/a',
        domain: 'b.example',
        sameSite: 'none',
        partitioned: true,
        keys: [KEY, `${KEY}2`],
        idle: HOUR / 6,
        life: 7 * 24 * HOUR,
      },
      onLost: 'strict',
      drain: 0,
    })
  })

  it('goes by other things too', () => {
    const byOf = (lines: string) => of(lines)?.by
    const learned = { kind: 'learned', idle: HOUR, entries: 100_000 }
    expect(byOf('{ learn: connect.sid }')).to.deep.equal({ ...learned, from: 'cookie', name: 'connect.sid' })
    expect(byOf('{ learn: { header: Mcp-Session-Id }, idle: 2h, entries: 5 }')).to.deep.equal({
      ...{ kind: 'learned', from: 'header', name: 'mcp-session-id', idle: 2 * HOUR, entries: 5 },
    })
    expect(byOf('{ hash: connect.sid }')).to.deep.equal({ kind: 'hashed', from: 'cookie', name: 'connect.sid' })
    expect(byOf('{ header: X-Session }')).to.deep.equal({ kind: 'hashed', from: 'header', name: 'x-session' })
    expect(byOf('{ query: sid }')).to.deep.equal({ kind: 'hashed', from: 'query', name: 'sid' })
  })

  it('takes its keys from variables, also those that look like numbers, one or more', () => {
    const lines =
      'listeners: [listen: "l:9"]\nservices: { web: { endpoints: ["x:1"], sticky: { cookie: a, key: ["${NEW}", "${OLD}"] } } }'
    const { by } = parseConfig(lines, 'f', { NEW: '12345678901234567890', OLD: KEY }).services[0]!.sticky!
    expect(by).to.deep.include({ keys: ['12345678901234567890', KEY] })
    expect(told(lines, { NEW: KEY })).to.match(/environment variable OLD is not set/)
  })

  it('never shows what was given as key', () => {
    for (const key of ['tooShortToBe', '123456', '[secret, 1]', '{ secret: 1 }', 'true', '[]', '""', '~']) {
      const text = told(
        `listeners: [listen: "l:9"]\nservices: { web: { endpoints: ["x:1"], sticky: { cookie: a, key: ${key} } } }`,
      )
      expect(text).to.match(/^f:2:\d+: services\.web\.sticky\.key(\[\d\])?: /)
      expect(text).not.to.match(/tooShort|123456|secret/)
    }
  })

  const expected = 'exactly one of cookie, learn, hash, header, query'
  itRefuses([
    [
      'sticky: true',
      'sticky: true is not a way to keep clients; expected false, or a map like { cookie: outrigger_pin, key: "${STICKY_KEY}" }',
    ],
    ['sticky: {}', `sticky: does not say by what; expected ${expected}`],
    ['sticky: { idle: 1h }', `sticky: does not say by what; expected ${expected}`],
    ['sticky: { header: a, query: b }', `sticky: has header and query; expected ${expected}`],
    [
      'sticky: { cookie: a }',
      'sticky: has no key; pins are signed with one that all sidecars share, at least 16 characters, such as openssl rand -base64 32 gives',
    ],
    [
      'sticky: { cookie: a, key: fifteen-letters }',
      'sticky.key: has 15 characters; expected at least 16, such as openssl rand -base64 32 gives',
    ],
    [
      `sticky: { cookie: a, key: [${KEY}, b] }`,
      'sticky.key[1]: has 1 character; expected at least 16, such as openssl rand -base64 32 gives',
    ],
    [
      'sticky: { cookie: a, key: 1234567890123456 }',
      'sticky.key: is not a key; expected text of at least 16 characters',
    ],
    [`sticky: { cookie: a, key: ${KEY}, idle: 60 }`, 'sticky.idle: 60 has no unit; write 60s or 60ms'],
    [
      `sticky: { cookie: a, key: ${KEY}, life: 2y }`,
      'sticky.life: "2y" is not a duration; expected 1s to 365d, as a number and one of ms, s, m, h, d',
    ],
    [
      `sticky: { cookie: "a b", key: ${KEY} }`,
      'sticky.cookie: "a b" is not a cookie name; expected a name like outrigger_pin',
    ],
    [
      `sticky: { cookie: { name: a, sameSite: Lax }, key: ${KEY} }`,
      'sticky.cookie.sameSite: "Lax" is not a SameSite policy; expected one of lax, strict, none. Did you mean "lax"?',
    ],
    [
      `sticky: { cookie: { domain: "a;b", path: b }, key: ${KEY} }`,
      `
        sticky.cookie.domain: "a;b" is not a cookie domain; expected a host like shop.example
        sticky.cookie.path: "b" is not a cookie path; expected a path like /shop
      `,
    ],
    [
      `sticky: { cookie: { name: __Host-a, domain: b.c, path: /d }, key: ${KEY} }`,
      `
        sticky.cookie.domain: a cookie named "__Host-a" has no domain, and the path /
        sticky.cookie.path: a cookie named "__Host-a" has no domain, and the path /
      `,
    ],
    [
      `sticky: { hash: a, key: ${KEY}, idle: 1h, life: 1h, drain: 1m, entries: 1 }`,
      `
        sticky.key: goes with cookie, not with hash
        sticky.idle: goes with cookie and learn, not with hash
        sticky.life: goes with cookie, not with hash
        sticky.drain: goes with cookie and learn, not with hash
        sticky.entries: goes with learn, not with hash
      `,
    ],
    [
      'sticky: { learn: a, onLost: stict }',
      'sticky.onLost: "stict" is not a way out; expected one of rebalance, strict. Did you mean "strict"?',
    ],
    [
      'sticky: { learn: { cookie: a } }',
      `
        sticky.learn.header: is missing
        sticky.learn.cookie: unknown key; expected header; that is a key of listeners[].routes[].sticky, services.*.balance.hash or services.*.sticky
      `,
    ],
  ])
})

describe('config: sticky routes', () => {
  it('have their own, none, or that of their service', () => {
    const { target } = parseConfig(
      `listeners: [{ listen: "l:1", routes: [{ prefix: /a, service: web, sticky: false }, { prefix: /b, service: web, sticky: { header: X } }, { service: web }] }]
services: { web: { endpoints: ["x:1"], sticky: { hash: sid } } }`,
      'f',
    ).listeners[0]!
    expect(target.kind === 'routes' && target.routes.map(({ sticky }) => sticky)).to.deep.equal([
      false,
      { by: { kind: 'hashed', from: 'header', name: 'x' }, onLost: 'rebalance', drain: 300_000 },
      undefined,
    ])
  })

  const two = (first: string, second: string) => `
    services:
      a: { endpoints: ["x:1"], sticky: { cookie: pin, key: ${KEY} } }
      b: { endpoints: ["x:2"], sticky: { cookie: pin, key: ${KEY} } }
    listeners:
      - listen: "l:1"
        routes:
          - { service: a, ${first} }
          - { service: b, ${second} }
  `
  const clash =
    'f:8:9: listeners[0].routes[1]: its cookie "pin" is that of listeners[0].routes[0], which is for another service; expected another name'
  itTells([
    ['of two services with one cookie', two('prefix: /a', 'prefix: /b'), clash],
    ['of one host and of any', two('host: x.y', 'prefix: /b'), clash],
    ['of two hosts', two('host: x.y', 'host: y.z'), 'nothing'],
    ['of which one is not sticky', two('prefix: /a', 'sticky: false'), 'nothing'],
    ['with two names', two('prefix: /a', `sticky: { cookie: other, key: ${KEY} }`), 'nothing'],
    [
      'with two paths',
      two(
        `prefix: /a, sticky: { cookie: { name: pin, path: /a }, key: ${KEY} }`,
        `prefix: /b, sticky: { cookie: { name: pin, path: /b }, key: ${KEY} }`,
      ),
      'nothing',
    ],
    [
      'wrong in themselves',
      listeners(
        '- { listen: "l:1", routes: [{ service: web, sticky: true }, { service: web, prefix: /a, sticky: { cookie: a } }] }',
      ),
      `
        f:3:55: listeners[0].routes[0].sticky: true is not a way to keep clients; expected false, or a map like { cookie: outrigger_pin, key: "\${STICKY_KEY}" }
        f:3:99: listeners[0].routes[1].sticky: has no key; pins are signed with one that all sidecars share, at least 16 characters, such as openssl rand -base64 32 gives
      `,
    ],
  ])
})
