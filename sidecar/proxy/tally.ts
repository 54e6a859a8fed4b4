/** Why an attempt that would have been repeated was not. */
export type RetryRefusal = 'body' | 'method' | 'attempts' | 'all-failing' | 'time' | 'budget'

/**
 * What came of the claim of a client: its member has answered; another one has; it was refused, as that would not do; the
 * client has got its first. And what it brought was no claim, or is none any more.
 */
export type PinResult = 'followed' | 'moved' | 'refused' | 'issued' | 'invalid' | 'expired'

/** What a service's resilience has done, in plain numbers. Keys are conditions and reasons from the config and the code. */
export interface Tally {
  readonly retries: ReadonlyMap<string, number>
  readonly unretried: ReadonlyMap<string, number>
  readonly pins: ReadonlyMap<string, number>
  hedges: number
  hedgesWon: number
  faultsDelayed: number
  faultsAborted: number
  retried(condition: string): void
  notRetried(why: RetryRefusal): void
  pinned(result: PinResult): void
}

export function createTally(): Tally {
  const retries = new Map<string, number>()
  const unretried = new Map<string, number>()
  const pins = new Map<string, number>()
  return {
    retries,
    unretried,
    pins,
    hedges: 0,
    hedgesWon: 0,
    faultsDelayed: 0,
    faultsAborted: 0,
    retried: condition => count(retries, condition),
    notRetried: why => count(unretried, why),
    pinned: result => count(pins, result),
  }
}

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1)
}
