import { expect } from 'chai'
import { elsewhere } from '../../../sidecar/config/misplaced.ts'
import { itTells, listeners, services, top } from './told.ts'

describe('config: keys that belong elsewhere', () => {
  itTells([
    [
      'at the top',
      top(`
        timeouts: { total: 1s }
        balance: round-robin
        listen: l:1
        service: web
      `),
      `
        f:3:1: timeouts: unknown key; expected one of admin, delay, grace, log, listeners, services; that is a key of a listener or a service
        f:4:1: balance: unknown key; expected one of admin, delay, grace, log, listeners, services; that is a key of a service
        f:5:1: listen: unknown key; expected one of admin, delay, grace, log, listeners, services; that is a key of a listener
        f:6:1: service: unknown key; expected one of admin, delay, grace, log, listeners, services. Did you mean "services"?
      `,
    ],
    [
      'in a listener',
      listeners(`
        - { host: 127.0.0.1, port: 4140 }
        - { listen: "l:1", timeouts: { total: 1s }, balance: round-robin, prefix: /a }
      `),
      `
        f:3:5: listeners[0].listen: is missing
        f:3:7: listeners[0].host: unknown key; expected host and port in one: write listen: host:port
        f:3:24: listeners[0].port: unknown key; expected host and port in one: write listen: host:port
        f:4:34: listeners[1].timeouts.total: unknown key; expected one of head, idle, keepAlive; that is a key of services.*.timeouts
        f:4:47: listeners[1].balance: unknown key; expected one of listen, service, routes, outlive, trust, timeouts, limits; that is a key of a service
        f:4:69: listeners[1].prefix: unknown key; expected one of listen, service, routes, outlive, trust, timeouts, limits; that is a key of a route
      `,
    ],
    [
      'in a service',
      services('web: { endpoints: [{ host: a, port: 1 }], weight: 2, inFlight: 5, queue: 1, attempts: 2, port: 1 }'),
      `
        f:3:22: services.web.endpoints[0].address: is missing
        f:3:24: services.web.endpoints[0].host: unknown key; expected host and port in one: write address: host:port
        f:3:33: services.web.endpoints[0].port: unknown key; expected host and port in one: write address: host:port
        f:3:45: services.web.weight: unknown key; expected a key that docs/configuration.md lists; that is a key of an endpoint
        f:3:56: services.web.inFlight: unknown key; expected a key that docs/configuration.md lists; that is a key of services.*.limits
        f:3:69: services.web.queue: unknown key; expected a key that docs/configuration.md lists; that is a key of services.*.limits
        f:3:79: services.web.attempts: unknown key; expected a key that docs/configuration.md lists; that is a key of services.*.retries
        f:3:92: services.web.port: unknown key; expected a key that docs/configuration.md lists
      `,
    ],
  ])

  it('are looked for below the map first, then everywhere, and not named when they could be anywhere', () => {
    expect(elsewhere(['services', 'web'], 'body')).to.equal(
      'that is a key of services.*.limits, services.*.health.http or services.*.retries',
    )
    expect(elsewhere(['services', 'web', 'health'], 'path')).to.equal('that is a key of services.*.health.http')
    expect(elsewhere(['listeners', 0, 'routes', 0], 'queue')).to.equal('that is a key of services.*.limits')
    expect(elsewhere(['services', 'web'], 'level')).to.equal('that is a key of log')
    expect(elsewhere(['log'], 'admin')).to.equal('that is a key of the top level')
    expect(elsewhere([], 'above')).to.equal(undefined)
    expect(elsewhere([], 'constructor')).to.equal(undefined)
  })
})
