// The ring of consistent hashing: every member owns many points on a circle of 2^32, in proportion to its weight.
// It depends on addresses and weights alone, not on their order: every proxy of a fleet builds the same ring.
import type { Endpoint } from '../model/endpoint.ts'
import { murmur3 } from './murmur3.ts'

export interface Ring {
  /** Ascending positions on the circle. */
  readonly points: Uint32Array
  /** Who owns each point, as an index into the endpoints given. */
  readonly owners: Uint32Array
}

export function buildRing(endpoints: readonly Endpoint[]): Ring {
  const perWeight = pointsPerWeight(endpoints)
  const byAddress = endpoints.map((_, i) => i).sort((a, b) => (endpoints[a]!.address < endpoints[b]!.address ? -1 : 1))
  const counts = byAddress.map(i => Math.max(1, Math.round(endpoints[i]!.weight * perWeight)))
  const size = counts.reduce((sum, n) => sum + n, 0)

  // Point and rank in one double (32 + 20 bits of 53), so that the native numeric sort does all the work. A rank by
  // address, not by place in the list, decides between two that own the same point.
  const packed = new Float64Array(size)
  let at = 0
  for (let rank = 0; rank < byAddress.length; rank++) {
    const { address } = endpoints[byAddress[rank]!]!
    // Points of one member are numbered by the seed: a change of weight adds or removes the last ones, moves none.
    for (let n = 0; n < counts[rank]!; n++) packed[at++] = murmur3(address, n) * RANKS + rank
  }
  packed.sort()
  const points = new Uint32Array(size)
  const owners = new Uint32Array(size)
  for (let i = 0; i < size; i++) {
    const point = Math.floor(packed[i]! / RANKS)
    points[i] = point
    owners[i] = byAddress[packed[i]! - point * RANKS]!
  }
  return { points, owners }
}

/** The point that a position belongs to: the first at or after it, going round at the end. */
export function seek({ points }: Ring, position: number): number {
  let low = 0
  let high = points.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (points[middle]! < position) low = middle + 1
    else high = middle
  }
  return low === points.length ? 0 : low
}

const RANKS = 2 ** 20

/**
 * ketama uses 160 points per server; the deviation of a member's share is about 1 / sqrt(points). Here it is the power
 * of two nearest to 160 at the mean weight: were it exact, a change of one weight would change the points of all
 * members, and move keys between those that nothing happened to.
 */
function pointsPerWeight(endpoints: readonly Endpoint[]): number {
  const weight = endpoints.reduce((sum, e) => sum + e.weight, 0)
  const points = Math.min(160 * endpoints.length, MAX_POINTS)
  return 2 ** Math.round(Math.log2(points / weight))
}

/** Some 15 ms to build. Past 700 members each gets fewer points than ketama's; the load bound evens that out. */
const MAX_POINTS = 65_536
