import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { expect } from 'chai'
import { parseConfig } from '../sidecar/config/load.ts'
import { FAULTS } from '../sidecar/http1/fault.ts'
import { classify, type Outcome } from '../sidecar/model/outcome.ts'
import { REFUSALS } from '../sidecar/proxy/refusal.ts'
import { METRICS } from '../sidecar/telemetry/metrics.ts'

/** Cannot reach a client: what these find in a response becomes `bad-response`. */
const RESPONSE_ONLY = ['bad-status-line', 'unasked-switch']
/** Said of the environment, not in a table. */
const SHARED_BY = { faults: ['body-too-large', 'head-timeout'] }

describe('docs, tables', () => {
  it('name every metric that there is, and no other', () => {
    const named = read('docs/metrics.md').matchAll(/^\| `((?:outrigger|process)_\w+)` \|/gm)
    expect([...named].map(match => match[1])).to.deep.equal(METRICS.map(metric => metric.name))
  })

  it('name the labels of every metric', () => {
    const rows = [...read('docs/metrics.md').matchAll(/^\| `((?:outrigger|process)_\w+)` \| (.*)\|$/gm)]
    for (const [, name, labels] of rows) {
      const words = labels!.replace(/\(.*?\)/g, '').match(/\w+/g) ?? []
      expect(words, name).to.deep.equal(labelsOf(name!))
    }
  })

  it('name every refusal with its status, and no other', () => {
    const rows = [...read('docs/request-path.md').matchAll(/^\| `([\w.-]+)` \| (\d{3}) \|/gm)]
    const expected = [...REFUSALS.values()].map(({ reason, status }) => `${reason} ${status}`)
    const documented = rows.map(([, reason, status]) => `${reason} ${status}`)
    expect(documented.sort()).to.deep.equal([...expected, 'head-timeout 408'].sort())
  })

  it('name every fault of a request, and no other', () => {
    const paragraph = /refused with the reason of its fault: ([\s\S]*?)\.\n/.exec(read('docs/request-path.md'))![1]!
    const named = [...paragraph.matchAll(/`([\w.-]+)`/g)].map(match => match[1]!)
    const apart = new Set([...RESPONSE_ONLY, ...SHARED_BY.faults])
    const reasons = FAULTS.map(fault => fault.reason).filter(reason => !apart.has(reason))
    expect(named.sort()).to.deep.equal([...new Set(reasons)].sort())
  })

  it('say of every status and every other end of an attempt what it counts as', () => {
    const rows = [
      ...read('docs/health.md').matchAll(/^\| .+ \| `([\w-]+)`(?: (\d.*?))? \| (success|failure|neutral) \|/gm),
    ]
    const told = new Map<string, string>()
    for (const [, kind, statuses, judgement] of rows) {
      for (const status of statuses === undefined ? [''] : statusesOf(statuses))
        told.set(`${kind} ${status}`, judgement!)
    }
    expect(told).to.deep.equal(judgements())
  })
})

describe('docs, examples', () => {
  const pages = ['README.md', ...readdirSync(new URL('../docs', import.meta.url)).map(file => `docs/${file}`)]
  const blocks = pages
    .filter(page => page.endsWith('.md'))
    .flatMap(page =>
      [...read(page).matchAll(/^```yaml(.*)\n([\s\S]*?)^```$/gm)].map(([, mark, text]) => ({
        page,
        mark: mark!.trim(),
        text: text!,
      })),
    )

  it('are valid where they have services', () => {
    const whole = blocks.filter(({ mark, text }) => mark === '' && /^services:/m.test(text))
    expect(whole).to.have.length.above(8)
    for (const { page, text } of whole) parseConfig(listened(text), page, { ORDERS_HOST: 'orders.internal' })
  })

  it('say that they are parts of something where they are', () => {
    const unsaid = blocks
      .filter(({ mark, text }) => mark === '' && !/^services:/m.test(text) && !text.startsWith('#'))
      .map(({ page }) => page)
    expect(unsaid).to.deep.equal([])
  })

  it('have only marks that are known', () => {
    const marks = new Set(blocks.map(({ mark }) => mark))
    expect([...marks].filter(mark => !['', 'invalid', 'fragment'].includes(mark))).to.deep.equal([])
  })

  it('of the README are two', () => {
    expect(blocks.filter(({ page }) => page === 'README.md')).to.have.length(2)
  })

  it('and texts that are published link only to what is published with them', () => {
    const { files } = JSON.parse(read('package.json')) as { files: string[] }
    const outside = pages
      .filter(page => page.endsWith('.md'))
      .flatMap(page =>
        [...read(page).matchAll(/\]\((?![a-z]+:)([^)#\s]+)/g)]
          .map(([, link]) => posix.join(posix.dirname(page), link!))
          .filter(path => !files.some(each => path === each || path.startsWith(`${each}/`)))
          .map(path => `${page} links to ${path}`),
      )
    expect(outside).to.deep.equal([])
  })
})

/** An example of services alone is to stand in a file that has a listener. */
function listened(text: string): string {
  return /^listeners:/m.test(text) ? text : `listeners: [{ listen: 127.0.0.1:0 }]\n${text}`
}

/** `200-499, 501` */
function statusesOf(text: string): number[] {
  return text.split(', ').flatMap(part => {
    const [from, to = from] = part.split('-').map(Number)
    return Array.from({ length: to! - from! + 1 }, (_, i) => from! + i)
  })
}

function judgements(): Map<string, string> {
  const all = new Map<string, string>()
  for (const status of [101, ...Array.from({ length: 800 }, (_, i) => 200 + i)]) {
    all.set(`answered ${status}`, classify({ kind: 'answered', status, ms: 1 }))
  }
  const others: Outcome[] = [
    { kind: 'unreachable', code: 'ECONNREFUSED' },
    { kind: 'timed-out', phase: 'head' },
    { kind: 'broken', phase: 'body', detail: 'closed' },
    { kind: 'abandoned' },
  ]
  for (const outcome of others) all.set(`${outcome.kind} `, classify(outcome))
  return all
}

/** From what the metric reads of a sidecar with one of everything. */
function labelsOf(name: string): string[] {
  const metric = METRICS.find(each => each.name === name)!
  const values = metric.read({ status: oneOfEverything(), counters, memory: 0, cpuSeconds: 0 } as never)
  return Object.keys(values[0]!.labels)
}

const counters = { service: () => ({ durations: [1], durationSum: 1, staleRetries: 0 }) }

function oneOfEverything(): object {
  const breaker = { state: 'open', opened: 1, spared: 0, retryInMs: 0 }
  const health = { healthy: true, checks: 2, failures: 1, last: 'ok', lastMs: 1 }
  const connections = { open: 0, idle: 0, opened: 0, reused: 0 }
  const member = { address: 'm', weight: 1, inFlight: 0, picked: 0, succeeded: 0, failed: 0, latencyMs: 0, penalty: 0 }
  const reported = { taken: 1, unusable: 0, inFlight: 1, utilization: 0.5, agoMs: 1, elsewhere: 0 }
  const service = {
    ...{ name: 's', balance: 'hash', inFlight: 0, queued: 0, requests: 1, abandoned: 0, limit: 1, held: false },
    ...{ panic: false, panics: 0, panicked: 0, staleRetries: 0, retryBudget: 0, waited: { count: 1, ms: 1 } },
    ...{ responses: { '2xx': 1 }, refused: { overload: 1 }, retries: { 503: 1 }, unretried: { budget: 1 } },
    pins: { followed: 1 },
    ...{ hedges: { sent: 0, won: 0 }, faults: { settings: {}, delayed: 0, aborted: 0 }, breaker },
    members: [{ ...member, reported, state: 'ready', ejection: breaker, breaker, health, connections }],
  }
  const listener = { address: 'l', target: 't', connections: 0, accepted: 0, requests: 0, refused: { 'bad-host': 1 } }
  return { version: '', pid: 0, uptimeSeconds: 0, state: 'ready', listeners: [listener], services: [service] }
}

function read(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
}
