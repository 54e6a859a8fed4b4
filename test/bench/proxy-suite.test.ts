import { assert } from 'chai'
import { inTurn } from '../../bench/proxy-suite.ts'

describe('bench/proxy-suite', () => {
  it('gives nobody a fixed place: not the first, and not the one after a certain other', () => {
    const rounds = [0, 1, 2, 3].map(round => inTurn(['a', 'b', 'c'], round).join(''))
    assert.deepEqual(rounds, ['abc', 'bac', 'cab', 'acb'])
  })
})
