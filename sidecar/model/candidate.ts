import type { Endpoint } from './endpoint.ts'

/** What a balancer may know of a member: its address, its weight, and its load. Nothing of HTTP, health or cookies. */
export interface Candidate {
  readonly endpoint: Endpoint
  /** Exchanges between pick and last byte, right now. */
  readonly inFlight: number
  /** Extra load that recent failures count as. 0 when there are none. */
  readonly penalty: number
  /** What others than us have in flight there, as far as the members report it; else 0. */
  readonly elsewhere: number
  /** Peak-sensitive moving average of the latency in milliseconds, already decayed to now; 0 when never measured. */
  readonly latencyMs: number
}

/** A number in [0, 1). `Math.random` in production, a seeded generator in tests. */
export type Random = () => number

/**
 * Picks among the candidates for which `fit` holds; undefined when none is fit. `key` is what hash balancing hashes;
 * other balancers ignore it, and hash without a key falls back to the least loaded.
 */
export type Picker<C extends Candidate = Candidate> = (fit: (c: C) => boolean, key?: string) => C | undefined

/** Rebuilt when the membership or a weight changes; load is read from the candidates at each pick. */
export type Balancer = <C extends Candidate>(candidates: readonly C[], random: Random) => Picker<C>
