// Options that are times for a timer.

/** Of a timer of Node, milliseconds; a longer one ends at once. */
export const LONGEST_TIMER = 2_147_483_647

/** Throws a TypeError that names the option. `whose`: the function that takes it. */
export function milliseconds(whose: string, name: string, value: number | undefined, usual: number, least = 0): number {
  if (value === undefined) return usual
  if (typeof value === 'number' && value >= least && value <= LONGEST_TIMER) return value
  throw new TypeError(
    `${whose}: ${name} must be milliseconds, ${least} or more and at most ${LONGEST_TIMER}, not ${String(value)}`,
  )
}
