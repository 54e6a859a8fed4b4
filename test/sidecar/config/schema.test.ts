import { itTells, listeners, services, top } from './told.ts'

describe('config: keys', () => {
  itTells([
    [
      'unknown at the top',
      top('listners: []'),
      'f:3:1: listners: unknown key; expected one of admin, delay, grace, log, listeners, services. Did you mean "listeners"?',
    ],
    [
      'that begin with x- at the top, whatever is in them, and only there',
      `
        x-usual: &usual { endpoints: ["x:1"], timeouts: { total: 5 }, env: "\${NONE}" }
        x-: { x: 1, x: 1 }
        listeners: [{ listen: "l:1", x-a: 1 }]
        services: { web: *usual }
      `,
      `
        f:1:58: services.web.timeouts.total: 5 has no unit; write 5s or 5ms
        f:1:68: services.web.env: environment variable NONE is not set; set it, or write \${NONE:-default}
        f:3:30: listeners[0].x-a: unknown key; expected one of listen, service, routes, outlive, trust, timeouts, limits
      `,
    ],
    [
      'of a later version',
      services('web: { endpoints: ["x:1"], stickyness: { cookie: a }, discovery: dns }'),
      `
        f:3:30: services.web.stickyness: unknown key; expected a key that docs/configuration.md lists
        f:3:57: services.web.discovery: unknown key; expected a key that docs/configuration.md lists
      `,
    ],
    [
      'unknown in sections, with suggestions',
      services(`
        web:
          endpoints: ["x:1"]
          timeout: { total: 1s }
          limits: { inflight: 1, queu: 1 }
          timeouts: { conect: 1s, zzz: 1s }
      `),
      `
        f:5:5: services.web.timeout: unknown key; expected a key that docs/configuration.md lists. Did you mean "timeouts"?
        f:6:15: services.web.limits.inflight: unknown key; expected one of inFlight, queue, queueTimeout, connections, endpointInFlight, adaptive, body. Did you mean "inFlight"?
        f:6:28: services.web.limits.queu: unknown key; expected one of inFlight, queue, queueTimeout, connections, endpointInFlight, adaptive, body. Did you mean "queue"?
        f:7:17: services.web.timeouts.conect: unknown key; expected one of connect, head, perTry, idle, total, keepAlive, tunnel. Did you mean "connect"?
        f:7:29: services.web.timeouts.zzz: unknown key; expected one of connect, head, perTry, idle, total, keepAlive, tunnel
      `,
    ],
    [
      'unknown in an endpoint',
      services('web: { endpoints: [{ address: "x:1", wieght: 2 }] }'),
      'f:3:40: services.web.endpoints[0].wieght: unknown key; expected one of address, weight. Did you mean "weight"?',
    ],
    [
      'that any object has',
      services('web: { endpoints: ["x:1"], constructor: 1, __proto__: 1 }'),
      `
        f:3:30: services.web.constructor: unknown key; expected a key that docs/configuration.md lists
        f:3:46: services.web.__proto__: unknown key; expected a key that docs/configuration.md lists
      `,
    ],
    [
      'that are no text',
      services('web: { endpoints: ["x:1"], 5: 1, ~: 2, [a]: 3 }'),
      'f:3:42: services.web: a key must be plain text; an IPv6 address and what starts with [, { or * needs quotes',
    ],
  ])
})

describe('config: listeners', () => {
  itTells([
    [
      'without dashes',
      `
        listeners:
          listen: "l:1"
        services: { web: { endpoints: ["x:1"] } }
      `,
      'f:2:3: listeners: a map is not a list of listeners; expected a dash before each: write "- listen: ..."',
    ],
    [
      'a space left out behind a key',
      listeners(`
        - listen:127.0.0.1:4140
        - { listen: "l:1", limits: { head:16KiB } }
      `),
      `
        f:3:5: listeners[0]: "listen:127.0.0.1:4140" is not a map; expected a space behind "listen:"
        f:4:32: listeners[1].limits["head:16KiB"]: unknown key; expected a space behind "head:"
      `,
    ],
    [
      'trust',
      listeners(`
        - { listen: "l:1", trust: loopback }
        - { listen: "l:2", trust: true }
        - { listen: "l:3", trust: 10.0.0.0/8 }
        - { listen: "l:4", trust: "fd00::/8" }
        - { listen: "l:5", trust: "1" }
      `),
      `
        f:3:29: listeners[0].trust: "loopback" is not a number of hops or a list of networks; expected 0 to 32, or a list like [10.0.0.0/8]. Did you mean [127.0.0.0/8, "::1"]?
        f:4:29: listeners[1].trust: true is not a number of hops or a list of networks; expected 0 to 32, or a list like [10.0.0.0/8]
        f:5:29: listeners[2].trust: "10.0.0.0/8" is not a number of hops or a list of networks; expected 0 to 32, or a list like [10.0.0.0/8]. Did you mean [10.0.0.0/8]?
        f:6:29: listeners[3].trust: "fd00::/8" is not a number of hops or a list of networks; expected 0 to 32, or a list like [10.0.0.0/8]. Did you mean ["fd00::/8"]?
        f:7:29: listeners[4].trust: "1" is not a number of hops or a list of networks; expected 0 to 32, or a list like [10.0.0.0/8]. Did you mean 1, without quotes?
      `,
    ],
    [
      'service of another type',
      listeners(`
        - { listen: "l:1", service: 80 }
        - { listen: "l:2", service: [web] }
        - { listen: "l:3", service: "" }
      `),
      `
        f:3:31: listeners[0].service: 80 needs quotes to be text: "80"
        f:4:31: listeners[1].service: a list is not a service name; expected a name under services
        f:5:31: listeners[2].service: "" is not a service; expected web
      `,
    ],
    [
      'routes empty, or no list',
      listeners(`
        - { listen: "l:1", routes: [] }
        - { listen: "l:2", routes: web }
        - { listen: "l:3", routes: { service: web } }
      `),
      `
        f:3:30: listeners[0].routes: is empty; expected at least one route, or no routes key at all
        f:4:30: listeners[1].routes: "web" is not a list of routes; expected at least one route
        f:5:30: listeners[2].routes: a map is not a list of routes; expected a dash before each: write "- service: ..."
      `,
    ],
    [
      'idempotent routes',
      listeners(`
        - listen: "l:1"
          routes:
            - { service: web, idempotent: yes }
            - { service: web, prefix: /a, idempotnt: true }
        - { listen: "l:2", service: web, idempotent: true }
        - { listen: "l:3", routes: [{ service: web, idempotent: "true" }] }
      `),
      `
        f:5:37: listeners[0].routes[0].idempotent: "yes" is not a switch; expected true or false
        f:6:37: listeners[0].routes[1].idempotnt: unknown key; expected one of host, prefix, service, idempotent, sticky. Did you mean "idempotent"?
        f:7:36: listeners[1].idempotent: unknown key; expected one of listen, service, routes, outlive, trust, timeouts, limits; that is a key of a route
        f:8:59: listeners[2].routes[0].idempotent: "true" is not a switch; expected true or false. Did you mean true, without quotes?
      `,
    ],
    [
      'timeouts and limits',
      listeners(
        '- { listen: "l:1", timeouts: { head: 5, idle: 0s, keepAlive: forever }, limits: { connections: 0, head: 512B, target: 8192, fields: many } }',
      ),
      `
        f:3:40: listeners[0].timeouts.head: 5 has no unit; write 5s or 5ms
        f:3:49: listeners[0].timeouts.idle: "0s" is out of range; expected 1ms to 24h
        f:3:64: listeners[0].timeouts.keepAlive: "forever" is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h, d
        f:3:98: listeners[0].limits.connections: 0 is not allowed; expected a whole number, 1 to 1000000
        f:3:107: listeners[0].limits.head: "512B" is out of range; expected 1KiB to 64KiB
        f:3:121: listeners[0].limits.target: 8192 has no unit; write 8192KiB or 8192B
        f:3:135: listeners[0].limits.fields: "many" is not allowed; expected a whole number, 1 to 1000
      `,
    ],
  ])
})

describe('config: services', () => {
  itTells([
    [
      'no endpoints',
      services(`
        a: {}
        b: { endpoints: [] }
        c: { endpoints: }
        d: { endpoints: "x:1" }
        e:
        f: x:1
      `),
      `
        f:3:3: services.a.endpoints: is missing
        f:4:19: services.b.endpoints: is empty; expected at least one endpoint
        f:5:8: services.c.endpoints: has no value; give it one, or leave it out
        f:6:19: services.d.endpoints: "x:1" is not a list of endpoints; expected a list like [127.0.0.1:3001]
        f:7:3: services.e: has no value; give it one, or leave it out
        f:8:6: services.f: "x:1" is not a map; expected a map with known keys
      `,
    ],
    [
      'weights',
      services(
        'web: { endpoints: [{ address: "a:1", weight: 0 }, { address: "b:1", weight: -1 }, { address: "c:1", weight: 1001 }, { address: "d:1", weight: heavy }, { address: "e:1", weight: .nan }, { weight: 1 }] }',
      ),
      `
        f:3:48: services.web.endpoints[0].weight: 0 is not a weight; expected a number above 0, up to 1000
        f:3:79: services.web.endpoints[1].weight: -1 is not a weight; expected a number above 0, up to 1000
        f:3:111: services.web.endpoints[2].weight: 1001 is not a weight; expected a number above 0, up to 1000
        f:3:145: services.web.endpoints[3].weight: "heavy" is not a weight; expected a number above 0, up to 1000
        f:3:180: services.web.endpoints[4].weight: NaN is not a weight; expected a number above 0, up to 1000
        f:3:188: services.web.endpoints[5].address: is missing
      `,
    ],
    [
      'durations',
      services(
        'web: { endpoints: ["x:1"], timeouts: { connect: 5, head: 0ms, idle: -5s, total: 2 days, keepAlive: 25h, tunnel: } }',
      ),
      `
        f:3:51: services.web.timeouts.connect: 5 has no unit; write 5s or 5ms
        f:3:60: services.web.timeouts.head: "0ms" is out of range; expected 1ms to 24h
        f:3:71: services.web.timeouts.idle: "-5s" is out of range; expected 1ms to 24h
        f:3:83: services.web.timeouts.total: "2 days" is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h, d
        f:3:102: services.web.timeouts.keepAlive: "25h" is out of range; expected 1ms to 24h
        f:3:107: services.web.timeouts.tunnel: has no value; give it one, or leave it out
      `,
    ],
    [
      'limits',
      services(`
        web: { endpoints: ["x:1"], limits: { inFlight: 0, queue: -1, queueTimeout: 1, connections: 1e9, body: 64 } }
        b: { endpoints: ["x:1"], limits: { inFlight: 1.5, queue: "7", body: infinite } }
      `),
      `
        f:3:50: services.web.limits.inFlight: 0 is not allowed; expected a whole number, 1 to 1000000
        f:3:60: services.web.limits.queue: -1 is not allowed; expected a whole number, 0 to 1000000
        f:3:78: services.web.limits.queueTimeout: 1 has no unit; write 1s or 1ms
        f:3:94: services.web.limits.connections: 1000000000 is not allowed; expected a whole number, 1 to 65535
        f:3:105: services.web.limits.body: 64 has no unit; write 64KiB or 64B, or unlimited
        f:4:48: services.b.limits.inFlight: 1.5 is not allowed; expected a whole number, 1 to 1000000
        f:4:60: services.b.limits.queue: "7" is not allowed; expected a whole number, 0 to 1000000. Did you mean 7, without quotes?
        f:4:71: services.b.limits.body: "infinite" is not a size; expected 1B to 1TiB, as a number and one of B, KB, KiB, MB, MiB, GB, GiB, TB, TiB, or unlimited
      `,
    ],
    [
      'upgrades',
      services(`
        a: { endpoints: ["x:1"], upgrades: websocket }
        b: { endpoints: ["x:1"], upgrades: ["web socket", 5, ""] }
      `),
      `
        f:3:38: services.a.upgrades: "websocket" is not a list of protocols; expected a list like [websocket]
        f:4:39: services.b.upgrades[0]: "web socket" is not a protocol name; expected a name like websocket
        f:4:53: services.b.upgrades[1]: 5 needs quotes to be text: "5"
        f:4:56: services.b.upgrades[2]: "" is not a protocol name; expected a name like websocket
      `,
    ],
  ])
})

describe('config: log and grace', () => {
  itTells([
    [
      'log and grace',
      top(`
        grace: 15
        log: { level: verbose, access: yes }
      `),
      `
        f:3:8: grace: 15 has no unit; write 15s or 15ms
        f:4:15: log.level: "verbose" is not a log level; expected one of fatal, error, warn, info, debug, silent
        f:4:32: log.access: "yes" is not a switch; expected true or false
      `,
    ],
    [
      'log, misspelt',
      top('log: { level: wran, access: 1 }'),
      `
        f:3:15: log.level: "wran" is not a log level; expected one of fatal, error, warn, info, debug, silent. Did you mean "warn"?
        f:3:29: log.access: 1 is not a switch; expected true or false
      `,
    ],
  ])
})
