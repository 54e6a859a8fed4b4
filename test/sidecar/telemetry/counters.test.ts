import { expect } from 'chai'
import type { ExchangeRecord } from '../../../sidecar/model/events.ts'
import { BUCKETS, createCounters } from '../../../sidecar/telemetry/counters.ts'

const RECORD: ExchangeRecord = {
  listener: '127.0.0.1:80',
  service: 'web',
  member: '10.0.0.1:80',
  method: 'GET',
  target: '/',
  host: 'web',
  client: '127.0.0.1',
  status: 200,
  left: false,
  reason: '',
  outcome: { kind: 'answered', status: 200, ms: 1 },
  ms: 1,
  staleRetries: 0,
  retries: 0,
  connectRetries: 0,
  queuedMs: 0,
  pin: '',
}

describe('counters', () => {
  it('count by service, by class of status, and by reason', () => {
    const { observe, service, listener } = createCounters()
    observe(RECORD)
    observe({ ...RECORD, status: 204 })
    observe({ ...RECORD, status: 503, reason: 'overload' })
    observe({ ...RECORD, status: 101 })
    observe({ ...RECORD, queuedMs: 30 })
    observe({ ...RECORD, service: 'other', staleRetries: 1 })
    expect(service('web')).to.deep.include({
      requests: 5,
      waited: 1,
      waitedMs: 30,
      byClass: [0, 1, 3, 0, 0, 1],
      abandoned: 0,
      staleRetries: 0,
    })
    expect([...service('web').refused]).to.deep.equal([['overload', 1]])
    expect(service('other')).to.deep.include({ requests: 1, staleRetries: 1 })
    expect(listener('127.0.0.1:80')).to.deep.equal({ requests: 6, refused: new Map() })
  })

  it('count what had no service yet at its listener', () => {
    const { observe, service, listener } = createCounters()
    observe({ ...RECORD, service: '', status: 404, reason: 'no-such-service' })
    observe({ ...RECORD, service: '', status: 400, reason: 'bad-host' })
    observe({ ...RECORD, service: '', status: 400, reason: 'bad-host' })
    const refused = new Map([
      ['no-such-service', 1],
      ['bad-host', 2],
    ])
    expect(listener('127.0.0.1:80')).to.deep.equal({ requests: 3, refused })
    expect(service('').requests).to.equal(0)
  })

  it('count a client that left without a response in no class', () => {
    const { observe, service } = createCounters()
    observe({ ...RECORD, status: 0, left: true })
    expect(service('web')).to.deep.include({ requests: 1, byClass: [0, 0, 0, 0, 0, 0], abandoned: 1 })
  })

  it('put a duration into the first bucket that is not below it', () => {
    const { observe, service } = createCounters()
    for (const ms of [0, 1, 1.001, 30_000, 30_001]) observe({ ...RECORD, ms })
    const { durations, durationSum } = service('web')
    const expected = new Array<number>(BUCKETS.length + 1).fill(0)
    expected[0] = 2
    expected[1] = 1
    expected[BUCKETS.length - 1] = 1
    expected[BUCKETS.length] = 1
    expect(durations).to.deep.equal(expected)
    expect(durationSum).to.be.closeTo(60_003.001, 1e-6)
  })
})
