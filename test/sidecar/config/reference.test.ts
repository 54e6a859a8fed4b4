import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { parse } from 'yaml'
import { z } from 'zod'
import { ConfigError, parseConfig } from '../../../sidecar/config/load.ts'
import { jsonSchema, reference } from '../../../sidecar/config/reference.ts'

// `UPDATE=1 npx mocha test/sidecar/config/reference.test.ts` rewrites what is generated.
const PAGE = new URL('../../../docs/configuration.md', import.meta.url)
const SCHEMA = new URL('../../../docs/config.schema.json', import.meta.url)
const GENERATED = /(<!-- begin: generated -->\n)[\s\S]*(<!-- end: generated -->)/

describe('config: docs/configuration.md and docs/config.schema.json', () => {
  const before = readFileSync(PAGE, 'utf8')
  const current = before.replace(GENERATED, (_, begin, end) => `${begin}\n${reference()}\n\n${end}`)
  if (process.env.UPDATE === '1') {
    writeFileSync(PAGE, current)
    writeFileSync(SCHEMA, jsonSchema())
  }
  const page = readFileSync(PAGE, 'utf8')

  it('has the reference that the schema gives', () => {
    expect(page).to.match(GENERATED)
    expect(page).to.equal(current)
  })

  it('has the JSON Schema that the schema gives', () => {
    expect(readFileSync(SCHEMA, 'utf8')).to.equal(jsonSchema())
  })

  it('says for every key what it means, in one sentence', () => {
    const rows = reference()
      .split('\n')
      .filter(line => line.startsWith('| `'))
    expect(rows).to.have.length.above(35)
    for (const row of rows) expect(row).to.match(/^\| `[\w.[\]]+` \| [^|]+ \| [^|]* \| [A-Z][^|]+[^|.]\. \|$/)
  })

  it('says what is required, and every default as one would write it', () => {
    const text = reference()
    expect(text).to.include('| `listen` | address | required |')
    expect(text).to.include('| `endpoints[].weight` | number above 0, up to 1000 | `1` |')
    expect(text).to.include('| `timeouts.tunnel` | duration, 1ms to 24h | `1h` |')
    expect(text).to.include('| `ejection` | `false` or a map | `{}` |')
    expect(text).to.include('| `breaker` | `false` or a map | `false` |')
    expect(text).to.match(
      /\| `serviceBreaker` \| `false` or a map \| `false` \| One .*; its keys are those of `breaker`\. \|/,
    )
    expect(text).not.to.include('`serviceBreaker.')
    expect(text).to.include('| `breaker.slowRate.slower` | duration, 1ms to 24h | required |')
    expect(text).to.include('| `health.http.body` | text | `""` |')
    expect(text).to.include('| `health.timeout` | duration, 1ms to 24h | `1s` |')
    expect(text).to.include('| `timeouts` | map |  |')
    expect(text).to.include('| `upgrades` | list of protocol names | `[websocket]` |')
  })

  const blocks = [...page.matchAll(/^```yaml( invalid)?\n([\s\S]*?)^```$/gm)].map(([, bad, text]) => ({ bad, text }))
  const env = { ORDERS_HOST: 'orders.internal' }
  const editor = z.fromJSONSchema(JSON.parse(jsonSchema()))
  const examples = blocks.filter(({ bad }) => bad === undefined)

  it('has examples', () => {
    expect(examples).to.have.length(5)
  })

  for (const [i, { text }] of examples.entries()) {
    it(`example ${i + 1} is a valid file, for us and for editors`, () => {
      expect(parseConfig(text!, 'docs/configuration.md', env).services).to.have.length.above(0)
      expect(editor.safeParse(parse(text!, { merge: true })).error).to.equal(undefined)
    })
  }

  it('the full example writes out the defaults', () => {
    const full = parseConfig(examples[1]!.text!, 'full', env)
    const bare = parseConfig(
      'listeners: [{ listen: "x:1" }]\nservices: { orders: { endpoints: ["x:2"] }, shop: { endpoints: ["x:3"] } }',
      'bare',
    )
    const { endpoints: _, ...orders } = full.services[0]!
    const { endpoints: __, ...plain } = bare.services[0]!
    expect(orders).to.deep.equal(plain)
    expect(full.listeners[1]!.timeouts).to.deep.equal(bare.listeners[0]!.timeouts)
    expect(full.listeners[1]!.limits).to.deep.equal(bare.listeners[0]!.limits)
    expect({ ...full, listeners: [], services: [] }).to.deep.equal({ ...bare, listeners: [], services: [] })
  })

  it('the example of resilience writes out the defaults of what is on, and of most that is off', () => {
    const example = parseConfig(examples[2]!.text!, 'resilience', env).services[0]!
    const { ejection, panic, retries, breaker, hedge, slowStart, faults, limits, health } = parseConfig(
      `listeners: [{ listen: "x:1" }]
services: { orders: { endpoints: ["x:2"], breaker: {}, hedge: {}, slowStart: {}, limits: { adaptive: true }, health: { tcp: true } } }`,
      'bare',
    ).services[0]!
    expect(example).to.deep.include({ ejection, panic, retries, breaker, hedge, slowStart, faults })
    expect(example.limits.adaptive).to.deep.equal(limits.adaptive)
    expect({ ...example.health, check: health?.check }).to.deep.equal(health)
    expect(example.health!.check).to.include({ method: 'GET', path: '/readyz', body: 'ready' })
  })

  it('the example of mistakes is told as the page says', () => {
    const { text } = blocks.find(({ bad }) => bad !== undefined)!
    const told = /^```text\n([\s\S]*?)\n```$/m.exec(page)![1]
    expect(() => parseConfig(text!, 'outrigger.yaml', env)).to.throw(ConfigError, new RegExp(`^${literal(told!)}$`))
    expect(editor.safeParse(parse(text!)).success).to.equal(false)
  })

  it('editors take keys that begin with x-, at the top only', () => {
    const rest = { listeners: [{ listen: 'x:1' }], services: { web: { endpoints: ['x:1'] } } }
    expect(editor.safeParse({ ...rest, 'x-usual': { a: 1 } }).error).to.equal(undefined)
    expect(editor.safeParse({ ...rest, xusual: { a: 1 } }).success).to.equal(false)
    expect(editor.safeParse({ ...rest, log: { 'x-usual': 1 } }).success).to.equal(false)
  })

  for (const [what, text] of [
    ['a bare number as duration', 'grace: 5'],
    ['a bad size', 'listeners: [{ listen: "x:1", limits: { head: 5k } }]'],
    ['an unknown key', 'listeners: [{ listen: "x:1", servce: web }]'],
    ['a bad address', 'listeners: [{ listen: "1" }]'],
    ['two hash keys', 'services: { web: { endpoints: ["x:1"], balance: { hash: { header: a, cookie: b } } } }'],
    ['a bare number as share', 'services: { web: { endpoints: ["x:1"], panic: 20 } }'],
    ['a bad range', 'services: { web: { endpoints: ["x:1"], breaker: { open: 1..60s } } }'],
    ['a check without http and tcp', 'services: { web: { endpoints: ["x:1"], health: { every: 1s } } }'],
    ['a check with both', 'services: { web: { endpoints: ["x:1"], health: { http: /, tcp: true } } }'],
    ['a bad status', 'services: { web: { endpoints: ["x:1"], health: { http: { statuses: [20x] } } } }'],
    ['a bad header name', 'services: { web: { endpoints: ["x:1"], health: { http: { headers: { "a b": c } } } } }'],
    ['a bad reason to retry', 'services: { web: { endpoints: ["x:1"], retries: { on: [404] } } }'],
    ['true for a map', 'services: { web: { endpoints: ["x:1"], breaker: true } }'],
    ['no fault', 'services: { web: { endpoints: ["x:1"], faults: {} } }'],
  ] as const) {
    it(`editors are told of ${what}`, () => {
      const rest = { listeners: [{ listen: 'x:1' }], services: { web: { endpoints: ['x:1'] } } }
      expect(editor.safeParse(rest).success).to.equal(true)
      expect(editor.safeParse({ ...rest, ...parse(text) }).success).to.equal(false)
    })
  }

  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the variables are the configuration's
  for (const lines of [
    'breaker: "${X}"',
    'health: { tcp: "${X}" }',
    'ejection: { consecutive: "${X}", failureRate: "${X}", open: "${X}", most: "${X}" }',
    'limits: { endpointInFlight: "${X}", adaptive: "${X}" }',
    'retries: { on: ["${X}"], budget: "${X}", idempotent: "${X}" }',
    'hedge: { after: "${X}" }',
    'health: { http: { method: "${X}", statuses: ["${X}"], headers: { host: "${X}" } } }',
  ]) {
    it(`editors take a variable in ${lines}`, () => {
      const file = { listeners: [{ listen: 'x:1' }], services: { web: { endpoints: ['x:1'], ...parse(lines) } } }
      expect(editor.safeParse(file).error).to.equal(undefined)
    })
  }
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above
})

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
