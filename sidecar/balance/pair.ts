// The power of two choices: draw two distinct fit members by weight, send to the better one. What "latency" is, the
// caller says. The first drawn stays unless the second is better by both measures below; so among equals the shares
// are those of the first draw, which are the weights exactly.
import type { Candidate, Picker, Random } from '../model/candidate.ts'

/** The latency to reckon with for `c` when compared with `rival`; only the ratio of the two matters. */
export type Latency = (c: Candidate, rival: Candidate) => number

export function pickOfTwo<C extends Candidate>(candidates: readonly C[], random: Random, latency: Latency): Picker<C> {
  const count = candidates.length
  const sums = new Float64Array(count)
  let total = 0
  for (let i = 0; i < count; i++) sums[i] = total += candidates[i]!.endpoint.weight
  const mean = total / count

  return isFit => {
    const first = draw(isFit, undefined)
    if (first === undefined) return undefined
    const second = draw(isFit, first)
    return second !== undefined && better(second, first) ? second : first
  }

  /** A fit member other than `taken`, with a probability proportional to its weight. */
  function draw(isFit: (c: C) => boolean, taken: C | undefined): C | undefined {
    for (let thrown = 0; thrown < THROWS && count > 2; thrown++) {
      const c = candidates[firstAbove(sums, random() * total)]!
      if (c !== taken && isFit(c)) return c
    }
    let weight = 0
    for (let i = 0; i < count; i++) {
      const c = candidates[i]!
      if (c !== taken && isFit(c)) weight += c.endpoint.weight
    }
    let left = random() * weight
    let last: C | undefined
    for (let i = 0; i < count; i++) {
      const c = candidates[i]!
      if (c === taken || !isFit(c)) continue
      last = c
      if ((left -= c.endpoint.weight) < 0) break
    }
    return last
  }

  /**
   * The two measures err on opposite sides when weights differ. `cost` counts the pick as a whole request per weight:
   * an idle light member never looks better than an idle heavy one. `expected` counts it alike for all: an idle light
   * member always looks better than a heavy one at work. With equal weights both are latency * (load + 1).
   */
  function better(b: C, a: C): boolean {
    const la = latency(a, b)
    const lb = latency(b, a)
    return cost(b, lb) < cost(a, la) && expected(b, lb) < expected(a, la)
  }

  function expected(c: C, ms: number): number {
    return ms * ((loadOf(c) * mean) / c.endpoint.weight + 1)
  }
}

function cost(c: Candidate, ms: number): number {
  return (ms * (loadOf(c) + 1)) / c.endpoint.weight
}

function loadOf(c: Candidate): number {
  return c.inFlight + c.penalty + c.elsewhere
}

/** With half of the members fit, one draw in 256 needs the scan; with one fit in a thousand, nearly every one. */
const THROWS = 8

/** Index of the first sum above `at`; the sums ascend, and `at` is below the last one but for rounding. */
function firstAbove(sums: Float64Array, at: number): number {
  let low = 0
  let high = sums.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (sums[middle]! > at) high = middle
    else low = middle + 1
  }
  return low
}
