// Durations, sizes and shares as people write them. A bare number is refused: 5 seconds and 5 milliseconds both look
// like `5`, and 20 may be a share or a count.

import { isNot, show, textOf } from './wording.ts'

/** What came of reading a value: the value, or what is wrong with it. */
export type Reading<T> = { readonly value: T } | { readonly problem: string }

/** Milliseconds. The bounds are written the same way; they, and what else is allowed, are part of what one is told. */
export function readDuration(input: unknown, least: string, most: string, also?: string): Reading<number> {
  return readQuantity(input, DURATION, { least, most, also })
}

/** Bytes. */
export function readSize(input: unknown, least: string, most: string, also?: string): Reading<number> {
  return readQuantity(input, SIZE, { least, most, also })
}

/** From 0 to 1. The bounds are written the same way. */
export function readShare(input: unknown, least: string, most: string, also?: string): Reading<number> {
  const text = textOf(input)
  const value = fractionOf(text)
  const isShare = (value = -1) => value >= fractionOf(least)! && value <= fractionOf(most)!
  if (value !== undefined && isShare(value)) return { value }
  const or = orAlso(also)
  if (value !== undefined) return { problem: `${show(input)} is out of range; expected ${least} to ${most}${or}` }
  const bare = fractionOf(`${text}%`)
  if (bare !== undefined && bare >= 0 && bare <= 1) {
    // 0.2 may be meant as a fraction, 20 hardly.
    const fraction = bare > 0 && bare <= 0.01 ? `${Number(`${text}e2`)}% or ` : ''
    return { problem: `${show(input)} has no unit; write ${fraction}${text}%${or}` }
  }
  const meant = text.replace(/\s*(%|percent|pct)$/i, '%')
  const guess = isShare(fractionOf(meant)) ? meant : undefined
  return { problem: isNot(input, 'a share', `${least} to ${most}, as a number and %${or}`, guess) }
}

export const SHARE_PATTERN = '^\\d+(\\.\\d+)?%$'

function fractionOf(text: string): number | undefined {
  const match = /^(-?\d+(?:\.\d+)?)%$/.exec(text)
  // Not divided by 100: that makes 0.9990000000000001 of 99.9.
  return match === null ? undefined : Number(`${match[1]}e-2`)
}

interface Dimension {
  readonly name: string
  readonly units: Readonly<Record<string, number>>
  /** How else they are written, in lower case. */
  readonly spellings: Readonly<Record<string, string>>
  /** What a number without a unit was probably meant to have, likeliest first. */
  readonly likely: readonly [string, string]
}

interface Bounds {
  readonly least: string
  readonly most: string
  readonly also: string | undefined
}

const DURATION: Dimension = {
  name: 'duration',
  units: { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 },
  spellings: {
    ms: 'ms msec msecs milli millis millisecond milliseconds',
    s: 's sec secs second seconds',
    m: 'm min mins minute minutes',
    h: 'h hr hrs hour hours',
    d: 'd day days',
  },
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
  spellings: {
    B: 'b byte bytes',
    KB: 'kb',
    KiB: 'k kib',
    MB: 'mb',
    MiB: 'm mib',
    GB: 'gb',
    GiB: 'g gib',
    TB: 'tb',
    TiB: 't tib',
  },
  likely: ['KiB', 'B'],
}

export const DURATION_PATTERN = patternOf(DURATION)
export const SIZE_PATTERN = patternOf(SIZE)

function readQuantity(input: unknown, dimension: Dimension, bounds: Bounds): Reading<number> {
  const { least, most, also } = bounds
  const value = amountOf(textOf(input), dimension)
  if (value !== undefined && isWithin(value, dimension, bounds)) return { value }
  const or = orAlso(also)
  if (value === undefined && /^\d+(\.\d+)?$/.test(textOf(input)) && Number(input) > 0) {
    const [first, second] = dimension.likely
    return { problem: `${show(input)} has no unit; write ${input}${first} or ${input}${second}${or}` }
  }
  const units = Object.keys(dimension.units).join(', ')
  if (value !== undefined) return { problem: `${show(input)} is out of range; expected ${least} to ${most}${or}` }
  const expected = `${least} to ${most}, as a number and one of ${units}${or}`
  return { problem: isNot(input, `a ${dimension.name}`, expected, meantBy(textOf(input), dimension, bounds)) }
}

function orAlso(also: string | undefined): string {
  return also === undefined ? '' : `, or ${also}`
}

function isWithin(value: number, dimension: Dimension, { least, most }: Bounds): boolean {
  return value >= amountOf(least, dimension)! && value <= amountOf(most, dimension)!
}

/** `30 sec` is 30s, as long as that is in range. */
function meantBy(text: string, dimension: Dimension, bounds: Bounds): string | undefined {
  const [, number, word = ''] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(text) ?? []
  const spelt = ([, words]: [string, string]) => words.split(' ').includes(word.toLowerCase())
  const unit = Object.entries(dimension.spellings).find(spelt)?.[0]
  const meant = `${number}${unit}`
  return unit !== undefined && isWithin(amountOf(meant, dimension)!, dimension, bounds) ? meant : undefined
}

function amountOf(text: string, { units }: Dimension): number | undefined {
  const match = /^(-?\d+(?:\.\d+)?)([A-Za-z]+)$/.exec(text)
  if (match === null || !Object.hasOwn(units, match[2]!)) return undefined
  return Math.round(Number(match[1]) * units[match[2]!]!)
}

function patternOf({ units }: Dimension): string {
  return `^\\d+(\\.\\d+)?(${Object.keys(units).join('|')})$`
}
