// Dice for simulations, and what is thrown with them. Each stream is named, so that two balancers are given the same
// requests, and leaving out one experiment changes no other.
import { murmur3 } from '../sidecar/balance/murmur3.ts'
import type { Random } from '../sidecar/model/candidate.ts'

/**
 * sfc32 (Chris Doty-Humphrey, PractRand, public domain). Not the generator of the tests: its streams all lie on one
 * cycle of 2^32, and ten million throws each would meet on it.
 */
export function dice(seed: number, name: string): Random {
  let a = murmur3(name, seed)
  let b = murmur3(name, ~seed)
  let c = seed | 0
  let counter = 1
  const next = () => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  // Until the seed is in all of the state.
  for (let thrown = 0; thrown < 12; thrown++) next()
  return next
}

/** Times between the events of a Poisson process, or times of service. */
export function exponential(mean: number, random: Random): () => number {
  return () => -mean * Math.log(1 - random())
}

/** Box and Muller, one of the pair. */
export function gaussian(random: Random): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
