/** Why an attempt that would have been repeated was not. */
export type RetryRefusal = 'body' | 'method' | 'attempts' | 'all-failing' | 'time' | 'budget'

/** What a service's resilience has done, in plain numbers. Keys are conditions and reasons from the config and the code. */
export interface Tally {
  readonly retries: ReadonlyMap<string, number>
  readonly unretried: ReadonlyMap<string, number>
  hedges: number
  hedgesWon: number
  faultsDelayed: number
  faultsAborted: number
  retried(condition: string): void
  notRetried(why: RetryRefusal): void
}

export function createTally(): Tally {
  const retries = new Map<string, number>()
  const unretried = new Map<string, number>()
  return {
    retries,
    unretried,
    hedges: 0,
    hedgesWon: 0,
    faultsDelayed: 0,
    faultsAborted: 0,
    retried: condition => void retries.set(condition, (retries.get(condition) ?? 0) + 1),
    notRetried: why => void unretried.set(why, (unretried.get(why) ?? 0) + 1),
  }
}
