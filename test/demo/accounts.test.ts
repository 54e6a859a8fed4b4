import { assert } from 'chai'
import { type Account, accountTable } from '../../demo/accounts.ts'

describe('demo/accounts', () => {
  it('have a row for each trouble; what was not looked for is left out', () => {
    const accounts = [
      account('before', { requests: 600, failed: 0, slowest: 95 }, { noticed: undefined, back: undefined }),
      account('orders-1 killed', { requests: 1_800, failed: 2, slowest: 9.5 }, { noticed: 240, back: 1_460 }),
      account('orders-2 failing', { requests: 5, failed: 0, slowest: 20 }, { noticed: Infinity, back: undefined }),
    ]
    assert.deepEqual(accountTable(accounts), [
      '                   requests    failed   slowest  repeated   noticed      back',
      'before                  600         0     95 ms         7',
      'orders-1 killed       1,800         2    9.5 ms         7     0.2 s     1.5 s',
      'orders-2 failing          5         0     20 ms         7  not seen',
    ])
  })

  it('are summed over several rounds, with the worst of the times', () => {
    const accounts = [
      account('orders-1 killed', { requests: 10, failed: 1, slowest: 50 }, { noticed: 100, back: 900 }),
      account('orders-2 frozen', { requests: 1, failed: 0, slowest: 1 }, { noticed: 100, back: Infinity }),
      account('orders-1 killed', { requests: 20, failed: 0, slowest: 40 }, { noticed: 300, back: undefined }),
      account('orders-2 frozen', { requests: 1, failed: 0, slowest: 1 }, { noticed: 100, back: 100 }),
    ]
    const [, killed, frozen] = accountTable(accounts)
    assert.equal(killed, 'orders-1 killed          30         1     50 ms        14     0.3 s     0.9 s')
    assert.match(frozen!, / 0\.1 s {2}not seen$/)
  })
})

function account(name: string, seen: Account['seen'], times: Account['times']): Account {
  return { name, seen, repeated: 7, times }
}
