// Durations and sizes as people write them. A bare number is refused: 5 seconds and 5 milliseconds both look like `5`.

import { isNot, show, textOf } from './wording.ts'

/** What came of reading a value: the value, or what is wrong with it. */
export type Reading<T> = { readonly value: T } | { readonly problem: string }

/** Milliseconds. The bounds are written the same way, and are part of what the reader is told. */
export function readDuration(input: unknown, least: string, most: string): Reading<number> {
  return readQuantity(input, DURATION, least, most)
}

/** Bytes. */
export function readSize(input: unknown, least: string, most: string): Reading<number> {
  return readQuantity(input, SIZE, least, most)
}

interface Dimension {
  readonly name: string
  readonly units: Readonly<Record<string, number>>
  /** What a number without a unit was probably meant to have, likeliest first. */
  readonly likely: readonly [string, string]
}

const DURATION: Dimension = {
  name: 'duration',
  units: { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 },
  likely: ['s', 'ms'],
}

const SIZE: Dimension = {
  name: 'size',
  units: {
    B: 1,
    KB: 1_000,
    KiB: 1_024,
    MB: 1_000_000,
    MiB: 1_024 ** 2,
    GB: 1_000_000_000,
    GiB: 1_024 ** 3,
    TB: 1_000_000_000_000,
    TiB: 1_024 ** 4,
  },
  likely: ['KiB', 'B'],
}

export const DURATION_PATTERN = patternOf(DURATION)
export const SIZE_PATTERN = patternOf(SIZE)

function readQuantity(input: unknown, dimension: Dimension, least: string, most: string): Reading<number> {
  const value = amountOf(textOf(input), dimension)
  if (value !== undefined && value >= amountOf(least, dimension)! && value <= amountOf(most, dimension)!) {
    return { value }
  }
  if (value === undefined && /^\d+(\.\d+)?$/.test(textOf(input)) && Number(input) > 0) {
    const [first, second] = dimension.likely
    return { problem: `${show(input)} has no unit; write ${input}${first} or ${input}${second}` }
  }
  const units = Object.keys(dimension.units).join(', ')
  if (value !== undefined) return { problem: `${show(input)} is out of range; expected ${least} to ${most}` }
  const expected = `${least} to ${most}, as a number and one of ${units}`
  return { problem: isNot(input, `a ${dimension.name}`, expected) }
}

function amountOf(text: string, { units }: Dimension): number | undefined {
  const match = /^(-?\d+(?:\.\d+)?)([A-Za-z]+)$/.exec(text)
  if (match === null || !Object.hasOwn(units, match[2]!)) return undefined
  return Math.round(Number(match[1]) * units[match[2]!]!)
}

function patternOf({ units }: Dimension): string {
  return `^\\d+(\\.\\d+)?(${Object.keys(units).join('|')})$`
}
