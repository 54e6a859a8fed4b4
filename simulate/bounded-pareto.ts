// Times of which most are short and a few are very long, as those of file sizes and of jobs are (Harchol-Balter 1999).
// Bounded, because the mean of an unbounded tail is not to be found by simulating: the longest request has not come yet.
import type { Random } from '../sidecar/model/candidate.ts'

export interface BoundedPareto {
  /** Variance divided by the square of the mean; 1 is what an exponential distribution has. */
  readonly variation: number
  times(mean: number, random: Random): () => number
}

/** `longest`: as a multiple of the shortest. The smaller `alpha`, the more of the work is in the long ones. */
export function boundedPareto(alpha: number, longest: number): BoundedPareto {
  const whole = 1 - longest ** -alpha
  /** With 1 for the shortest. */
  const moment = (k: number) => ((alpha / (k - alpha)) * (longest ** (k - alpha) - 1)) / whole
  return {
    variation: moment(2) / moment(1) ** 2 - 1,
    times(mean, random) {
      const shortest = mean / moment(1)
      return () => shortest * (1 - random() * whole) ** (-1 / alpha)
    },
  }
}
