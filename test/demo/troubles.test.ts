import { assert } from 'chai'
import { type Trouble, troublesIn } from '../../demo/troubles.ts'

describe('demo/troubles', () => {
  it('are three in twenty seconds, each to another instance', () => {
    const troubles = [...troublesIn(20)]
    assert.deepEqual(
      troubles.map(({ kind, instance, from, to }) => [kind, instance, from, to]),
      [
        ['killed', 0, 2, 5],
        ['failing', 1, 7, 10],
        ['frozen', 2, 12, 15],
      ],
    )
  })

  it('come sooner and pass sooner in a shorter demo', () => {
    assert.deepEqual([...troublesIn(10)].map(spanOf), [
      [1, 2.5],
      [3.5, 5],
      [6, 7.5],
    ])
  })

  it('come again in a longer one, but only for as long as a whole round fits', () => {
    assert.lengthOf([...troublesIn(39.9)], 3)
    assert.deepEqual([...troublesIn(40)].slice(3).map(spanOf), [
      [22, 25],
      [27, 30],
      [32, 35],
    ])
    assert.lengthOf([...troublesIn(110)], 15)
  })

  it('come again without end in one that has none', () => {
    const troubles = troublesIn()
    const some = Array.from({ length: 300 }, () => troubles.next().value as Trouble)
    assert.deepEqual(spanOf(some[297]!), [1982, 1985])
  })

  it('never come before the last one is over', () => {
    for (const seconds of [10, 12, 20, 100]) {
      let over = 0
      for (const { from, to } of troublesIn(seconds)) {
        assert.isAbove(from, over)
        assert.isAbove(to, from)
        over = to
      }
      assert.isBelow(over, seconds)
    }
  })
})

function spanOf({ from, to }: Trouble): [number, number] {
  return [from, to]
}
