// What the schema is made of: zod types that read the written form, word their own errors, and carry in `title` and
// `pattern` what the reference page and editors show.

import { z } from 'zod'
import { ADDRESS_PATTERN, readAddress } from './addresses.ts'
import { RANGE_PATTERN, readRange } from './ranges.ts'
import {
  DURATION_PATTERN,
  type Reading,
  readDuration,
  readShare,
  readSize,
  SHARE_PATTERN,
  SIZE_PATTERN,
} from './units.ts'
import { isNot, missingSpace, oneOf, show, textOf, withoutQuotes } from './wording.ts'

/** A map of known keys. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const keys = Object.keys(shape)
  return z.strictObject(shape, {
    // zod keeps no list of what is allowed in its issue: the message carries it, and issues.ts words it for each key.
    error: issue =>
      issue.code === 'unrecognized_keys'
        ? keys.join(' ')
        : instead(
            input => missingSpace(input, keys) ?? isNot(input, 'a map', `a map with ${oneOf(keys, 'known keys')}`),
          )(issue),
  })
}

/** For a list of maps. Without a dash, YAML makes one map of them. */
export function listError(what: string, expected: string, firstKey: string) {
  return instead(input =>
    typeof input === 'object' && !Array.isArray(input)
      ? isNot(input, what, `a dash before each: write "- ${firstKey}: ..."`)
      : isNot(input, what, expected),
  )
}

/** A map, or `false`, which becomes undefined: what is off by default, or can be turned off. */
export function orFalse<Map extends z.ZodType>(map: Map, what: string, like: string) {
  return z
    .union([z.literal(false), map], { error: instead(input => isNot(input, what, `false, or a map like ${like}`)) })
    .transform((value): z.output<Map> | undefined => (value === false ? undefined : (value as z.output<Map>)))
    .meta({ title: '`false` or a map' })
}

/** For `refine`: what only the map as a whole shows. Where a part of it is wrong, that is the problem to tell. */
export function asWhole(word: (input: unknown) => string) {
  return {
    error: (issue: { readonly input?: unknown }) => word(issue.input),
    when: ({ issues }: { readonly issues: readonly unknown[] }) => issues.length === 0,
  }
}

/** Text that a reader turns into a value, or explains. */
export function written<T>(read: (input: unknown) => Reading<T>, title: string, pattern?: string) {
  const problemOf = (input: unknown) => {
    const reading = read(input)
    return 'problem' in reading ? reading.problem : undefined
  }
  return z
    .string({ error: instead(problemOf) })
    .transform((text, context): T => {
      const reading = read(text)
      if ('value' in reading) return reading.value
      context.issues.push({ code: 'custom', message: reading.problem, input: text })
      return z.NEVER
    })
    .meta(pattern === undefined ? { title } : { title, pattern })
}

export function duration(least: string, most: string) {
  return written(input => readDuration(input, least, most), `duration, ${least} to ${most}`, DURATION_PATTERN)
}

export function size(least: string, most: string) {
  return written(input => readSize(input, least, most), `size, ${least} to ${most}`, SIZE_PATTERN)
}

export function share(least: string, most: string) {
  return written(input => readShare(input, least, most), `share, ${least} to ${most}`, SHARE_PATTERN)
}

/** `1s..60s`, or one duration for both ends. */
export function range(least: string, most: string) {
  const title = `duration, or range like 1s..60s, ${least} to ${most}`
  return written(input => readRange(input, least, most), title, RANGE_PATTERN)
}

export function count(least: number, most: number) {
  const expected = `whole number, ${least} to ${most}`
  const problem = (input: unknown) =>
    isNot(input, 'allowed', `a ${expected}`) + withoutQuotes(input, isWhole(input, least, most))
  return wholeNumber(least, most, problem).meta({ title: expected })
}

/** A count, or the word for no limit at all, which becomes Infinity. */
export function countOr<const Word extends string | false>(least: number, most: number, word: Word) {
  const expected = `whole number, ${least} to ${most}, or`
  const problem = (input: unknown) =>
    isNot(input, 'allowed', `a ${expected} ${word}`, word === false ? [] : [word]) +
    withoutQuotes(input, isWhole(input, least, most) || input === String(word))
  return z
    .union([z.literal(word), wholeNumber(least, most, problem)], { error: instead(problem) })
    .transform((value): number => (typeof value === 'number' ? value : Infinity))
    .meta({ title: `${expected} \`${word}\`` })
}

/** Also as text. */
function isWhole(input: unknown, least: number, most: number): boolean {
  return /^\d+$/.test(textOf(input)) && Number(input) >= least && Number(input) <= most
}

function wholeNumber(least: number, most: number, problem: (input: unknown) => string) {
  const error = instead(problem)
  return z.int({ error }).min(least, { error }).max(most, { error })
}

export function address(use: 'listen' | 'connect') {
  return written(input => readAddress(input, use), 'address', ADDRESS_PATTERN)
}

export function choice<const Names extends readonly string[]>(what: string, names: Names) {
  return z.enum(names, { error: instead(input => isNot(input, what, oneOf(names, 'a known one'), names)) })
}

export function flag() {
  const isSwitch = (input: unknown) => input === 'true' || input === 'false'
  const error = instead(input => isNot(input, 'a switch', 'true or false') + withoutQuotes(input, isSwitch(input)))
  return z.boolean({ error })
}

/** RFC 9110 token: what a header, a cookie or a protocol can be called. */
export const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** A name; without a pattern, one that consistency.ts judges. */
export function text(what: string, expected: string, pattern?: RegExp) {
  const fits = (input: unknown) => typeof input === 'string' && (pattern?.test(input) ?? true)
  const problemOf = (input: unknown) =>
    typeof input === 'number' || typeof input === 'boolean'
      ? `${show(input)} needs quotes to be text: "${input}"`
      : isNot(input, `a ${what}`, expected)
  return written(
    input => (fits(input) ? { value: String(input) } : { problem: problemOf(input) }),
    what,
    pattern?.source,
  )
}

/** Nothing given is worded alike everywhere, by issues.ts. */
export function instead(word: (input: unknown) => string | undefined) {
  return (issue: { readonly input?: unknown }) =>
    issue.input === undefined || issue.input === null ? undefined : word(issue.input)
}
