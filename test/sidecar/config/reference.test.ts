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
    expect(text).to.include('| `upgrades` | list of protocol names | `[websocket]` |')
  })

  const blocks = [...page.matchAll(/^```yaml( invalid)?\n([\s\S]*?)^```$/gm)].map(([, bad, text]) => ({ bad, text }))
  const env = { ORDERS_HOST: 'orders.internal' }
  const editor = z.fromJSONSchema(JSON.parse(jsonSchema()))
  const examples = blocks.filter(({ bad }) => bad === undefined)

  it('has examples', () => {
    expect(examples).to.have.length(4)
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

  it('the example of mistakes is told as the page says', () => {
    const { text } = blocks.find(({ bad }) => bad !== undefined)!
    const told = /^```text\n([\s\S]*?)\n```$/m.exec(page)![1]
    expect(() => parseConfig(text!, 'outrigger.yaml', env)).to.throw(ConfigError, new RegExp(`^${literal(told!)}$`))
    expect(editor.safeParse(parse(text!)).success).to.equal(false)
  })

  for (const [what, text] of [
    ['a bare number as duration', 'grace: 5'],
    ['a bad size', 'listeners: [{ listen: "x:1", limits: { head: 5k } }]'],
    ['an unknown key', 'listeners: [{ listen: "x:1", servce: web }]'],
    ['a bad address', 'listeners: [{ listen: "1" }]'],
    ['two hash keys', 'services: { web: { endpoints: ["x:1"], balance: { hash: { header: a, cookie: b } } } }'],
  ] as const) {
    it(`editors are told of ${what}`, () => {
      const rest = { listeners: [{ listen: 'x:1' }], services: { web: { endpoints: ['x:1'] } } }
      expect(editor.safeParse(rest).success).to.equal(true)
      expect(editor.safeParse({ ...rest, ...parse(text) }).success).to.equal(false)
    })
  }
})

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
