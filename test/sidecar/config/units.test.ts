import { expect } from 'chai'
import {
  DURATION_PATTERN,
  readDuration,
  readShare,
  readSize,
  SHARE_PATTERN,
  SIZE_PATTERN,
} from '../../../sidecar/config/units.ts'

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
    [0, '0 is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h, d'],
    [-5, '-5 is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h, d'],
    ['-5s', '"-5s" is out of range; expected 1ms to 24h'],
    ['0s', '"0s" is out of range; expected 1ms to 24h'],
    ['0.4ms', '"0.4ms" is out of range; expected 1ms to 24h'],
    ['25h', '"25h" is out of range; expected 1ms to 24h'],
    ['5constructor', '"5constructor" is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h, d'],
    ['', '"" is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h, d'],
    [Number.NaN, 'NaN is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h, d'],
    [['5s'], 'a list is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h, d'],
    [true, 'true is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h, d'],
  ]
  for (const [input, problem] of bad) {
    it(problem, () => expect(readDuration(input, '1ms', '24h')).to.deep.equal({ problem }))
  }
})

describe('config: units in other spellings', () => {
  const meant: [written: string, meant: string | undefined, read: typeof readDuration, least: string, most: string][] =
    [
      ['5 s', '5s', readDuration, '1ms', '24h'],
      ['5S', '5s', readDuration, '1ms', '24h'],
      ['30 sec', '30s', readDuration, '1ms', '24h'],
      ['1.5 Seconds', '1.5s', readDuration, '1ms', '24h'],
      ['5min', '5m', readDuration, '1ms', '24h'],
      ['10msec', '10ms', readDuration, '1ms', '24h'],
      ['2 hours', '2h', readDuration, '1ms', '24h'],
      ['25 hours', undefined, readDuration, '1ms', '24h'],
      ['2 days', undefined, readDuration, '1ms', '24h'],
      ['10mb', '10MB', readSize, '1B', '1TiB'],
      ['64kib', '64KiB', readSize, '1B', '1TiB'],
      ['64 k', '64KiB', readSize, '1B', '1TiB'],
      ['10M', '10MiB', readSize, '1B', '1TiB'],
      ['8000 bytes', '8000B', readSize, '1B', '1TiB'],
      ['8constructor', undefined, readSize, '1B', '1TiB'],
    ]
  for (const [text, expected, read, least, most] of meant) {
    it(`${text} means ${expected ?? 'none'}`, () => {
      const reading = read(text, least, most)
      const guess = 'problem' in reading ? /\. Did you mean "(.*)"\?$/.exec(reading.problem)?.[1] : 'nothing'
      expect(guess).to.equal(expected)
    })
  }

  it('what else is allowed is said before what was meant', () => {
    expect(readSize('10mb', '1B', '1TiB', 'unlimited')).to.deep.equal({
      problem:
        '"10mb" is not a size; expected 1B to 1TiB, as a number and one of B, KB, KiB, MB, MiB, GB, GiB, TB, TiB, or unlimited. Did you mean "10MB"?',
    })
    expect(readDuration(5, '1ms', '24h', 'never')).to.deep.equal({
      problem: '5 has no unit; write 5s or 5ms, or never',
    })
    expect(readShare('200%', '0%', '100%', 'none')).to.deep.equal({
      problem: '"200%" is out of range; expected 0% to 100%, or none',
    })
  })
})

describe('config: shares', () => {
  for (const [text, value] of [
    ['0%', 0],
    ['20%', 0.2],
    ['99.9%', 0.999],
    ['0.1%', 0.001],
    ['7%', 0.07],
    ['100%', 1],
  ] as const) {
    it(`${text} is ${value}`, () => {
      expect(readShare(text, '0%', '100%')).to.deep.equal({ value })
      expect(text).to.match(new RegExp(SHARE_PATTERN))
    })
  }

  const bad: [unknown, string][] = [
    [20, '20 has no unit; write 20%'],
    ['20', '"20" has no unit; write 20%'],
    [0, '0 has no unit; write 0%'],
    [0.2, '0.2 has no unit; write 20% or 0.2%'],
    [0.07, '0.07 has no unit; write 7% or 0.07%'],
    [1, '1 has no unit; write 100% or 1%'],
    [101, '101 is not a share; expected 1% to 100%, as a number and %'],
    [-1, '-1 is not a share; expected 1% to 100%, as a number and %'],
    ['0%', '"0%" is out of range; expected 1% to 100%'],
    ['100.1%', '"100.1%" is out of range; expected 1% to 100%'],
    ['-5%', '"-5%" is out of range; expected 1% to 100%'],
    ['20 %', '"20 %" is not a share; expected 1% to 100%, as a number and %. Did you mean "20%"?'],
    ['20percent', '"20percent" is not a share; expected 1% to 100%, as a number and %. Did you mean "20%"?'],
    ['200 %', '"200 %" is not a share; expected 1% to 100%, as a number and %'],
    ['half', '"half" is not a share; expected 1% to 100%, as a number and %'],
    ['', '"" is not a share; expected 1% to 100%, as a number and %'],
    [['20%'], 'a list is not a share; expected 1% to 100%, as a number and %'],
    [true, 'true is not a share; expected 1% to 100%, as a number and %'],
  ]
  for (const [input, problem] of bad) {
    it(problem, () => expect(readShare(input, '1%', '100%')).to.deep.equal({ problem }))
  }
})
