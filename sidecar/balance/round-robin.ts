// Smooth weighted round-robin as in nginx: weights 5, 1, 1 give a a b a c a a. It looks at no load.
// Unlike nginx, what a member is owed is kept in rounds, so it shrinks when the fit ones become fewer: else the last two
// of a thousand would first settle the debts of the thousand, hundreds of picks in a row to one of them.
import type { Candidate, Picker } from '../model/candidate.ts'

/** https://github.com/nginx/nginx/commit/52327e0627f49dbda1e8db695e63a4b0af4448b1 */
export function roundRobin<C extends Candidate>(candidates: readonly C[]): Picker<C> {
  const count = candidates.length
  const weights = Float64Array.from(candidates, c => c.endpoint.weight)
  const fits = new Uint8Array(count)
  const owed = new Float64Array(count)
  let last = 1

  return isFit => {
    let round = 0
    for (let i = 0; i < count; i++) {
      fits[i] = isFit(candidates[i]!) ? 1 : 0
      if (fits[i] === 1) round += weights[i]!
    }
    if (round === 0) return undefined

    // Exactly 1 while the same ones are fit: with whole weights everything stays whole, and ties stay ties.
    const scale = round / last
    last = round
    let at = -1
    for (let i = 0; i < count; i++) {
      owed[i]! *= scale
      // One who is not fit keeps its place in the round.
      if (fits[i] === 0) continue
      owed[i]! += weights[i]!
      if (at < 0 || owed[i]! > owed[at]!) at = i
    }
    owed[at]! -= round
    return candidates[at]
  }
}
