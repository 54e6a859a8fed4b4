import { itTells, listeners, services } from './told.ts'

describe('config: addresses given twice', () => {
  itTells([
    [
      'twice in one service, in two spellings',
      services('web: { endpoints: ["x:1", { address: "X:01", weight: 2 }] }'),
      'f:3:29: services.web.endpoints[1]: is the same endpoint as services.web.endpoints[0]',
    ],
    [
      'twice among listeners',
      listeners(`
        - listen: "l:1"
        - listen: "L:1"
      `),
      'f:4:13: listeners[1].listen: is the same address as listeners[0].listen',
    ],
    [
      'of admin, again',
      `admin: "l:1"\n${listeners('- listen: "l:1"')}`,
      'f:4:13: listeners[0].listen: is the same address as admin',
    ],
    [
      'of admin, again, by default',
      listeners('- listen: "127.0.0.1:4191"'),
      'f:3:13: listeners[0].listen: is the same address as the default of admin',
    ],
  ])
})

describe('config: addresses that cannot both be had', () => {
  itTells([
    [
      'a wildcard and a part of it',
      listeners(`
        - listen: 0.0.0.0:4140
        - listen: localhost:4140
        - listen: "[::1]:4140"
        - listen: "[::]:4141"
        - listen: 127.0.0.1:4141
        - listen: 127.0.0.1:5000
        - listen: 0.0.0.0:5000
        - listen: localhost:5000
      `),
      `
        f:4:13: listeners[1].listen: "localhost:4140" is taken by listeners[0].listen, "0.0.0.0:4140"; expected another port
        f:7:13: listeners[4].listen: "127.0.0.1:4141" is taken by listeners[3].listen, "[::]:4141"; expected another port
        f:9:13: listeners[6].listen: "0.0.0.0:5000" takes in listeners[5].listen, "127.0.0.1:5000"; expected another port
        f:10:13: listeners[7].listen: is the same address as listeners[5].listen
      `,
    ],
    [
      'a wildcard and admin',
      listeners('- listen: "[::]:4191"'),
      'f:3:13: listeners[0].listen: "[::]:4191" takes in the default of admin, "127.0.0.1:4191"; expected another port',
    ],
    [
      'socket paths in two spellings',
      listeners(`
        - listen: unix:/tmp/a.sock
        - listen: unix:/tmp/x/../a.sock
      `),
      'f:4:13: listeners[1].listen: is the same address as listeners[0].listen',
    ],
  ])
})

describe('config: endpoints that lead back', () => {
  itTells([
    [
      'to a listener',
      `
        admin: unix:/run/admin.sock
        listeners:
          - listen: 127.0.0.1:4140
          - listen: 0.0.0.0:8080
        services:
          web:
            endpoints:
              - localhost:4140
              - { weight: 2, address: 127.0.0.1:8080 }
              - 10.0.0.7:8080
              - unix:/run/../run/admin.sock
      `,
      `
        f:8:9: services.web.endpoints[0]: "localhost:4140" leads back to listeners[0].listen; expected the address of an app
        f:9:31: services.web.endpoints[1].address: "127.0.0.1:8080" leads back to listeners[1].listen, "0.0.0.0:8080"; expected the address of an app
        f:11:9: services.web.endpoints[3]: "unix:/run/../run/admin.sock" leads back to admin; expected the address of an app
      `,
    ],
    [
      'to admin, by default',
      services('web: { endpoints: ["127.0.0.1:4191"] }'),
      'f:3:22: services.web.endpoints[0]: "127.0.0.1:4191" leads back to the default of admin; expected the address of an app',
    ],
  ])
})

describe('config: targets', () => {
  itTells([
    [
      'unknown service',
      listeners(`
        - { listen: "l:1", service: wbe }
        - { listen: "l:2", service: api }
      `),
      `
        f:3:31: listeners[0].service: "wbe" is not a service; expected web. Did you mean "web"?
        f:4:31: listeners[1].service: "api" is not a service; expected web
      `,
    ],
    [
      'service and routes',
      listeners('- { listen: "l:1", service: web, routes: [{ service: web }] }'),
      'f:3:22: listeners[0].service: a listener has either service or routes; make the service a route without host and prefix',
    ],
    [
      'the same route twice',
      listeners(`
        - listen: "l:1"
          routes:
            - { host: A.b, prefix: /x/, service: web }
            - { host: a.B, prefix: /x, service: web }
            - { service: web }
            - { prefix: /, service: web }
      `),
      `
        f:6:9: listeners[0].routes[1]: is the same host and prefix as listeners[0].routes[0]
        f:8:9: listeners[0].routes[3]: is the same host and prefix as listeners[0].routes[2]
      `,
    ],
  ])
})

describe('config: service names', () => {
  itTells([
    [
      'names',
      services(`
        a_b: { endpoints: ["x:1"] }
        -a: { endpoints: ["x:1"] }
        "": { endpoints: ["x:1"] }
        a.b: { endpoints: ["x:1"] }
        Web: { endpoints: ["x:1"] }
        web: { endpoints: ["x:1"] }
      `),
      `
        f:3:3: services.a_b: "a_b" is not a service name; expected letters, digits and inner hyphens, at most 63, because it is used as host name. Did you mean "a-b"?
        f:4:3: services.-a: "-a" is not a service name; expected letters, digits and inner hyphens, at most 63, because it is used as host name
        f:5:3: services[""]: "" is not a service name; expected letters, digits and inner hyphens, at most 63, because it is used as host name
        f:6:3: services["a.b"]: "a.b" is not a service name; expected letters, digits and inner hyphens, at most 63, because it is used as host name. Did you mean "a-b"?
        f:8:3: services.web: is the same service as services.Web
      `,
    ],
  ])
})
