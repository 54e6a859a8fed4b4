// Closed, open, half-open. Asking changes nothing, entering takes a place, settling gives it back. A result counts only in
// the era in which its request entered: what was under way when the breaker tripped says nothing of the trials after it.

import type { Random } from '../model/candidate.ts'
import type { Judgement } from '../model/outcome.ts'
import type { BreakerSettings } from '../model/resilience-settings.ts'
import { growing } from './backoff.ts'
import type { Tripwire } from './tripwire.ts'

export type BreakerState = 'closed' | 'open' | 'half-open'

export interface BreakerParts {
  readonly tripwire: Tripwire
  readonly random: Random
  /** Asked before it trips; false leaves it closed. Default: always. */
  readonly mayTrip?: () => boolean
  readonly onChange?: (state: BreakerState) => void
}

/**
 * How long the result of a trial is waited for before its place is given to another, in milliseconds. A trial that
 * hangs, or streams for hours, must not keep a member out.
 */
const TRIAL_PATIENCE = 10_000

export class Breaker {
  state: BreakerState = 'closed'
  /** Times that it went from closed or half-open to open. */
  opened = 0
  /** Times that it would have tripped, and `mayTrip` said no. */
  spared = 0
  /** Clock time in milliseconds when trials begin; 0 while closed. */
  until = 0
  #soonest = 0
  readonly #settings: BreakerSettings
  readonly #parts: BreakerParts
  #era = 0
  /** How often it has opened without a calm time between: the exponent of the wait. */
  #level = 0
  #closedAt = 0
  #wait = 0
  #trials = 0
  #succeeded = 0
  #trialAt = 0

  constructor(settings: BreakerSettings, parts: BreakerParts) {
    this.#settings = settings
    this.#parts = parts
  }

  /** When trials begin if nobody else can serve: a wait that has grown is for members that can be done without. */
  get soonest(): number {
    return Math.min(this.#soonest, this.until)
  }

  /** Whether a request may go. `urgent`: nobody else can serve. */
  allows(now: number, urgent = false): boolean {
    if (this.state === 'closed') return true
    if (this.state === 'open') return now >= (urgent ? this.soonest : this.until)
    return this.#trials + this.#succeeded < this.#settings.trials || now - this.#trialAt >= TRIAL_PATIENCE
  }

  /** A request goes; `allows` was true. Returns what `settle` wants back. */
  enter(now: number): number {
    if (this.state === 'closed') return this.#era
    if (this.state === 'open') this.#change('half-open')
    // The places of trials that never came back are given away, and what they bring is late.
    if (this.#trials > 0 && now - this.#trialAt >= TRIAL_PATIENCE) {
      this.#trials = 0
      this.#era++
    }
    this.#trials++
    this.#trialAt = now
    return this.#era
  }

  /** Once for each `enter`. `ms`: until the response head, Infinity when there was none. */
  settle(era: number, judgement: Judgement, ms: number, now: number): void {
    if (era !== this.#era) return
    if (this.state === 'closed') {
      if (judgement === 'neutral') return
      if (this.#parts.tripwire.record(judgement === 'success', ms, now)) this.#trip(now)
      return
    }
    this.#trials--
    if (judgement === 'neutral') return
    this.#parts.tripwire.record(judgement === 'success', ms, now)
    if (judgement === 'failure') this.#open(now)
    else if (++this.#succeeded >= this.#settings.trials) this.#close(now)
  }

  /** There is news that it may be well again: trials begin now, and the next wait is a first one. */
  pardon(now: number): void {
    this.#level = 0
    this.hasten(now)
  }

  /** Trials begin now; if they fail, the wait is as long as it would have been. */
  hasten(now: number): void {
    if (this.state === 'open') this.until = Math.min(this.until, now)
  }

  /** By hand: closed, whatever was before. */
  release(now: number): void {
    this.#level = 0
    this.#parts.tripwire.reset()
    if (this.state !== 'closed') this.#close(now)
  }

  #trip(now: number): void {
    if (this.#parts.mayTrip?.() === false) {
      this.spared++
      return
    }
    // Calm for as long as it was out last: then it begins anew.
    if (now - this.#closedAt >= Math.max(this.#wait, CALM)) this.#level = 0
    this.#open(now)
  }

  #open(now: number): void {
    const { open } = this.#settings
    this.#wait = growing({ least: open.least, most: open.most }, this.#level, this.#parts.random)
    this.until = now + this.#wait
    this.#soonest = now + open.least
    this.#level++
    this.opened++
    this.#change('open')
  }

  #close(now: number): void {
    this.until = 0
    this.#closedAt = now
    this.#change('closed')
  }

  #change(state: BreakerState): void {
    this.#era++
    this.#trials = 0
    this.#succeeded = 0
    this.state = state
    this.#parts.onChange?.(state)
  }
}

/** Milliseconds: as long as the windows of the rates, so that an old window is never the reason for a new wait. */
const CALM = 10_000
