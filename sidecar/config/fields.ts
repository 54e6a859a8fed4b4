// What the schema is made of: zod types that read the written form, word their own errors, and carry in `title` and
// `pattern` what the reference page and editors show.

import { z } from 'zod'
import { ADDRESS_PATTERN, readAddress } from './addresses.ts'
import { DURATION_PATTERN, type Reading, readDuration, readSize, SIZE_PATTERN } from './units.ts'
import { isNot, oneOf, show } from './wording.ts'

/** A map of known keys. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const keys = Object.keys(shape)
  return z.strictObject(shape, {
    // zod keeps no list of what is allowed in its issue: the message carries it, and issues.ts words it for each key.
    error: issue =>
      issue.code === 'unrecognized_keys'
        ? keys.join(' ')
        : instead(input => isNot(input, 'a map', `a map with ${oneOf(keys, 'known keys')}`))(issue),
  })
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

export function count(least: number, most: number) {
  const expected = `a whole number, ${least} to ${most}`
  const error = instead(input => isNot(input, 'allowed', expected))
  return z
    .int({ error })
    .min(least, { error })
    .max(most, { error })
    .meta({ title: expected.slice(2) })
}

export function address(use: 'listen' | 'connect') {
  return written(input => readAddress(input, use), 'address', ADDRESS_PATTERN)
}

export function choice<const Names extends readonly string[]>(what: string, names: Names) {
  return z.enum(names, { error: instead(input => isNot(input, what, oneOf(names, 'a known one'), names)) })
}

export function flag() {
  return z.boolean({ error: instead(input => isNot(input, 'a switch', 'true or false')) })
}

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
