import { randomInt } from 'node:crypto'
import { assert } from 'chai'
import { REQUESTS, RESPONSES } from '../../fuzz/corpus.ts'
import { type FuzzResult, fuzz } from '../../fuzz/fuzz.ts'
import { readRequests } from '../../fuzz/our-requests.ts'
import { readResponse } from '../../fuzz/our-responses.ts'
import { quote } from '../../fuzz/reading.ts'
import { inOnePiece } from '../../fuzz/source.ts'
import { SUBJECT } from '../../fuzz/subject.ts'
import { forwardingOf } from '../../sidecar/http1/forward-request.ts'
import { WRONG } from './wrong-parsers.ts'

describe('fuzz', function () {
  this.timeout(60_000)
  const seed = randomInt(2 ** 31)

  it(`finds nothing that node:http reads differently (seed ${seed})`, async () => {
    const result = await fuzz({ seed, seconds: 5 })
    assert.isEmpty(result.found, describeFindings(result))
    assert.isAbove(result.iterations, 50)
    assert.isAbove(result.accepted / result.iterations, 0.2, 'too little is accepted to learn from')
  })

  it('makes the same of a seed', async () => {
    const [one, other] = [
      await fuzz({ seed, seconds: 30, iterations: 100 }),
      await fuzz({ seed, seconds: 30, iterations: 100 }),
    ]
    assert.deepEqual({ ...one, seconds: 0 }, { ...other, seconds: 0 })
  })

  for (const [what, { subject, shows, seed }] of Object.entries(WRONG)) {
    it(`finds a parser that ${what}`, async () => {
      const { found } = await fuzz({ seed, seconds: 40, iterations: 20_000, subject, most: 1 })
      assert.lengthOf(found, 1, 'nothing found')
      assert.match(found[0]!.minimal, shows, found[0]!.kind)
    })
  }
})

describe('fuzz: the corpus', () => {
  for (const input of REQUESTS) {
    it(`has a whole request: ${quote(input.slice(0, 40))}`, () => {
      const { messages, stop, fault } = readRequests(inOnePiece(input), SUBJECT, forwardingOf('', false, ''))
      assert.deepEqual([messages.length, messages[0]?.whole, fault], [1, true, ''], stop)
    })
  }
  for (const input of RESPONSES) {
    it(`has a whole response: ${quote(input.slice(0, 40))}`, () => {
      const asker = { bodiless: false, minor: 1, connection: '' } as const
      const { final, stop, fault } = readResponse(inOnePiece(input), SUBJECT, asker)
      assert.deepEqual([final?.whole ?? stop === 'switch', fault], [true, ''], stop)
    })
  }
})

function describeFindings({ found }: FuzzResult): string {
  return found.map(({ kind, minimal, ours, theirs }) => `\n${kind}\n${quote(minimal)}\n${ours}\n${theirs}`).join('\n')
}
