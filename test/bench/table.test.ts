import { assert } from 'chai'
import { markdownTable, textTable } from '../../bench/table.ts'

const table = {
  title: 'small GET',
  head: ['', 'CPU us', 'x CPU', 'verdict'],
  rows: [
    ['outrigger', '20.5', '', 'met'],
    ['nginx', '8.0', '1.25x', 'a|b'],
  ],
  notes: ['httpxy failed: 3 socket errors'],
}

describe('bench/table', () => {
  it('is laid out for a terminal: numbers to the right, words to the left', () => {
    assert.equal(
      textTable(table),
      `
small GET
           CPU us  x CPU  verdict
outrigger    20.5         met
nginx         8.0  1.25x  a|b
httpxy failed: 3 socket errors`,
    )
  })

  it('is laid out as Markdown', () => {
    assert.equal(
      markdownTable(table),
      `**small GET**

|  | CPU us | x CPU | verdict |
|---|--:|--:|---|
| outrigger | 20.5 |  | met |
| nginx | 8.0 | 1.25x | a\\|b |

- httpxy failed: 3 socket errors`,
    )
  })

  it('is its notes alone when there are no rows', () => {
    const empty = { ...table, rows: [] }
    assert.equal(textTable(empty), '\nsmall GET\nhttpxy failed: 3 socket errors')
    assert.equal(markdownTable(empty), '**small GET**\n\n- httpxy failed: 3 socket errors')
  })
})
