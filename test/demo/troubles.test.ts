import { assert } from 'chai'
import { type Trouble, troublesIn } from '../../demo/troubles.ts'

describe('demo/troubles', () => {
  it('are four in 24 seconds, each to another instance', () => {
    const troubles = [...troublesIn(24)]
    assert.deepEqual(
      troubles.map(({ kind, service, instance, from, to }) => [kind, service, instance, from, to]),
      [
        ['killed', 'orders', 0, 2, 5],
        ['failing', 'orders', 1, 7, 10],
        ['frozen', 'orders', 2, 12, 15],
        ['killed', 'web', 1, 17, 20],
      ],
    )
  })

  it('come sooner and pass sooner in a shorter demo', () => {
    assert.deepEqual([...troublesIn(12)].map(spanOf), [
      [1, 2.5],
      [3.5, 5],
      [6, 7.5],
      [8.5, 10],
    ])
  })

  it('come again in a longer one, but only for as long as a whole round fits', () => {
    assert.lengthOf([...troublesIn(47.9)], 4)
    assert.deepEqual([...troublesIn(48)].slice(4).map(spanOf), [
      [26, 29],
      [31, 34],
      [36, 39],
      [41, 44],
    ])
    assert.lengthOf([...troublesIn(130)], 20)
  })

  it('come again without end in one that has none', () => {
    const troubles = troublesIn()
    const some = Array.from({ length: 300 }, () => troubles.next().value as Trouble)
    assert.deepEqual(spanOf(some[296]!), [1778, 1781])
  })

  it('never come before the last one is over', () => {
    for (const seconds of [12, 15, 24, 100]) {
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
