// Two choices by latency * (load + 1) / weight, the cost of Finagle's PeakEwma. A member that was never measured counts
// as fast as its rival while idle, and slower once it has something to answer: it gets its share of first requests,
// but not everything, as a latency of 0 would give it.
import type { Candidate, Picker, Random } from '../model/candidate.ts'
import { pickOfTwo } from './pair.ts'

export function peakEwma<C extends Candidate>(candidates: readonly C[], random: Random): Picker<C> {
  return pickOfTwo(candidates, random, believed)
}

/**
 * Finagle takes an unmeasured idle node before all others, and gives an unmeasured busy one a cost of 2^47, which is
 * one probe at a time. Both go wrong here. A newcomer that refuses connections is never measured and would be tried
 * first for ever; one whose first answer streams for an hour would get nothing else for that hour.
 * (finagle-core/src/main/scala/com/twitter/finagle/loadbalancer/PeakEwma.scala)
 */
function believed(c: Candidate, rival: Candidate): number {
  if (c.latencyMs > 0) return c.latencyMs
  const rivals = rival.latencyMs > 0 ? rival.latencyMs : 1
  return c.inFlight + c.penalty > 0 ? rivals * UNMEASURED : rivals
}

/** Twice as slow: under load a newcomer that has not answered yet carries half of what its siblings carry. */
const UNMEASURED = 2
