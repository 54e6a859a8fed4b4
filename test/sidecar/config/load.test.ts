// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables are the configuration's
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { ConfigError, loadConfig, parseConfig } from '../../../sidecar/config/load.ts'
import type { Settings } from '../../../sidecar/model/settings.ts'

const parse = (text: string, env: NodeJS.ProcessEnv = {}) => parseConfig(text, 'outrigger.yaml', env)

/** A valid file around the lines of one listener, or of one service. */
const listener = (lines: string) =>
  parse(`listeners: [{ listen: "l:1", ${lines} }]\nservices: { web: { endpoints: ["x:1"] } }`).listeners[0]!
const service = (lines: string) =>
  parse(`listeners: [{ listen: "l:1" }]\nservices: { web: { endpoints: ["x:1"], ${lines} } }`).services[0]!

describe('config: what a file becomes', () => {
  it('the shortest file gets every default', () => {
    const expected: Settings = {
      admin: '127.0.0.1:4191',
      delay: 0,
      grace: 15_000,
      log: { level: 'info', access: false },
      listeners: [
        {
          listen: '127.0.0.1:4140',
          target: { kind: 'by-name' },
          outlive: true,
          trust: 0,
          timeouts: { head: 10_000, idle: 60_000, keepAlive: 75_000 },
          limits: { connections: 10_000, head: 16_384, target: 8_192, fields: 100 },
        },
      ],
      services: [
        {
          name: 'web',
          endpoints: [{ address: '10.0.0.7:3001', weight: 1 }],
          balance: { name: 'least-connections' },
          timeouts: {
            connect: 1_000,
            head: 15_000,
            perTry: 15_000,
            idle: 300_000,
            total: 30_000,
            keepAlive: 3_000,
            tunnel: 3_600_000,
          },
          limits: {
            inFlight: 1_024,
            queue: 128,
            queueTimeout: 1_000,
            connections: 1_024,
            endpointInFlight: Infinity,
            adaptive: undefined,
            body: Infinity,
          },
          health: undefined,
          ejection: {
            consecutive: 5,
            failureRate: { above: 0.2, of: 5, within: 10_000 },
            slowRate: undefined,
            open: { least: 1_000, most: 60_000 },
            trials: 1,
            most: 0.5,
          },
          panic: 0.5,
          breaker: undefined,
          serviceBreaker: undefined,
          retries: {
            attempts: 1,
            on: ['connect', 'stale', 502, 503, 504],
            idempotent: false,
            backoff: { least: 25, most: 250 },
            budget: { share: 0.2, perSecond: 10 },
            body: 65_536,
          },
          hedge: undefined,
          slowStart: undefined,
          faults: undefined,
          sticky: undefined,
          loadReports: true,
          upgrades: ['websocket'],
        },
      ],
    }
    expect(
      parse('listeners: [listen: 127.0.0.1:4140]\nservices: { web: { endpoints: [10.0.0.7:3001] } }'),
    ).to.deep.equal(expected)
  })

  it('is frozen at every depth', () => {
    const settings = parse(
      'listeners: [{ listen: "l:1", trust: [10.0.0.0/8], routes: [{ service: web }] }]\n' +
        'services: { web: { endpoints: ["x:1"], balance: { hash: { header: a } }, retries: false, breaker: {}, hedge: {},' +
        ' health: { http: { headers: { a: b } } }, limits: { adaptive: true }, slowStart: {}, faults: { delay: {} } } }',
    )
    const open: string[] = []
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return
      if (!Object.isFrozen(value)) open.push(path)
      for (const [key, inner] of Object.entries(value)) visit(inner, `${path}.${key}`)
    }
    visit(settings, 'settings')
    expect(open).to.deep.equal([])
    expect(() => ((settings.services[0]!.limits as { queue: number }).queue = 1)).to.throw(TypeError)
  })

  it('keeps the order of the services, also of those named by numbers', () => {
    const text = ['zebra', '2', 'ape', '1'].map(name => `  ${name}: { endpoints: ["x:1"] }`).join('\n')
    const { services } = parse(`listeners: [{ listen: "l:1" }]\nservices:\n${text}`)
    expect(services.map(({ name }) => name)).to.deep.equal(['zebra', '2', 'ape', '1'])
  })

  it('keeps a service that is named like a property of every object', () => {
    const { services } = parse('listeners: [{ listen: "l:1" }]\nservices: { constructor: { endpoints: ["x:1"] } }')
    expect(services.map(({ name }) => name)).to.deep.equal(['constructor'])
  })

  it('takes addresses in all three forms, and writes them canonically', () => {
    const { listeners, services, admin } = parse(
      'admin: localhost:0\nlisteners: [{ listen: "[::]:08080" }, { listen: unix:/run/l.sock }, { listen: "l:0" }, { listen: "l:0" }]\n' +
        'services: { web: { endpoints: ["10.0.0.7:03001", "[::1]:80", unix:/run/web.sock, { address: a_b.c:1, weight: 0.5 }] } }',
    )
    expect(admin).to.equal('localhost:0')
    expect(listeners.map(({ listen }) => listen)).to.deep.equal(['[::]:8080', 'unix:/run/l.sock', 'l:0', 'l:0'])
    expect(services[0]!.endpoints).to.deep.equal([
      { address: '10.0.0.7:3001', weight: 1 },
      { address: '[::1]:80', weight: 1 },
      { address: 'unix:/run/web.sock', weight: 1 },
      { address: 'a_b.c:1', weight: 0.5 },
    ])
  })

  it('gives a listener its target, with names and hosts in lower case', () => {
    expect(listener('service: WEB').target).to.deep.equal({ kind: 'service', service: 'web' })
    expect(listener('').target).to.deep.equal({ kind: 'by-name' })
    const routes =
      'routes: [{ host: Shop.Example, prefix: /api/, service: Web, idempotent: true }, { host: "*.shop.example", service: web }, ' +
      '{ host: "[::1]", service: web }, { prefix: /a%20b//, service: web }, { service: web }]'
    expect(listener(routes).target).to.deep.equal({
      kind: 'routes',
      routes: [
        { host: 'shop.example', prefix: '/api', service: 'web', idempotent: true },
        { host: '*.shop.example', prefix: '/', service: 'web', idempotent: false },
        { host: '[::1]', prefix: '/', service: 'web', idempotent: false },
        { host: undefined, prefix: '/a%20b', service: 'web', idempotent: false },
        { host: undefined, prefix: '/', service: 'web', idempotent: false },
      ],
    })
  })

  it('takes trust as hops or as networks', () => {
    expect(listener('trust: 2').trust).to.equal(2)
    expect(listener('trust: [10.0.0.0/8, 192.168.1.1, "FD00::/8", "::1"]').trust).to.deep.equal([
      '10.0.0.0/8',
      '192.168.1.1/32',
      'fd00::/8',
      '::1/128',
    ])
  })

  it('takes every balancer and every hash key', () => {
    for (const name of ['least-connections', 'round-robin', 'two-choices', 'peak-ewma'] as const) {
      expect(service(`balance: ${name}`).balance).to.deep.equal({ name })
    }
    const keyOf = (hash: string) => service(`balance: { hash: ${hash} }`).balance
    expect(keyOf('client')).to.deep.equal({ name: 'hash', key: { from: 'client' } })
    expect(keyOf('path')).to.deep.equal({ name: 'hash', key: { from: 'path' } })
    expect(keyOf('{ header: X-User }')).to.deep.equal({ name: 'hash', key: { from: 'header', name: 'x-user' } })
    expect(keyOf('{ cookie: Cart }')).to.deep.equal({ name: 'hash', key: { from: 'cookie', name: 'Cart' } })
  })

  it('takes limits, timeouts and upgrades', () => {
    expect(service('limits: { queue: 0, body: 1.5KiB }').limits).to.include({ queue: 0, body: 1_536, inFlight: 1_024 })
    expect(service('timeouts: { connect: 250ms, perTry: 2s, total: 1.5s }').timeouts).to.include({
      connect: 250,
      perTry: 2_000,
      total: 1_500,
    })
    expect(service('upgrades: []').upgrades).to.deep.equal([])
    expect(service('upgrades: [WebSocket, IRC/6.9]').upgrades).to.deep.equal(['websocket', 'irc/6.9'])
    expect(
      parse('admin: false\ngrace: 0s\nlisteners: [listen: "l:1"]\nservices: { web: { endpoints: ["x:1"] } }'),
    ).to.include({
      admin: false,
      delay: 0,
      grace: 0,
    })
  })
})

describe('config: variables', () => {
  it('stand in values, whole or in part, and fall back', () => {
    const env = { HOST: 'orders', EMPTY: '' }
    const text =
      'listeners: [listen: "l:1"]\nservices: { web: { endpoints: ["${HOST}:${PORT:-80}", "${EMPTY:-e}:1"] } }'
    expect(parse(text, env).services[0]!.endpoints.map(({ address }) => address)).to.deep.equal(['orders:80', 'e:1'])
  })

  it('are what the key takes, with quotes or without, where they are the whole value', () => {
    const text = (admin: string) =>
      `admin: ${admin}\nlisteners: [listen: "l:1"]\nservices: { web: { endpoints: ["x:1"] } }`
    for (const admin of ['${ADMIN}', '"${ADMIN}"', "'${ADMIN}'", '"${NONE:-false}"']) {
      expect(parse(text(admin), { ADMIN: 'false' }).admin).to.equal(false)
    }
    const queue = (value: string) =>
      `listeners: [listen: "l:1"]\nservices:\n  web:\n    endpoints: ["x:1"]\n    limits:\n      queue: ${value}`
    for (const value of ['${Q}', '"${Q}"', '1${Q:-7}']) {
      expect(parse(queue(value), { Q: '17' }).services[0]!.limits.queue).to.be.oneOf([17, 117])
    }
    expect(() => parse(text('"${ADMIN}lse"'), { ADMIN: 'fa' })).to.throw(ConfigError, '"false" is not an address')
    expect(() => parse(queue('"1${Q}"'), { Q: '7' })).to.throw(ConfigError, '"17" is not allowed')
    expect(() => parse(queue('!!str ${Q}'), { Q: '7' })).to.throw(ConfigError, '"7" is not allowed')
  })

  it('are text as it is set where the key takes text', () => {
    const { services } = parse(
      'listeners: [listen: "l:1"]\nservices: { web: { endpoints: ["x:1"], limits: { queue: "${N}" }, health: { http: ' +
        '{ headers: { token: "${N}", on: "${ON}" }, body: "${N}" } }, balance: { hash: { header: "${N}" } } } }',
      { N: '007', ON: 'true' },
    )
    const { limits, health, balance } = services[0]!
    expect(limits.queue).to.equal(7)
    expect(health?.check).to.deep.include({ headers: { token: '007', on: 'true' }, body: '007' })
    expect(balance).to.deep.equal({ name: 'hash', key: { from: 'header', name: '007' } })
    const named = (env: NodeJS.ProcessEnv) =>
      parse('listeners: [{ listen: "l:1", service: "${S}" }]\nservices: { 80: { endpoints: ["x:1"] } }', env)
    expect(named({ S: '80' }).listeners[0]!.target).to.deep.equal({ kind: 'service', service: '80' })
    expect(() => named({ S: '81' })).to.throw(
      ConfigError,
      'outrigger.yaml:1:39: listeners[0].service: "81" is not a service',
    )
  })

  it('are told as what they are where the key takes neither', () => {
    const text =
      'listeners: [listen: "l:1"]\nservices: { web: { endpoints: ["${N}"], limits: { queue: "${N}" }, panic: "${N}" } }'
    expect(() => parse(text, { N: '-5' })).to.throw(
      ConfigError,
      'outrigger.yaml:2:32: services.web.endpoints[0]: -5 is not an address; expected host:port, "[::1]:port" or unix:/path\n' +
        'outrigger.yaml:2:58: services.web.limits.queue: -5 is not allowed; expected a whole number, 0 to 1000000\n' +
        'outrigger.yaml:2:75: services.web.panic: -5 is not a share; expected 0% to 100%, as a number and %',
    )
  })

  it('never become YAML', () => {
    const text = 'admin: ${ADMIN}\nlisteners: [listen: "l:1"]\nservices: { web: { endpoints: ["x:1"] } }'
    expect(() => parse(text, { ADMIN: '{ a: b }\ngrace: 1s' })).to.throw(
      ConfigError,
      '"{ a: b }\\ngrace: 1s" is not an',
    )
  })

  it('are those of the process unless told otherwise', () => {
    process.env.OUTRIGGER_TEST_ADMIN = 'h:7'
    try {
      const text =
        'admin: ${OUTRIGGER_TEST_ADMIN}\nlisteners: [listen: "l:1"]\nservices: { web: { endpoints: ["x:1"] } }'
      expect(parseConfig(text, 'f').admin).to.equal('h:7')
    } finally {
      delete process.env.OUTRIGGER_TEST_ADMIN
    }
  })
})

describe('config: aliases and merges', () => {
  it('share values; own keys win, then the first of several merged maps', () => {
    const { services } = parse(`
listeners: [listen: "l:1"]
services:
  a: &a
    endpoints: &ends ["x:1"]
    timeouts: { head: 2s }
    limits: { queue: 1 }
  b: { endpoints: *ends, limits: &l { queue: 2 }, balance: &bal round-robin }
  c:
    endpoints: ["y:1"]
    <<: [{ limits: *l }, *a]
    balance: *bal
`)
    expect(services.map(({ name }) => name)).to.deep.equal(['a', 'b', 'c'])
    expect(services[1]!.endpoints).to.deep.equal(services[0]!.endpoints)
    const c = services[2]!
    expect(c.endpoints[0]!.address).to.equal('y:1')
    expect([c.timeouts.head, c.limits.queue, c.balance.name]).to.deep.equal([2_000, 2, 'round-robin'])
  })

  it('an alias means the last anchor of its name above it', () => {
    const { services } = parse(`
listeners: [listen: "l:1"]
services:
  a: { endpoints: &e ["x:1"] }
  b: { endpoints: *e }
  c: { endpoints: &e ["y:1"] }
  d: { endpoints: *e }
`)
    expect(services.map(({ endpoints }) => endpoints[0]!.address)).to.deep.equal(['x:1', 'x:1', 'y:1', 'y:1'])
  })
})

describe('config: files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-config-'))
  after(() => rmSync(folder, { recursive: true }))

  it('are read, with the file named in errors', () => {
    const file = join(folder, 'outrigger.yaml')
    writeFileSync(file, 'listeners: [listen: "l:1"]\nservices: { web: { endpoints: ["${X}"] } }')
    expect(loadConfig(file, { X: 'x:1' }).services[0]!.endpoints[0]!.address).to.equal('x:1')
    expect(() => loadConfig(file, {})).to.throw(ConfigError, `${file}:2:32: services.web.endpoints[0]: environment`)
  })

  it('that cannot be read are told as a whole', () => {
    const told = (file: string) => {
      try {
        loadConfig(file, {})
      } catch (error) {
        return (error as ConfigError).problems
      }
      throw new Error('it loaded')
    }
    const missing = join(folder, 'missing.yaml')
    expect(told(missing)).to.deep.equal([
      { file: missing, line: 0, column: 0, path: '', message: 'there is no such file' },
    ])
    expect(told(folder)[0]!.message).to.equal('is a directory; expected a file')
    const binary = join(folder, 'binary.yaml')
    writeFileSync(binary, Buffer.from([0x61, 0xff, 0xfe]))
    expect(told(binary)[0]!.message).to.equal('is not UTF-8 text')
  })
})
