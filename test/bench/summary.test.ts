import { assert } from 'chai'
import type { Sample } from '../../bench/results.ts'
import { addedLatency, DIRECT, median, summarise } from '../../bench/summary.ts'

describe('bench/summary', () => {
  it('takes medians', () => {
    assert.isUndefined(median([]))
    assert.equal(median([7]), 7)
    assert.equal(median([10, 1, 2]), 2)
    assert.equal(median([4, 1, 100, 2]), 3)
  })

  it('takes ratios within a round: a slow round of the machine does not show in them', () => {
    const samples = [
      sample('ours', 0, { cpu: 20, p50: 1 }),
      sample('other', 0, { cpu: 10, p50: 2 }),
      sample('ours', 1, { cpu: 60, p50: 3 }),
      sample('other', 1, { cpu: 30, p50: 6 }),
      sample('ours', 2, { cpu: 22, p50: 1 }),
      sample('other', 2, { cpu: 11, p50: 2 }),
    ]
    const [cell] = summarise(samples, 'ours')
    const [ours, other] = cell!.rows
    assert.equal(cell!.cell, 'get')
    assert.equal(ours!.median!.cpu, 22)
    assert.isUndefined(ours!.ratio, 'nothing is compared with itself')
    assert.equal(other!.median!.cpu, 11)
    assert.deepEqual(other!.ratio, { cpu: 2, perSecond: 1, p50: 0.5, p99: 1 })
  })

  it('shows a failure and leaves its figures out, with the ratios of that round', () => {
    const samples = [
      sample('ours', 0, { cpu: 20 }),
      sample('other', 0, { cpu: 10 }),
      sample('ours', 1, { cpu: 20 }),
      { ...sample('other', 1, { cpu: 1 }), problem: '5 socket errors' },
      { ...sample('other', 2, { cpu: 1 }), problem: '5 socket errors' },
    ]
    const other = summarise(samples, 'ours')[0]!.rows[1]!
    assert.equal(other.median!.cpu, 10)
    assert.equal(other.ratio!.cpu, 2)
    assert.deepEqual(other.problems, ['5 socket errors'])
  })

  it('keeps a proxy of which nothing counts', () => {
    const gone = { ...sample('other', 0, {}), figures: undefined, problem: 'it ended with code 1' }
    const row = summarise([sample('ours', 0, {}), gone], 'ours')[0]!.rows[1]!
    assert.isUndefined(row.median)
    assert.isUndefined(row.ratio)
    assert.deepEqual(row.problems, ['it ended with code 1'])
  })

  it('has rates and latencies where CPU times are not to be had', () => {
    const samples = ['ours', 'other'].map(proxy => sample(proxy, 0, { cpu: undefined }))
    const other = summarise(samples, 'ours')[0]!.rows[1]!
    assert.isUndefined(other.median!.cpu)
    assert.isUndefined(other.ratio!.cpu)
    assert.equal(other.ratio!.perSecond, 1)
  })

  it('compares what is added to the same request without a proxy', () => {
    const samples = [
      sample(DIRECT, 0, { p50: 1 }),
      sample('ours', 0, { p50: 1.5 }),
      sample('other', 0, { p50: 2 }),
      { ...sample('ours', 0, { p50: 9 }), cell: 'not measured directly' },
    ]
    assert.deepEqual(addedLatency(samples, 'ours'), [
      { cell: 'get', proxy: 'ours', p50: 0.5, ratio: undefined },
      { cell: 'get', proxy: 'other', p50: 1, ratio: 0.5 },
    ])
  })
})

function sample(proxy: string, round: number, figures: Partial<NonNullable<Sample['figures']>>): Sample {
  return {
    cell: 'get',
    proxy,
    round,
    figures: { cpu: 20, perSecond: 1_000, p50: 1, p99: 2, ...figures },
    problem: undefined,
    elsewhere: 0,
  }
}
