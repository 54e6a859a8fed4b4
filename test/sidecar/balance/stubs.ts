import type { Candidate } from '../../../sidecar/model/candidate.ts'
import type { Endpoint } from '../../../sidecar/model/endpoint.ts'

/** A candidate whose load the test sets. */
export interface Stub extends Candidate {
  endpoint: Endpoint
  inFlight: number
  penalty: number
  elsewhere: number
  latencyMs: number
}

export function stub(address: string, state: Partial<Omit<Stub, 'endpoint'>> & { weight?: number } = {}): Stub {
  const { weight = 1, inFlight = 0, penalty = 0, elsewhere = 0, latencyMs = 0 } = state
  return { endpoint: { address, weight }, inFlight, penalty, elsewhere, latencyMs }
}

/** `a`, `b`, `c`, ... with these weights. */
export function stubs(...weights: readonly number[]): Stub[] {
  return weights.map((weight, i) => stub(String.fromCharCode(97 + i), { weight }))
}

export function manyStubs(count: number, weight = (_: number) => 1): Stub[] {
  return Array.from({ length: count }, (_, i) => stub(`10.0.${i >> 8}.${i & 255}:80`, { weight: weight(i) }))
}

export const all = () => true

/** How often `pick` gave each of `candidates`, in their order. */
export function count(candidates: readonly Stub[], picks: number, pick: (n: number) => Stub | undefined): number[] {
  const counts = new Map<Stub | undefined, number>()
  for (let n = 0; n < picks; n++) {
    const c = pick(n)
    counts.set(c, (counts.get(c) ?? 0) + 1)
  }
  return candidates.map(c => counts.get(c) ?? 0)
}

/**
 * `concurrency` requests always in flight; which of them ends next is up to the dice. Returns the picks of each.
 */
export function steady(candidates: readonly Stub[], options: Steady): number[] {
  const { pick, random, concurrency, picks } = options
  const open: Stub[] = []
  return count(candidates, picks, n => {
    if (open.length === concurrency) open.splice(Math.floor(random() * concurrency), 1)[0]!.inFlight--
    const c = pick(n)
    if (c === undefined) return undefined
    c.inFlight++
    open.push(c)
    return c
  })
}

export interface Steady {
  readonly pick: (n: number) => Stub | undefined
  readonly random: () => number
  readonly concurrency: number
  readonly picks: number
}
