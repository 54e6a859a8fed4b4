import { expect } from 'chai'
import { itTells, services, told } from './told.ts'

const EXPECTED = 'one of least-connections, round-robin, two-choices, peak-ewma, or { hash: ... }'

describe('config: balance', () => {
  itTells([
    [
      'of no known name or kind',
      services(`
        a: { endpoints: ["x:1"], balance: least-conections }
        b: { endpoints: ["x:1"], balance: best }
        c: { endpoints: ["x:1"], balance: 5 }
        d: { endpoints: ["x:1"], balance: {} }
        e: { endpoints: ["x:1"], balance: [round-robin] }
      `),
      `
        f:3:37: services.a.balance: "least-conections" is not a balancer; expected ${EXPECTED}. Did you mean "least-connections"?
        f:4:37: services.b.balance: "best" is not a balancer; expected ${EXPECTED}
        f:5:37: services.c.balance: 5 is not a balancer; expected ${EXPECTED}
        f:6:28: services.d.balance.hash: is missing
        f:7:37: services.e.balance: a list is not a balancer; expected ${EXPECTED}
      `,
    ],
    [
      'hash keys',
      services(`
        a: { endpoints: ["x:1"], balance: { hash: pth } }
        b: { endpoints: ["x:1"], balance: { hash: {} } }
        c: { endpoints: ["x:1"], balance: { hash: { header: a, cookie: b } } }
        d: { endpoints: ["x:1"], balance: { hash: { query: a } } }
        e: { endpoints: ["x:1"], balance: { hash: { header: "a b" } } }
        f: { endpoints: ["x:1"], balance: { hash: { cookie: 5 } } }
        g: { endpoints: ["x:1"], balance: { hash: } }
      `),
      `
        f:3:45: services.a.balance.hash: "pth" is not a hash key; expected exactly one of client, path, { header: name } or { cookie: name }. Did you mean "path"?
        f:4:45: services.b.balance.hash: a map is not one hash key; expected exactly one of client, path, { header: name } or { cookie: name }
        f:5:45: services.c.balance.hash: a map is not one hash key; expected exactly one of client, path, { header: name } or { cookie: name }
        f:6:47: services.d.balance.hash.query: unknown key; expected one of header, cookie; that is a key of listeners[].routes[].sticky or services.*.sticky
        f:7:55: services.e.balance.hash.header: "a b" is not a header name; expected a name like x-user
        f:8:55: services.f.balance.hash.cookie: 5 needs quotes to be text: "5"
        f:9:39: services.g.balance.hash: has no value; give it one, or leave it out
      `,
    ],
  ])

  for (const [written, meant] of [
    ['least_conn', '"least-connections"'],
    ['leastconn', '"least-connections"'],
    ['least-conn', '"least-connections"'],
    ['LEAST_REQUEST', '"least-connections"'],
    ['roundrobin', '"round-robin"'],
    ['rr', '"round-robin"'],
    ['random', '"two-choices"'],
    ['p2c', '"two-choices"'],
    ['ewma', '"peak-ewma"'],
    ['hash', '{ hash: client }'],
    ['ip_hash', '{ hash: client }'],
    ['source', '{ hash: client }'],
    ['uri', '{ hash: path }'],
  ]) {
    it(`called ${written} elsewhere`, () => {
      expect(told(services(`web: { endpoints: ["x:1"], balance: ${written} }`))).to.equal(
        `f:3:39: services.web.balance: "${written}" is not a balancer; expected ${EXPECTED}. Did you mean ${meant}?`,
      )
    })
  }
})
