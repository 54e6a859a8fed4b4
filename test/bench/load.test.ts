import { assert } from 'chai'
import { faultOf, readTally, type Tally } from '../../bench/load.ts'

const tally: Tally = {
  requests: 100,
  seconds: 4.000123,
  bytes: 30_000,
  p50: 0.25,
  p99: 1.5,
  badStatus: 0,
  socketErrors: 0,
}

const report = `Running 4s test @ http://127.0.0.1:8080/small
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.25ms    1.01ms  20.10ms   91.02%
  100 requests in 4.00s, 29.30KB read
Requests/sec:     25.00
Transfer/sec:      7.32KB

TALLY ${JSON.stringify(tally)}
`

describe('bench/load', () => {
  it('finds the tally in what wrk prints', () => assert.deepEqual(readTally(report), tally))

  for (const text of ['', 'unable to connect to 127.0.0.1:1 Connection refused', 'TALLY {"requests":1']) {
    it(`finds none in ${JSON.stringify(text)}`, () => assert.isUndefined(readTally(text)))
  }

  it('accepts a sound tally', () => assert.isUndefined(faultOf(tally, 128)))

  for (const [fault, changed] of Object.entries<Partial<Tally>>({
    'no request was answered': { requests: 0 },
    '3 of 100 answers were not 2xx': { badStatus: 3 },
    '2 socket errors in 100 requests': { socketErrors: 2 },
    'answers were cut short': { bytes: 12_000 },
  })) {
    it(`says: ${fault}`, () => assert.equal(faultOf({ ...tally, ...changed }, 128), fault))
  }
})
