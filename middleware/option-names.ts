// Options that nobody knows: mostly one that there is, misspelt.

/** One text for each key of `given` that is none of `known`, with what it may have meant. */
export function unknownOptions(given: object, known: readonly string[]): string[] {
  return Object.keys(given)
    .filter(key => !known.includes(key))
    .map(key => {
      const meant = nearest(key, known)
      return `${JSON.stringify(key.slice(0, LONGEST))} is no option${meant === undefined ? '' : `; did you mean ${meant}?`}`
    })
}

/** Throws a TypeError that names the first one. */
export function refuseUnknown(whose: string, given: object, known: readonly string[]): void {
  const [first] = unknownOptions(given, known)
  if (first !== undefined) throw new TypeError(`${whose}: ${first}`)
}

const LONGEST = 40

/** By the last word of a name such as `cookie.maxAge`, or by all of it. */
function nearest(key: string, known: readonly string[]): string | undefined {
  if (key.length > LONGEST) return undefined
  const word = key.toLowerCase()
  const all = known.map(name => ({ name, far: far(word, name.split('.').at(-1)!.toLowerCase()) }))
  const best = all.reduce((one, other) => (other.far < one.far ? other : one))
  return best.far <= Math.max(1, Math.floor(word.length / 4)) ? best.name : undefined
}

/** The same letters in another order are one mistake. */
function far(one: string, other: string): number {
  return [...one].sort().join() === [...other].sort().join() ? Math.min(1, distance(one, other)) : distance(one, other)
}

/** Levenshtein's: letters that are to be put in, taken out or changed. */
function distance(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let row = 1; row <= one.length; row++) {
    const line = [row]
    for (let at = 1; at <= other.length; at++) {
      const changed = above[at - 1]! + (one[row - 1] === other[at - 1] ? 0 : 1)
      line.push(Math.min(above[at]! + 1, line[at - 1]! + 1, changed))
    }
    above = line
  }
  return above[other.length]!
}
