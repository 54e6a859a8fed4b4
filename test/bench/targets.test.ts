import { assert } from 'chai'
import { targetsTable } from '../../bench/targets.ts'
import { results } from './run-fixture.ts'

describe('bench/targets', () => {
  it('says of each target whether this run met it', () => {
    assert.deepEqual(targetsTable(results).rows, [
      ['CPU per small GET against haproxy, by connections', '<= 1.25x', '1.10x at 1, 1.30x at 32', 'met in part'],
      ['CPU per small GET against http-proxy, by connections', '<= 1/4', '0.20x at 1, 0.25x at 32', 'met'],
      ['added p50 at 1 connection against haproxy', '<= 1.5x', '2.00x', 'missed'],
      ['memory with 1000 idle client connections, after the load', '<= 80 MiB', '80 MiB', 'met'],
    ])
  })

  it('says nothing when another proxy was the measure', () => {
    assert.isEmpty(targetsTable({ ...results, proxies: results.proxies.slice(1) }).rows)
  })
})
