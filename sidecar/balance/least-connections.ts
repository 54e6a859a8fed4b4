// Full scan for the member with the least load per weight. The load that the pick itself adds, the 1 in
// (load + 1) / weight, is not charged at once to everyone: each member is charged as much of it as it has lately had of
// its share. A bare + 1 sends everything to the heaviest member of an idle service, leaving it out favours the lightest.
import type { Candidate, Picker, Random } from '../model/candidate.ts'

/**
 * score = (inFlight + penalty + d) / weight, where d falls from 1, just after a pick, to 0 when the member's turn has
 * come again. Among idle members that is stride scheduling: shares follow the weights exactly, and equal members take
 * turns. d stays below 1, so among equal weights fewer in flight always wins.
 */
export function leastConnections<C extends Candidate>(candidates: readonly C[], random: Random): Picker<C> {
  const count = candidates.length
  const stride = Float64Array.from(candidates, c => 1 / c.endpoint.weight)
  // Turns start at random points of a stride: the proxies of a fleet must not all begin with the same member.
  const turn = stride.map(step => step * JUST_UNDER_ONE * random())
  // The latest turn taken. A member that was away, or busy, has its turn behind it and is owed one pick, not a burst;
  // start-time fair queueing (Goyal, Vin, Cheng 1996) keeps its virtual time in the same way.
  let latest = 0

  return isFit => {
    let best = Number.POSITIVE_INFINITY
    let bestTurn = best
    let at = -1
    for (let i = 0; i < count; i++) {
      const c = candidates[i]!
      const least = (c.inFlight + c.penalty + c.elsewhere) * stride[i]!
      // Cheapest question first; only the few members that would win are asked the last one.
      if (least < best && least + turn[i]! < bestTurn && isFit(c)) {
        best = least + Math.max(0, turn[i]! - latest)
        bestTurn = best + latest
        at = i
      }
    }
    if (at < 0) return undefined
    if (turn[at]! > latest) latest = turn[at]!
    turn[at] = latest + stride[at]! * JUST_UNDER_ONE
    return candidates[at]
  }
}

/** Scales all strides alike, so shares are untouched. */
const JUST_UNDER_ONE = 1 - 2 ** -10
