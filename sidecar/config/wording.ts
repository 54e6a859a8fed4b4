// How a wrong value is put into words: what it is, what was expected, and what was probably meant.

/** `"x" is not a balancer; expected one of a, b. Did you mean "a"?` One guess that is text is what was meant. */
export function isNot(input: unknown, what: string, expected: string, guess: Guess = []): string {
  return `${show(input)} is not ${what}; expected ${expected}${suggestion(input, guess)}`
}

/** What was meant, or what may have been. */
export type Guess = string | readonly string[] | undefined

export function unknownKey(key: string, allowed: readonly string[]): string {
  const joined = keyBefore(key, allowed)
  if (joined !== undefined) return `unknown key; expected a space behind "${joined}:"`
  return `unknown key; expected ${oneOf(allowed, 'a key that docs/configuration.md lists')}${suggestion(key, allowed)}`
}

/** `listen:127.0.0.1:80` is one text, and no map. */
export function missingSpace(input: unknown, keys: readonly string[]): string | undefined {
  const key = keyBefore(textOf(input), keys)
  return key === undefined ? undefined : `${show(input)} is not a map; expected a space behind "${key}:"`
}

function keyBefore(text: string, keys: readonly string[]): string | undefined {
  return keys.find(key => text.startsWith(`${key}:`) && /^\S/.test(text.slice(key.length + 1)))
}

/** A list longer than this tells a reader nothing that the suggestion does not. */
const READABLE = 12

export function oneOf(names: readonly string[], otherwise: string): string {
  if (names.length === 0 || names.length > READABLE) return otherwise
  return names.length === 1 ? names[0]! : `one of ${names.join(', ')}`
}

/** Of a value, so much says which one it is. */
const LONGEST = 80

export function show(input: unknown): string {
  if (typeof input === 'string') return JSON.stringify(input.length > LONGEST ? `${input.slice(0, 77)}...` : input)
  if (Array.isArray(input)) return 'a list'
  if (typeof input === 'object' && input !== null) return 'a map'
  return String(input)
}

/** The text of a value that may be text by mistake a number; a list or a map has none (and no toString either). */
export function textOf(input: unknown): string {
  return typeof input === 'object' ? '' : String(input)
}

function suggestion(input: unknown, guess: Guess): string {
  const text = typeof input === 'string' ? input.slice(0, LONGEST) : ''
  const likely = typeof guess === 'string' ? guess : nearest(text, guess ?? [])
  const meant = withBraces(likely ?? text)
  return likely === undefined && meant === text ? '' : `. Did you mean "${meant}"?`
}

/** A shell takes `$PORT` for a variable, we only `${PORT}`. */
function withBraces(text: string): string {
  return text.replaceAll(/\$([A-Za-z_]\w*)/g, (_, name) => `\${${name}}`)
}

/** A number or a switch in quotes is text, and that is all that is wrong with it. */
export function withoutQuotes(input: unknown, fits: boolean): string {
  return typeof input === 'string' && fits ? `. Did you mean ${input}, without quotes?` : ''
}

/** One typing error is forgiven in 3 letters, two in 6: with more, any short word would resemble any other. */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  const typed = text.slice(0, LONGEST).toLowerCase()
  let best: string | undefined
  let bestDistance = 3
  for (const candidate of candidates) {
    const distance = editDistance(typed, candidate.toLowerCase())
    const forgiven = Math.min(2, Math.floor(Math.max(typed.length, candidate.length) / 3))
    if (distance <= forgiven && distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Insertions, deletions, replacements and swaps of neighbours: each counts as one. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, replaced)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
