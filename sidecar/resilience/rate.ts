import type { RateSettings } from '../model/resilience-settings.ts'
import { Rolling } from './rolling.ts'
import type { Tripwire } from './tripwire.ts'

/** Too large a share of failures, among enough results to call it a share. */
export function failureRate(settings: RateSettings): Tripwire {
  return rate(settings, ok => !ok)
}

/** The same for what took longer than `slower`; a failure without a response head did. */
export function slowRate(settings: RateSettings & { readonly slower: number }): Tripwire {
  return rate(settings, (_, ms) => ms > settings.slower)
}

function rate({ above, of, within }: RateSettings, isBad: (ok: boolean, ms: number) => boolean): Tripwire {
  const seen = new Rolling(within)
  return {
    record(ok, ms, now) {
      const bad = isBad(ok, ms)
      seen.add(bad, now)
      return bad && seen.total >= of && seen.bad > above * seen.total
    },
    reset() {
      seen.reset()
    },
  }
}
