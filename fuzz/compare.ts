import type { Field, RequestReading, ResponseReading } from './reading.ts'

export interface Finding {
  /** The same for the same fault: what a smaller input must still show. */
  readonly kind: string
  readonly ours: string
  readonly theirs: string
}

/** One side of two readings that ought to be equal. Content may be cut off when one reader stopped earlier. */
export type Comparable = Partial<RequestReading & ResponseReading>

/** The first thing in which they differ. Looks only at what `ours` has. */
export function difference(where: string, ours: Comparable, theirs: Comparable): Finding | undefined {
  for (const key of KEYS) {
    if (!(key in ours) || same(ours[key], theirs[key])) continue
    return { kind: `${where}: ${key}`, ours: show(ours[key]), theirs: show(theirs[key]) }
  }
  return undefined
}

const KEYS = [
  ...([
    'method',
    'target',
    'status',
    'phrase',
    'minor',
    'fields',
    'whole',
    'content',
    'trailers',
    'keepAlive',
  ] as const),
]

function same(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b
  return a.length === b.length && a.every(([name, value]: Field, i) => name === b[i][0] && value === b[i][1])
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing'
}
