import type { TripSettings } from '../model/resilience-settings.ts'
import { consecutive } from './consecutive.ts'
import { failureRate, slowRate } from './rate.ts'
import type { Tripwire } from './tripwire.ts'

/** All rules of the settings in one: any of them trips. */
export function createTripwire(settings: TripSettings): Tripwire {
  const rules: Tripwire[] = []
  if (Number.isFinite(settings.consecutive)) rules.push(consecutive(settings.consecutive))
  if (settings.failureRate !== undefined) rules.push(failureRate(settings.failureRate))
  if (settings.slowRate !== undefined) rules.push(slowRate(settings.slowRate))
  return {
    record(ok, ms, now) {
      let trips = false
      // All of them have to hear of it, also behind one that trips.
      for (const rule of rules) if (rule.record(ok, ms, now)) trips = true
      return trips
    },
    reset() {
      for (const rule of rules) rule.reset()
    },
  }
}
