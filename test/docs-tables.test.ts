import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parseConfig } from '../sidecar/config/load.ts'
import { FAULTS } from '../sidecar/http1/fault.ts'
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

  it('show configurations in the README that are valid', () => {
    const examples = [...read('README.md').matchAll(/```yaml\n([\s\S]*?)```/g)].map(match => match[1]!)
    expect(examples).to.have.length(2)
    for (const text of examples) parseConfig(text, 'README.md')
  })
})

/** From what the metric reads of a sidecar with one of everything. */
function labelsOf(name: string): string[] {
  const metric = METRICS.find(each => each.name === name)!
  const member = { address: 'm', weight: 1, inFlight: 0, picked: 0, succeeded: 0, failed: 0, latencyMs: 0 }
  const connections = { open: 0, idle: 0, opened: 0, reused: 0 }
  const count = { inFlight: 0, queued: 0, requests: 1, responses: { '2xx': 1 }, refused: { overload: 1 }, abandoned: 0 }
  const service = { name: 's', balance: 'hash', ...count, members: [{ ...member, connections }] }
  const listener = { address: 'l', target: 't', connections: 0, accepted: 0, requests: 0, refused: { 'bad-host': 1 } }
  const status = {
    version: '',
    pid: 0,
    uptimeSeconds: 0,
    state: 'ready' as const,
    listeners: [listener],
    services: [service],
  }
  const counters = { service: () => ({ durations: [1], durationSum: 1, staleRetries: 0 }) }
  const values = metric.read({ status, counters, memory: 0, cpuSeconds: 0 } as never)
  return Object.keys(values[0]!.labels)
}

function read(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
}
