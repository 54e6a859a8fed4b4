import type { Random } from '../model/candidate.ts'
import type { FaultSettings } from '../model/resilience-settings.ts'
import { injectedFault } from './refusal.ts'
import type { Tally } from './tally.ts'
import { pause, type Waiting } from './wait.ts'

/** Delays or aborts a share of the requests, for tests of the callers. Rejects with a refusal when it aborts. */
export type Faults = (x: Waiting) => Promise<void>

export function createFaults({ delay, abort }: FaultSettings, random: Random, tally: Tally): Faults {
  return async x => {
    if (delay !== undefined && random() < delay.share) {
      tally.faultsDelayed++
      await pause(x, delay.ms)
    }
    if (abort !== undefined && random() < abort.share) {
      tally.faultsAborted++
      throw injectedFault(abort.status)
    }
  }
}
