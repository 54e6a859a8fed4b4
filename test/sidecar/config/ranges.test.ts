import { expect } from 'chai'
import { RANGE_PATTERN, readRange, readStatuses, STATUSES_PATTERN } from '../../../sidecar/config/ranges.ts'

describe('config: ranges of durations', () => {
  const good: [text: string, least: number, most: number][] = [
    ['1s..60s', 1_000, 60_000],
    ['25ms..1.5s', 25, 1_500],
    ['5s', 5_000, 5_000],
    ['5s..5s', 5_000, 5_000],
    ['1ms..24h', 1, 86_400_000],
  ]
  for (const [text, least, most] of good) {
    it(`${text} is ${least} to ${most}`, () => {
      expect(readRange(text, '1ms', '24h')).to.deep.equal({ value: { least, most } })
      expect(text).to.match(new RegExp(RANGE_PATTERN))
    })
  }

  const units = 'as a number and one of ms, s, m, h, d, or a range like 1s..60s'
  const two = 'two durations from 1ms to 24h, the shorter first, like 1s..60s'
  const bad: [unknown, string][] = [
    [5, '5 has no unit; write 5s or 5ms, or a range like 1s..60s'],
    ['5', '"5" has no unit; write 5s or 5ms, or a range like 1s..60s'],
    ['0s', '"0s" is out of range; expected 1ms to 24h, or a range like 1s..60s'],
    ['soon', `"soon" is not a duration; expected 1ms to 24h, ${units}`],
    [['1s', '60s'], `a list is not a duration; expected 1ms to 24h, ${units}`],
    [true, `true is not a duration; expected 1ms to 24h, ${units}`],
    ['1..60', '"1..60" has no unit; write 1s..60s or 1ms..60ms'],
    ['60-1.5', '"60-1.5" has no unit; write 1.5s..60s or 1.5ms..60ms'],
    ['60s..1s', `"60s..1s" is not a range; expected ${two}. Did you mean "1s..60s"?`],
    ['1..60s', `"1..60s" is not a range; expected ${two}. Did you mean "1s..60s"?`],
    ['1s..60', `"1s..60" is not a range; expected ${two}. Did you mean "1s..60s"?`],
    ['1s-60s', `"1s-60s" is not a range; expected ${two}. Did you mean "1s..60s"?`],
    ['1s - 60s', `"1s - 60s" is not a range; expected ${two}. Did you mean "1s..60s"?`],
    ['1s...60s', `"1s...60s" is not a range; expected ${two}. Did you mean "1s..60s"?`],
    ['1s to 60s', `"1s to 60s" is not a range; expected ${two}. Did you mean "1s..60s"?`],
    ['0s..60s', `"0s..60s" is not a range; expected ${two}`],
    ['1s..25h', `"1s..25h" is not a range; expected ${two}`],
    ['1s..', `"1s.." is not a range; expected ${two}`],
    ['..1s', `"..1s" is not a range; expected ${two}`],
    ['1s..2s..3s', `"1s..2s..3s" is not a range; expected ${two}`],
  ]
  for (const [input, problem] of bad) {
    it(problem, () => expect(readRange(input, '1ms', '24h')).to.deep.equal({ problem }))
  }
})

describe('config: statuses', () => {
  const good: [unknown, from: number, to: number][] = [
    [200, 200, 200],
    ['200', 200, 200],
    ['2xx', 200, 299],
    ['5xx', 500, 599],
    ['200-299', 200, 299],
    ['204-204', 204, 204],
  ]
  for (const [input, from, to] of good) {
    it(`${input} is ${from} to ${to}`, () => {
      expect(readStatuses(input)).to.deep.equal({ value: { from, to } })
      expect(String(input)).to.match(new RegExp(STATUSES_PATTERN))
    })
  }

  const expected = 'is not a status; expected one from 200 to 599, like 200, 200-299 or 2xx'
  const bad: [unknown, string][] = [
    [199, `199 ${expected}`],
    [600, `600 ${expected}`],
    [200.5, `200.5 ${expected}`],
    ['1xx', `"1xx" ${expected}. Did you mean "2xx"?`],
    ['2XX', `"2XX" ${expected}. Did you mean "2xx"?`],
    ['20x', `"20x" ${expected}. Did you mean "2xx"?`],
    ['299-200', `"299-200" ${expected}`],
    ['200-600', `"200-600" ${expected}`],
    ['ok', `"ok" ${expected}`],
    ['', `"" ${expected}`],
    [true, `true ${expected}`],
    [[200], `a list ${expected}`],
  ]
  for (const [input, problem] of bad) {
    it(problem, () => expect(readStatuses(input)).to.deep.equal({ problem }))
  }
})
