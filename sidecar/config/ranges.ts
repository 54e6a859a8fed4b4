// What has two ends: `1s..60s` of time, `200-299` of statuses. One value alone is a range from itself to itself.

import { DURATION_PATTERN, type Reading, readDuration } from './units.ts'
import { isNot, show, textOf } from './wording.ts'

export interface DurationRange {
  readonly least: number
  readonly most: number
}

export function readRange(input: unknown, least: string, most: string): Reading<DurationRange> {
  const text = textOf(input)
  const [first, last, ...rest] = text.split('..')
  const from = readDuration(last === undefined ? input : first, least, most, `a range like ${LIKE}`)
  const to = last === undefined ? from : readDuration(last, least, most)
  if ('value' in from && 'value' in to && from.value <= to.value && rest.length === 0) {
    return { value: { least: from.value, most: to.value } }
  }
  const sides = text.split(/\s*(?:\.{2,}|…|–|-|\bto\b)\s*/)
  if ('problem' in from && sides.length !== 2) return from
  if (sides.length === 2 && sides.every(isBare)) {
    const [low, high] = sides.map(Number).sort((a, b) => a - b)
    return { problem: `${show(input)} has no unit; write ${low}s..${high}s or ${low}ms..${high}ms` }
  }
  const expected = `two durations from ${least} to ${most}, the shorter first, like ${LIKE}`
  return { problem: isNot(input, 'a range', expected, likelyRange(sides, least, most)) }
}

const LIKE = '1s..60s'
const DURATION = DURATION_PATTERN.slice(1, -1)

export const RANGE_PATTERN = `^${DURATION}(\\.\\.${DURATION})?$`

function isBare(side: string): boolean {
  return /^\d+(\.\d+)?$/.test(side)
}

/** `1-60s`, `1s to 60s`, `60s..1s`: with the dots, the units and the order that they should have. */
function likelyRange(sides: readonly string[], least: string, most: string): string | undefined {
  if (sides.length !== 2) return undefined
  const unit = sides.map(side => /[a-z]+$/i.exec(side)?.[0]).findLast(unit => unit !== undefined)
  const [first, last] = sides.map(side => (isBare(side) ? side + unit : side))
  const from = readDuration(first, least, most)
  const to = readDuration(last, least, most)
  if ('problem' in from || 'problem' in to) return undefined
  return from.value <= to.value ? `${first}..${last}` : `${last}..${first}`
}

/** Both ends are in it. */
export interface StatusRange {
  readonly from: number
  readonly to: number
}

/** `200`, `200-299` or `2xx`. */
export function readStatuses(input: unknown): Reading<StatusRange> {
  const [, hundreds, first, last = first] = /^(?:([2-5])xx|(\d{3})(?:-(\d{3}))?)$/.exec(textOf(input)) ?? []
  const from = Number(hundreds === undefined ? first : `${hundreds}00`)
  const to = Number(hundreds === undefined ? last : `${hundreds}99`)
  if (from >= 200 && from <= to && to <= 599) return { value: { from, to } }
  return { problem: isNot(input, 'a status', 'one from 200 to 599, like 200, 200-299 or 2xx', CLASSES) }
}

const CLASSES = ['2xx', '3xx', '4xx', '5xx']

export const STATUSES_PATTERN = '^([2-5]xx|[2-5]\\d\\d(-[2-5]\\d\\d)?)$'
