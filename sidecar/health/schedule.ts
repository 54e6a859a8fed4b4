// When a member is checked next. Dice at every step: checks that began in step, after a restart of all sidecars, say,
// would stay in step for ever.

import type { Random } from '../model/candidate.ts'
import type { HealthSettings } from '../model/resilience-settings.ts'

type Pace = Pick<HealthSettings, 'every' | 'initial'>

/** Milliseconds from the start of a member to its first check. One that gets nothing before is not kept waiting. */
export function firstDelay({ every, initial }: Pace, random: Random): number {
  return random() * Math.min(every, initial === 'unhealthy' ? SOON : LATEST)
}

/**
 * Milliseconds from the beginning of a check to the next: `every`, give or take 20 %; half of that while results speak
 * against the verdict (HAProxy's `fastinter`), so that two of them fit between a return and the end of the second interval.
 */
export function nextDelay({ every }: Pace, settled: boolean, random: Random): number {
  return (settled ? every : every / 2) * (1 + JITTER * (2 * random() - 1))
}

/**
 * A healthy member of a service without traffic is asked every sixth time only (Envoy's `no_traffic_interval` is 60 s
 * where its usual one is 10): so many turns are skipped. Turns rather than a longer wait: traffic ends the rest with
 * the next turn.
 */
export const RESTS = 5

const SOON = 100
const LATEST = 1000
const JITTER = 0.2
