// Balancers that nobody should use, or nobody could: what ours are held against.
import type { Balancer } from '../sidecar/model/candidate.ts'

/** Anyone. All members have to be fit. */
export const atRandom: Balancer = (candidates, random) => () => candidates[Math.floor(random() * candidates.length)]

/** Least connections as it is written first: of those with the least in flight, the one that is listed first. */
export const firstOfTheLeast: Balancer = candidates => () =>
  candidates.reduce((best, c) => (c.inFlight < best.inFlight ? c : best))

/**
 * The one that will be free first, which only an oracle knows: it has to see how long each request will take. It is the
 * same as one queue for all.
 */
export function firstToBeFree(freeAt: (address: string) => number): Balancer {
  return candidates => () =>
    candidates.reduce((best, c) => (freeAt(c.endpoint.address) < freeAt(best.endpoint.address) ? c : best))
}
