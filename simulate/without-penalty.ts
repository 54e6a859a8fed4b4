import type { Balancer, Candidate } from '../sidecar/model/candidate.ts'

/** The same balancer, blind to recent failures: the algorithm alone, as others have published it. */
export function withoutPenalty(balancer: Balancer): Balancer {
  return (candidates, random) => {
    const picker = balancer(candidates.map(blind), random)
    return (isFit, key) => picker(({ seen }) => isFit(seen), key)?.seen
  }
}

interface Blind<C> extends Candidate {
  readonly seen: C
}

function blind<C extends Candidate>(seen: C): Blind<C> {
  return {
    seen,
    penalty: 0,
    elsewhere: 0,
    get endpoint() {
      return seen.endpoint
    },
    get inFlight() {
      return seen.inFlight
    },
    get latencyMs() {
      return seen.latencyMs
    },
  }
}
