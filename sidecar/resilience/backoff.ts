// How long to wait before trying again. Neither of the two lets many clients come back in step.
import type { Random } from '../model/candidate.ts'

/** Milliseconds: the first step, and the longest. */
export interface Steps {
  readonly least: number
  readonly most: number
}

/**
 * Before the repetition `nth` (0: the first) of a request: anything from 0 to the step, which doubles. AWS measured that
 * the whole range gives the fewest calls (Brooker, "Exponential Backoff And Jitter", 2015); Envoy's retries do the same.
 */
export function fullJitter(steps: Steps, nth: number, random: Random): number {
  return random() * step(steps, nth)
}

/**
 * Before a member is tried for the time `level` (0: the first): the step that doubles, and up to half of it more, never
 * less. "Out for a second" is what operators read, so it is not shorter than that.
 */
export function growing(steps: Steps, level: number, random: Random): number {
  return step(steps, level) * (1 + random() / 2)
}

function step({ least, most }: Steps, doublings: number): number {
  return Math.min(most, least * 2 ** Math.min(doublings, MOST_DOUBLINGS))
}

/** Beyond all times, and still a number: 0 times Infinity would be none. */
const MOST_DOUBLINGS = 50
