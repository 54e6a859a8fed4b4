import { expect } from 'chai'
import { itRefuses, serviceOf } from './told.ts'

describe('config: panic', () => {
  it('is a share, half by default', () => {
    expect(serviceOf('').panic).to.equal(0.5)
    expect(serviceOf('panic: 0%').panic).to.equal(0)
    expect(serviceOf('panic: 12.5%').panic).to.equal(0.125)
    expect(serviceOf('panic: 100%').panic).to.equal(1)
  })

  itRefuses([
    ['panic: 50', 'panic: 50 has no unit; write 50%'],
    ['panic: 101%', 'panic: "101%" is out of range; expected 0% to 100%'],
    ['panic: false', 'panic: false is not a share; expected 0% to 100%, as a number and %'],
  ])
})

describe('config: slowStart', () => {
  it('is off by default, and on with a map', () => {
    expect(serviceOf('').slowStart).to.equal(undefined)
    expect(serviceOf('slowStart: false').slowStart).to.equal(undefined)
    expect(serviceOf('slowStart: {}').slowStart).to.deep.equal({ over: 30_000, floor: 0.1 })
    expect(serviceOf('slowStart: { over: 5m, floor: 1% }').slowStart).to.deep.equal({ over: 300_000, floor: 0.01 })
  })

  itRefuses([
    ['slowStart: true', 'slowStart: true is not a slow start; expected false, or a map like { over: 30s }'],
    ['slowStart: 30s', 'slowStart: "30s" is not a slow start; expected false, or a map like { over: 30s }'],
    [
      'slowStart: { over: 30, floor: 0%, flor: 1% }',
      `
        slowStart.over: 30 has no unit; write 30s or 30ms
        slowStart.floor: "0%" is out of range; expected 1% to 100%
        slowStart.flor: unknown key; expected one of over, floor. Did you mean "floor"?
      `,
    ],
  ])
})

describe('config: faults', () => {
  it('are off by default, and one or both with a map', () => {
    expect(serviceOf('').faults).to.equal(undefined)
    expect(serviceOf('faults: false').faults).to.equal(undefined)
    expect(serviceOf('faults: { delay: {} }').faults).to.deep.equal({
      delay: { share: 1, ms: 1_000 },
      abort: undefined,
    })
    expect(serviceOf('faults: { abort: {} }').faults).to.deep.equal({
      delay: undefined,
      abort: { share: 1, status: 503 },
    })
    const both = 'faults: { delay: { share: 5%, for: 2s }, abort: { share: 0.1%, status: 429 } }'
    expect(serviceOf(both).faults).to.deep.equal({
      delay: { share: 0.05, ms: 2_000 },
      abort: { share: 0.001, status: 429 },
    })
  })

  itRefuses([
    ['faults: true', 'faults: true is not a fault; expected false, or a map like { delay: { share: 10%, for: 1s } }'],
    ['faults: {}', 'faults: a map is not a fault; expected delay, abort or both'],
    ['faults: { abort: }', 'faults.abort: has no value; give it one, or leave it out'],
    ['faults: { delay: 1s }', 'faults.delay: "1s" is not a map; expected a map with one of share, for'],
    ['faults: { aborts: {} }', 'faults.aborts: unknown key; expected one of delay, abort. Did you mean "abort"?'],
    [
      'faults: { delay: { share: 5, for: 5 }, abort: { status: 200 } }',
      `
        faults.delay.share: 5 has no unit; write 5%
        faults.delay.for: 5 has no unit; write 5s or 5ms
        faults.abort.status: 200 is not allowed; expected a whole number, 400 to 599
      `,
    ],
  ])
})
