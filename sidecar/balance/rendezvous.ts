// Highest random weight (Thaler, Ravishankar 1996): every candidate draws a lot from the key and its own name, and the
// best one wins. Unlike the ring's, its answer does not depend on load: what is sticky must not move when it gets busy.
import type { Candidate, Picker } from '../model/candidate.ts'
import { finish, murmur3 } from './murmur3.ts'

/** Nobody for no key. When a candidate is not fit, its keys go to all others in proportion to their weights. */
export function rendezvous<C extends Candidate>(candidates: readonly C[]): Picker<C> {
  const names = Uint32Array.from(candidates, c => murmur3(c.endpoint.address, 0))
  return (isFit, key) => {
    if (key === undefined) return undefined
    const place = murmur3(key, KEYS)
    let best = Number.POSITIVE_INFINITY
    let winner: C | undefined
    for (let i = 0; i < names.length; i++) {
      const c = candidates[i]!
      // -ln(u) / weight is an exponential race, whose winner follows the weights.
      const lot = -Math.log((finish(place ^ names[i]!) + 0.5) / 2 ** 32) / c.endpoint.weight
      if (lot < best && isFit(c)) {
        best = lot
        winner = c
      }
    }
    return winner
  }
}

/** Keys are hashed by another seed than names: else a key that is an address would always draw the same lot there. */
const KEYS = 0x9e3779b9
