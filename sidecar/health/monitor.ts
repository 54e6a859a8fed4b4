// Checks the members of one service, each at its own times, and tells when a verdict changes. It keeps no list of members:
// the cluster does, and is asked.

import type { Random } from '../model/candidate.ts'
import { parseAddress } from '../model/endpoint.ts'
import type { HealthSettings } from '../model/resilience-settings.ts'
import { type Checker, type CheckResult, resultOf, TimeUp, whyFailed } from './check.ts'
import { createCheck } from './index.ts'
import { firstDelay, nextDelay, RESTS } from './schedule.ts'
import type { Slots } from './slots.ts'

/** What `createVerdict` of `resilience/rise-fall.ts` makes: handed in, since checks know nothing of resilience. */
export interface Verdict {
  readonly healthy: boolean
  readonly settled: boolean
  record(ok: boolean): boolean
}

export interface MonitorParts {
  readonly addresses: () => readonly string[]
  /** Grows with every request of the service. */
  readonly traffic: () => number
  readonly onVerdict: (address: string, healthy: boolean, why: string) => void
  /** After each check that succeeded, whatever the verdict. */
  readonly onSuccess?: (address: string) => void
  readonly verdict: (settings: HealthSettings) => Verdict
  readonly random: Random
  readonly slots: Slots
  /** Monotonic milliseconds. */
  readonly now: () => number
}

export interface Monitor {
  start(): void
  /** The addresses may have changed. What is known of those that stay is kept. */
  refresh(): void
  /** Nothing is told after it. May be started again. */
  stop(): void
  statusOf(address: string): MemberHealth | undefined
}

export interface MemberHealth {
  readonly healthy: boolean
  readonly checks: number
  readonly failures: number
  /** What came of the last check: `ok`, or why it failed. */
  readonly last: string
  /** How long it took; 0 before the first. */
  readonly lastMs: number
}

export function createMonitor(settings: HealthSettings, parts: MonitorParts): Monitor {
  const watched = new Map<string, Watched>()
  let running = false

  function refresh() {
    if (!running) return
    const listed = new Set(parts.addresses())
    for (const [address, member] of watched) {
      if (listed.has(address)) continue
      watched.delete(address)
      member.stop()
    }
    for (const address of listed) {
      if (!watched.has(address)) watched.set(address, watch(address, settings, parts))
    }
  }

  return {
    start() {
      running = true
      refresh()
    },
    refresh,
    stop() {
      running = false
      for (const member of watched.values()) member.stop()
      watched.clear()
    },
    statusOf: address => watched.get(address)?.status(),
  }
}

interface Watched {
  status(): MemberHealth
  stop(): void
}

function watch(address: string, settings: HealthSettings, parts: MonitorParts): Watched {
  const { random, slots, now } = parts
  const verdict = parts.verdict(settings)
  const checker = createCheck(settings.check)
  let timer: NodeJS.Timeout
  let stopped = false
  /** Of the check under way. */
  let abort: AbortController | undefined
  let checks = 0
  let failures = 0
  let last = 'not checked yet'
  let lastMs = 0
  let rested = 0
  let traffic = 0

  function wait(ms: number) {
    timer = setTimeout(turn, Math.max(0, ms)).unref()
  }

  function turn() {
    if (mayRest()) {
      rested++
      return wait(nextDelay(settings, true, random))
    }
    rested = 0
    traffic = parts.traffic()
    void checkOnce()
  }

  function mayRest(): boolean {
    return rested < RESTS && checks > 0 && verdict.healthy && verdict.settled && parts.traffic() === traffic
  }

  /** Never rejects. The next turn is set when it is over: a member is never asked twice at once. */
  async function checkOnce() {
    abort = new AbortController()
    const leave = await slots.enter(abort.signal)
    if (leave === undefined) return
    if (stopped) return leave()
    const began = now()
    const result = await ask(checker, address, abort, settings.timeout)
    leave()
    if (stopped) return
    const changed = note(result)
    wait(nextDelay(settings, verdict.settled, random) - (now() - began))
    tell(changed, result.ok)
  }

  function note(result: CheckResult): boolean {
    checks++
    if (!result.ok) failures++
    last = result.ok ? 'ok' : result.why
    lastMs = result.ms
    return verdict.record(result.ok)
  }

  function tell(changed: boolean, ok: boolean) {
    try {
      if (changed) parts.onVerdict(address, verdict.healthy, last)
      if (ok) parts.onSuccess?.(address)
    } catch (error) {
      // The checks go on whatever becomes of the news, and the status page says so.
      last = `${last}; told, and failed: ${whyFailed(error)}`
    }
  }

  wait(firstDelay(settings, random))
  return {
    status: () => ({ healthy: verdict.healthy, checks, failures, last, lastMs }),
    stop() {
      stopped = true
      clearTimeout(timer)
      abort?.abort()
      checker.close()
    },
  }
}

/** Whatever goes wrong is a failed check. */
async function ask(checker: Checker, text: string, abort: AbortController, timeout: number): Promise<CheckResult> {
  const began = performance.now()
  const timer = setTimeout(() => abort.abort(new TimeUp(timeout)), timeout).unref()
  try {
    const address = parseAddress(text)
    return address === undefined ? resultOf('not an address', began) : await checker.check(address, abort.signal)
  } catch (error) {
    return resultOf(whyFailed(error), began)
  } finally {
    clearTimeout(timer)
  }
}
