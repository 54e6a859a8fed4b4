import { expect } from 'chai'
import { responseText } from '../../../sidecar/http1/forward-response.ts'
import { parseLoad } from '../../../sidecar/http1/load-metrics.ts'
import { parseResponseHead, ResponseHead } from '../../../sidecar/http1/response-head.ts'
import { UNUSABLE } from '../../../sidecar/model/load-report.ts'
import { ok } from './heads.ts'

describe('http1: load metrics', () => {
  for (const [value, inFlight, utilization] of [
    ['TEXT named_metrics.in_flight=12', 12, -1],
    ['TEXT cpu_utilization=0.3, mem_utilization=0.8,application_utilization=0.7 , named_metrics.in_flight=12', 12, 0.7],
    ['TEXT cpu_utilization:0.3,named_metrics.in_flight:12.0', 12, 0.3],
    ['TEXT named_metrics.in_flight=1e2, application_utilization=1.25', 100, 1.25],
    ['TEXT named_metrics.in_flight=0, application_utilization=x', 0, -1],
    ['TEXT ,,=,a,named_metrics.in_flight=3,', 3, -1],
    ['JSON {"named_metrics":{"in_flight":4},"cpu_utilization":0.2}', 4, 0.2],
    ['JSON {"namedMetrics":{"in_flight":4},"applicationUtilization":0.9,"cpuUtilization":0.2}', 4, 0.9],
  ] as const) {
    it(`reads ${value}`, () => expect(parseLoad(value)).to.deep.equal({ inFlight, utilization }))
  }

  for (const value of [
    ...['', 'TEXT', 'TEXT ', 'text named_metrics.in_flight=1', 'XML <a/>', 'BIN CgNh', 'named_metrics.in_flight=1'],
    ...['NaN', 'Infinity', '-1', '+1', '0x10', '1e308', '1e99', '', '1_000', '1000001', '٣'].map(
      number => `TEXT named_metrics.in_flight=${number}`,
    ),
    'TEXT application_utilization=0.5',
    ...['{', '[]', 'null', '1', '""', '{"named_metrics":null}', '{"named_metrics":{"in_flight":"4"}}'].map(
      json => `JSON ${json}`,
    ),
    ...['{"named_metrics":{"in_flight":-4}}', '{"named_metrics":{"in_flight":1e308}}'].map(json => `JSON ${json}`),
    `TEXT named_metrics.in_flight=1,${'a=1,'.repeat(16_000)}`,
    `JSON ${'['.repeat(60_000)}`,
  ]) {
    it(`can use nothing of ${value.slice(0, 60)}`, () => expect(parseLoad(value)).to.equal(UNUSABLE))
  }

  describe('in a response head', () => {
    const read = (takesLoad: boolean, ...lines: string[]) => {
      const bytes = Buffer.from(ok(...lines), 'latin1')
      const head = Object.assign(new ResponseHead(), { takesLoad })
      expect(parseResponseHead(bytes, 0, bytes.length, 1e5, head)).to.be.above(0)
      return { load: head.load, lines: responseText(bytes, head, false, '').split('\r\n').slice(1, -3) }
    }
    const one = 'Endpoint-Load-Metrics: TEXT named_metrics.in_flight=1'

    it('is taken out', () => {
      const { load, lines } = read(true, 'A: 1', one, 'B: 2')
      expect(load).to.deep.equal({ inFlight: 1, utilization: -1 })
      expect(lines).to.deep.equal(['A: 1', 'B: 2'])
    })

    it('counts once: the first one', () => {
      const { load, lines } = read(true, one, 'endpoint-load-metrics: TEXT named_metrics.in_flight=7')
      expect([load?.inFlight, lines]).to.deep.equal([1, []])
    })

    it('is taken out unread in the forms for gRPC', () => {
      for (const line of ['endpoint-load-metrics-bin: CgNh', 'Endpoint-Load-Metrics-JSON: {}']) {
        expect(read(true, line, 'A: 1')).to.deep.equal({ load: UNUSABLE, lines: ['A: 1'] })
        expect(read(true, line, one).load?.inFlight).to.equal(1)
      }
    })

    it('passes byte for byte where it is not for us, unless Connection names it', () => {
      expect(read(false, 'A: 1', one)).to.deep.equal({ load: null, lines: ['A: 1', one] })
      expect(read(false, 'Connection: endpoint-load-metrics', one).lines).to.deep.equal([])
    })

    it('leaves nothing for the next head', () => {
      const head = Object.assign(new ResponseHead(), { takesLoad: true })
      for (const [text, found] of [[ok(one), 1] as const, [ok('A: 1'), undefined] as const]) {
        const bytes = Buffer.from(text, 'latin1')
        parseResponseHead(bytes, 0, bytes.length, 1e5, head)
        expect(head.load?.inFlight).to.equal(found)
      }
    })
  })
})
