// Same key, same member, and few keys move when the membership changes. Loads are bounded: a member takes at most 1.25
// times its share of what is in flight; beyond that, or when it is not fit, its keys go to the next on the ring.
// https://arxiv.org/abs/1608.01350 (Mirrokni, Thorup, Zadimoghaddam: Consistent Hashing with Bounded Loads)
import type { Candidate, Picker, Random } from '../model/candidate.ts'
import { leastConnections } from './least-connections.ts'
import { finish, murmur3 } from './murmur3.ts'
import { buildRing, seek } from './ring.ts'

export function ringHash<C extends Candidate>(candidates: readonly C[], random: Random): Picker<C> {
  const count = candidates.length
  const leastLoaded = leastConnections(candidates, random)
  const ring = buildRing(candidates.map(c => c.endpoint))
  const names = Uint32Array.from(candidates, c => murmur3(c.endpoint.address, 0))
  const fits = new Uint8Array(count)

  return (isFit, key) => {
    if (key === undefined || key === '') return leastLoaded(isFit)
    let load = 1
    let weight = 0
    for (let i = 0; i < count; i++) {
      const c = candidates[i]!
      const is = isFit(c)
      fits[i] = is ? 1 : 0
      if (!is) continue
      load += c.inFlight + c.penalty
      weight += c.endpoint.weight
    }
    if (weight === 0) return undefined
    const place = murmur3(key, KEYS)
    const perWeight = (BOUND * load) / weight
    return walk(place, perWeight) ?? rendezvous(place, perWeight)
  }

  function walk(place: number, perWeight: number): C | undefined {
    const { owners } = ring
    let point = seek(ring, place)
    for (let step = 0; step < STEPS; step++) {
      const owner = owners[point]!
      if (hasRoom(owner, perWeight)) return candidates[owner]
      if (++point === owners.length) point = 0
    }
    return undefined
  }

  /**
   * Where the walk would go on for long (one fit member in a thousand means a thousand points and more), every member
   * draws its lot from key and name instead, and the best one wins: as consistent as the ring, and one scan at most.
   * -ln(u) / weight is an exponential race, whose winner follows the weights.
   */
  function rendezvous(place: number, perWeight: number): C | undefined {
    let best = Number.POSITIVE_INFINITY
    let winner: C | undefined
    for (let i = 0; i < count; i++) {
      if (!hasRoom(i, perWeight)) continue
      const lot = -Math.log((finish(place ^ names[i]!) + 0.5) / 2 ** 32) / candidates[i]!.endpoint.weight
      if (lot < best) {
        best = lot
        winner = candidates[i]
      }
    }
    return winner
  }

  /** The bounds of all fit members add up to more than the load with this pick, so at least one has room. */
  function hasRoom(i: number, perWeight: number): boolean {
    if (fits[i] === 0) return false
    const c = candidates[i]!
    return c.inFlight + c.penalty + 1 <= Math.ceil(perWeight * c.endpoint.weight)
  }
}

/** c of the paper; HAProxy's manual (hash-balance-factor) calls 1.25 to 2 reasonable. More would move fewer keys. */
const BOUND = 1.25
/** With half of the members fit, the walk fails once in 2^64 picks; with one in ten, once in 850. */
const STEPS = 64
/** Keys are hashed by another seed than points, lest a key that is an address falls on that member's first point. */
const KEYS = 0x9e3779b9
