import { expect } from 'chai'
import { parseLength } from '../../../sidecar/http1/length.ts'

describe('http1: length', () => {
  const parse = (text: string) => {
    const bytes = Buffer.from(`9${text}9`, 'latin1')
    return parseLength(bytes, 1, 1 + text.length)
  }

  it('is decimal digits', () => {
    for (const [text, value] of [
      ['0', 0],
      ['5', 5],
      ['007', 7],
      ['1234567890', 1_234_567_890],
      ['4294967296', 2 ** 32],
      ['999999999999999', 999_999_999_999_999],
    ] as const) {
      expect(parse(text), text).to.equal(value)
    }
  })

  for (const bad of [
    ...[
      '',
      '-1',
      '+1',
      '1.0',
      '1e3',
      '0x10',
      '1 ',
      ' 1',
      '1,1',
      '1, 1',
      '1;',
      '1_000',
      'a',
      '１',
      '\xb2',
      '1\0',
      '1\t',
    ],
    ...['1000000000000000', '9007199254740993', '18446744073709551617', `${'0'.repeat(9)}1000000000000000`],
  ]) {
    it(`is not ${JSON.stringify(bad)}`, () => expect(parse(bad)).to.equal(-1))
  }
})
