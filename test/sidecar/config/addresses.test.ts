import { expect } from 'chai'
import { itTells, listeners, services, told, top } from './told.ts'

describe('config: addresses', () => {
  itTells([
    [
      'of endpoints',
      services(`
        web:
          endpoints:
            - localhost
            - 3001
            - http://shop.example/api
            - https://shop.example
            - "::1:3000"
            - "[::1]"
            - "[::z]:80"
            - "[1.2.3.4]:80"
            - 300.1.1.1:80
            - "a..b:80"
            - "a b:80"
            - x:0
            - x:65536
            - x:-1
            - /run/web.sock
            - "unix:"
            - ":3000"
            - ""
            - ["x:1"]
            - true
            -
      `),
      `
        f:5:9: services.web.endpoints[0]: "localhost" is not an address; expected host:port, "[::1]:port" or unix:/path. Did you mean "localhost:port"?
        f:6:9: services.web.endpoints[1]: 3001 is not an address; expected host:port, "[::1]:port" or unix:/path. Did you mean "127.0.0.1:3001"?
        f:7:9: services.web.endpoints[2]: "http://shop.example/api" is not an address; expected host:port, "[::1]:port" or unix:/path. Did you mean "shop.example:80"?
        f:8:9: services.web.endpoints[3]: "https://shop.example" is not an address; expected host:port, "[::1]:port" or unix:/path. Did you mean "shop.example:443"?
        f:9:9: services.web.endpoints[4]: "::1:3000" is not an address; expected host:port, "[::1]:port" or unix:/path. Did you mean "[::1]:3000"?
        f:10:9: services.web.endpoints[5]: "[::1]" is not an address; expected host:port, "[::1]:port" or unix:/path
        f:11:9: services.web.endpoints[6]: "[::z]:80" is not an address; expected host:port, "[::1]:port" or unix:/path
        f:12:9: services.web.endpoints[7]: "[1.2.3.4]:80" is not an address; expected host:port, "[::1]:port" or unix:/path
        f:13:9: services.web.endpoints[8]: "300.1.1.1:80" is not an address; expected host:port, "[::1]:port" or unix:/path
        f:14:9: services.web.endpoints[9]: "a..b:80" is not an address; expected host:port, "[::1]:port" or unix:/path
        f:15:9: services.web.endpoints[10]: "a b:80" is not an address; expected host:port, "[::1]:port" or unix:/path
        f:16:9: services.web.endpoints[11]: port 0 of "x:0" is out of range; expected 1 to 65535
        f:17:9: services.web.endpoints[12]: port 65536 of "x:65536" is out of range; expected 1 to 65535
        f:18:9: services.web.endpoints[13]: "x:-1" is not an address; expected host:port, "[::1]:port" or unix:/path
        f:19:9: services.web.endpoints[14]: "/run/web.sock" is not an address; expected host:port, "[::1]:port" or unix:/path. Did you mean "unix:/run/web.sock"?
        f:20:9: services.web.endpoints[15]: "unix:" is not an address; expected host:port, "[::1]:port" or unix:/path
        f:21:9: services.web.endpoints[16]: ":3000" is not an address; expected host:port, "[::1]:port" or unix:/path. Did you mean "127.0.0.1:3000"?
        f:22:9: services.web.endpoints[17]: "" is not an address; expected host:port, "[::1]:port" or unix:/path
        f:23:9: services.web.endpoints[18]: a list is not an address; expected host:port, "[::1]:port" or unix:/path
        f:24:9: services.web.endpoints[19]: true is not an address; expected host:port, "[::1]:port" or unix:/path
        f:25:8: services.web.endpoints[20]: has no value; give it one, or leave it out
      `,
    ],
    [
      'IPv6 without quotes in a flow',
      services('web: { endpoints: [x:1, [::1]:80] }'),
      'f:3:27: services.web.endpoints[1]: a key must be plain text; an IPv6 address and what starts with [, { or * needs quotes',
    ],
    [
      'of listeners',
      listeners(`
        - listen: "*:80"
        - listen: 80
        - listen: "l:70000"
        - {}
        - listen: "8080:l"
      `),
      `
        f:3:13: listeners[0].listen: "*:80" is not an address; expected host:port, "[::1]:port" or unix:/path. Did you mean "0.0.0.0:80"?
        f:4:13: listeners[1].listen: 80 is not an address; expected host:port, "[::1]:port" or unix:/path. Did you mean "127.0.0.1:80"?
        f:5:13: listeners[2].listen: port 70000 of "l:70000" is out of range; expected 0 to 65535
        f:6:5: listeners[3].listen: is missing
        f:7:13: listeners[4].listen: "8080:l" is not an address; expected host:port, "[::1]:port" or unix:/path
      `,
    ],
    [
      'with variables without braces',
      services('web: { endpoints: [127.0.0.1:$PORT, ":$PORT", "http://$HOST/", "$A:80"] }'),
      `
        f:3:22: services.web.endpoints[0]: "127.0.0.1:$PORT" is not an address; expected host:port, "[::1]:port" or unix:/path. Did you mean "127.0.0.1:\${PORT}"?
        f:3:39: services.web.endpoints[1]: ":$PORT" is not an address; expected host:port, "[::1]:port" or unix:/path. Did you mean "127.0.0.1:\${PORT}"?
        f:3:49: services.web.endpoints[2]: "http://$HOST/" is not an address; expected host:port, "[::1]:port" or unix:/path. Did you mean "\${HOST}:80"?
        f:3:66: services.web.endpoints[3]: "$A:80" is not an address; expected host:port, "[::1]:port" or unix:/path. Did you mean "\${A}:80"?
      `,
    ],
    ['of admin', top('admin: off'), 'f:3:8: admin: "off" is not an address; expected false to turn it off'],
  ])
})

describe('config: socket paths', () => {
  it('are as long as the system takes them', () => {
    expect(told(services(`web: { endpoints: ["unix:${'/'.repeat(107)}"] }`))).to.equal('nothing')
    expect(told(services(`web: { endpoints: ["unix:${'/'.repeat(108)}"] }`))).to.match(
      /^f:3:22: .*"unix:\/+\.\.\." is not a socket path; expected at most 107 bytes, none of them zero$/,
    )
  })
})

describe('config: hosts, prefixes and networks', () => {
  itTells([
    [
      'routes with mistakes',
      listeners(`
        - listen: "l:1"
          routes:
            - { prefix: /a }
            - { host: "shop.example:80", service: web }
            - { host: "*", service: web }
            - { host: "a.*.c", service: web }
            - { host: "*.*.c", service: web }
            - { host: "http://x", service: web }
            - { host: "*.1.2.3.4", service: web }
            - { host: "[::1]:80", service: nope }
      `),
      `
        f:5:9: listeners[0].routes[0].service: is missing
        f:6:17: listeners[0].routes[1].host: "shop.example:80" has a port; hosts are compared without one. Did you mean "shop.example"?
        f:7:17: listeners[0].routes[2].host: "*" is not a host; leave host out to match every host
        f:8:17: listeners[0].routes[3].host: "a.*.c" is not a host; expected a name like shop.example or "*.shop.example"
        f:9:17: listeners[0].routes[4].host: "*.*.c" is not a host; expected a name like shop.example or "*.shop.example"
        f:10:17: listeners[0].routes[5].host: "http://x" is not a host; expected a name like shop.example or "*.shop.example"
        f:11:17: listeners[0].routes[6].host: "*.1.2.3.4" is not a host; expected a name like shop.example or "*.shop.example"
        f:12:17: listeners[0].routes[7].host: "[::1]:80" has a port; hosts are compared without one. Did you mean "[::1]"?
        f:12:38: listeners[0].routes[7].service: "nope" is not a service; expected web
      `,
    ],
    [
      'wildcard without quotes',
      listeners(`
        - listen: l:1
          routes:
            - host: *.shop.example
              service: web
      `),
      'f:5:15: listeners[0].routes[0].host: there is no anchor &.shop.example; a host with a wildcard needs quotes: "*.shop.example"',
    ],
    [
      'prefixes',
      listeners(`
        - listen: "l:1"
          routes:
            - { prefix: api, service: web }
            - { prefix: "/a?b", service: web }
            - { prefix: "/a b", service: web }
            - { prefix: /é, service: web }
            - { prefix: 5, service: web }
      `),
      `
        f:5:19: listeners[0].routes[0].prefix: "api" is not a path prefix; expected a path like /api: from "/" on, percent-encoded, without a query
        f:6:19: listeners[0].routes[1].prefix: "/a?b" is not a path prefix; expected a path like /api: from "/" on, percent-encoded, without a query
        f:7:19: listeners[0].routes[2].prefix: "/a b" is not a path prefix; expected a path like /api: from "/" on, percent-encoded, without a query
        f:8:19: listeners[0].routes[3].prefix: "/é" is not a path prefix; expected a path like /api: from "/" on, percent-encoded, without a query
        f:9:19: listeners[0].routes[4].prefix: 5 is not a path prefix; expected a path like /api: from "/" on, percent-encoded, without a query
      `,
    ],
    [
      'trust',
      listeners(`
        - { listen: "l:1", trust: -1 }
        - { listen: "l:2", trust: 10.0.0.0/8 }
        - { listen: "l:3", trust: [] }
        - { listen: "l:4", trust: [10.0.0.0/33, "::/129", 10.0.0.0/8/8, "10.0.0.0/", shop.example, 1] }
        - { listen: "l:5", trust: 1.5 }
      `),
      `
        f:3:29: listeners[0].trust: -1 is not allowed; expected a whole number, 0 to 32
        f:4:29: listeners[1].trust: "10.0.0.0/8" is not a number of hops or a list of networks; expected 0 to 32, or a list like [10.0.0.0/8]. Did you mean [10.0.0.0/8]?
        f:5:29: listeners[2].trust: is empty; to believe nobody, write 0
        f:6:30: listeners[3].trust[0]: "10.0.0.0/33" is not a network; expected CIDR notation like 10.0.0.0/8 or fd00::/8
        f:6:43: listeners[3].trust[1]: "::/129" is not a network; expected CIDR notation like 10.0.0.0/8 or fd00::/8
        f:6:53: listeners[3].trust[2]: "10.0.0.0/8/8" is not a network; expected CIDR notation like 10.0.0.0/8 or fd00::/8
        f:6:67: listeners[3].trust[3]: "10.0.0.0/" is not a network; expected CIDR notation like 10.0.0.0/8 or fd00::/8
        f:6:80: listeners[3].trust[4]: "shop.example" is not a network; expected CIDR notation like 10.0.0.0/8 or fd00::/8
        f:6:94: listeners[3].trust[5]: 1 is not a network; expected CIDR notation like 10.0.0.0/8 or fd00::/8
        f:7:29: listeners[4].trust: 1.5 is not a number of hops or a list of networks; expected 0 to 32, or a list like [10.0.0.0/8]
      `,
    ],
  ])
})
