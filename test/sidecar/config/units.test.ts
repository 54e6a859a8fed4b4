import { expect } from 'chai'
import { DURATION_PATTERN, readDuration, readSize, SIZE_PATTERN } from '../../../sidecar/config/units.ts'

describe('config: units', () => {
  const good: [string, number, typeof readDuration, string, string][] = [
    ['250ms', 250, readDuration, '1ms', DURATION_PATTERN],
    ['5s', 5_000, readDuration, '1ms', DURATION_PATTERN],
    ['1.5s', 1_500, readDuration, '1ms', DURATION_PATTERN],
    ['5m', 300_000, readDuration, '1ms', DURATION_PATTERN],
    ['24h', 86_400_000, readDuration, '1ms', DURATION_PATTERN],
    ['0s', 0, readDuration, '0s', DURATION_PATTERN],
    ['512B', 512, readSize, '1B', SIZE_PATTERN],
    ['16KB', 16_000, readSize, '1B', SIZE_PATTERN],
    ['64KiB', 65_536, readSize, '1B', SIZE_PATTERN],
    ['1MiB', 1_048_576, readSize, '1B', SIZE_PATTERN],
    ['2GB', 2_000_000_000, readSize, '1B', SIZE_PATTERN],
    ['1TiB', 2 ** 40, readSize, '1B', SIZE_PATTERN],
  ]
  for (const [text, value, read, least, pattern] of good) {
    it(`${text} is ${value}`, () => {
      expect(read(text, least, read === readDuration ? '24h' : '1TiB')).to.deep.equal({ value })
      expect(text).to.match(new RegExp(pattern))
    })
  }

  const bad: [unknown, string][] = [
    [5, '5 has no unit; write 5s or 5ms'],
    ['5', '"5" has no unit; write 5s or 5ms'],
    [1.5, '1.5 has no unit; write 1.5s or 1.5ms'],
    [0, '0 is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h'],
    [-5, '-5 is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h'],
    ['-5s', '"-5s" is out of range; expected 1ms to 24h'],
    ['0s', '"0s" is out of range; expected 1ms to 24h'],
    ['0.4ms', '"0.4ms" is out of range; expected 1ms to 24h'],
    ['25h', '"25h" is out of range; expected 1ms to 24h'],
    ['5 s', '"5 s" is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h'],
    ['5S', '"5S" is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h'],
    ['5constructor', '"5constructor" is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h'],
    ['', '"" is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h'],
    [Number.NaN, 'NaN is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h'],
    [['5s'], 'a list is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h'],
    [true, 'true is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h'],
  ]
  for (const [input, problem] of bad) {
    it(problem, () => expect(readDuration(input, '1ms', '24h')).to.deep.equal({ problem }))
  }
})
