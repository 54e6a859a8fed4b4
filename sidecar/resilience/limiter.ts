// How many requests a service may have in flight before it only gets slower. Netflix' Gradient2 (concurrency-limits,
// Gradient2Limit.java): the limit shrinks while latency now is well above the usual one. Two things are not as there: a
// window is a number of samples, since we are told no time, and the usual latency is learned as `Gradient` says.

import type { AdaptiveSettings } from '../model/resilience-settings.ts'

export interface Limiter {
  /** How many may be in flight now: a whole number from `least` to `most`, `least` at the start. */
  readonly limit: number
  /**
   * A request has ended after `ms`. `inFlight`: how many were when it began, itself included. `dropped`: it ran into a
   * timeout, and `ms` is that timeout.
   */
  record(ms: number, inFlight: number, dropped: boolean): void
}

export function createLimiter(settings: AdaptiveSettings): Limiter {
  return new Gradient(settings)
}

/** What latency may rise to before it counts as queueing, how much of a correction is made at once: Netflix' values. */
const TOLERANCE = 1.5
const SMOOTHING = 0.2
/** Samples in a window, but no fewer than the limit: one round of requests, so that each is an effect of the last. */
const WINDOW = 50
const STARTING_WINDOW = 20
/** A sample counts as this many times the usual latency at most: otherwise a long tail is all that the average says. */
const MOST_TIMES_USUAL = 4
/** Two averages are compared by their ratio, and a coarse clock may say 0. */
const LEAST_MS = 0.1
/** Weight of a window in the usual latency, when it was measured without a queue of ours. */
const LEARNING = 0.02
/** Windows under load from one probe to the next; one far below the habitual limit counts as `HURRY`. */
const PROBE_EVERY = 50
const HURRY = 5
const PROBE_WINDOW = 100
/** How far a probe is believed: that the service is faster than we thought, or slower. */
const FASTER = 0.5
const SLOWER = 0.02
const FAR_BELOW = 2 / 3
const HABIT = 0.2

/**
 * An average over all windows would take the queue for the usual latency: under steady overload Gradient2 raises its limit
 * without end, doubling it every 400 windows or so. So it learns only from windows in which less than half of the limit
 * was used, and under load by probes, as Envoy does: for some samples the limit is halved. What is measured then is
 * believed if it is lower, and otherwise only once the limit has come down far: if that did not help, then it is not our
 * queue that makes the service slow. Several sidecars before one service do not see each other: their queue is above
 * what each of them measures, and the limits may rise, by 2 % in 50 windows.
 *
 * A class: numbers that change in a closure are allocated anew each time by the V8 of Node 20.
 */
class Gradient implements Limiter {
  limit: number
  readonly #least: number
  readonly #most: number
  /** The limit with its fraction, and without the cut of a probe. */
  #exact: number
  /** Milliseconds; Infinity before the first window. */
  #usual = Number.POSITIVE_INFINITY
  #starting = true
  /** What the limit was in the last probes. */
  #habit = 0
  #probing = false
  #untilProbe = PROBE_EVERY
  /** Samples that began before the probe did. */
  #before = 0
  #sum = 0
  #samples = 0
  #wanted = STARTING_WINDOW
  #busiest = 0

  constructor({ least, most }: AdaptiveSettings) {
    this.#least = least
    this.#most = most
    this.#exact = least
    this.limit = least
  }

  record(ms: number, inFlight: number, dropped: boolean): void {
    // One would make every average after it infinite, and the limit no number.
    if (!Number.isFinite(ms)) return
    // As a window of which this sample is one would be lowered by a gradient of 0.
    if (dropped && 2 * inFlight >= this.#exact) {
      this.#set(this.#exact - SMOOTHING)
      this.#endStart()
    }
    if (this.#before > 0) {
      this.#before--
      return
    }
    const most = this.#usual * MOST_TIMES_USUAL
    this.#sum += ms < most ? ms : most
    if (inFlight > this.#busiest) this.#busiest = inFlight
    if (++this.#samples >= this.#wanted && this.#samples >= this.limit) this.#endWindow()
  }

  #endWindow(): void {
    const now = Math.max(this.#sum / this.#samples, LEAST_MS)
    if (this.#usual === Number.POSITIVE_INFINITY) this.#usual = now
    if (this.#probing) this.#endProbe(now)
    else this.#adapt(now)
    this.#sum = 0
    this.#samples = 0
    this.#busiest = 0
    this.#wanted = this.#probing ? PROBE_WINDOW : this.#starting ? STARTING_WINDOW : WINDOW
  }

  #adapt(now: number): void {
    // After a slow spell, as in Gradient2: not to wait for the average.
    if (this.#usual > 2 * now) this.#usual *= 0.9
    if (2 * this.#busiest < this.#exact) {
      this.#usual += (now - this.#usual) * LEARNING
      return
    }
    const gradient = Math.max(0.5, Math.min(1, (TOLERANCE * this.#usual) / now))
    if (this.#starting && gradient === 1) {
      // As TCP starts: a service that is asked for much at once should not have to wait for a hundred windows.
      if (this.#busiest >= this.limit) this.#set(this.#exact * 2)
      return
    }
    this.#set(this.#exact + SMOOTHING * (this.#exact * (gradient - 1) + Math.sqrt(this.#exact)))
    this.#endStart()
    this.#untilProbe -= this.#isFarBelow() ? HURRY : 1
    if (this.#untilProbe <= 0) this.#beginProbe()
  }

  #endStart(): void {
    if (!this.#starting) return
    this.#starting = false
    this.#habit = this.#exact
    // The last doubling was too much: what was measured since is queueing.
    this.#untilProbe = 1
  }

  #beginProbe(): void {
    this.#habit += (this.#exact - this.#habit) * HABIT
    this.#untilProbe = PROBE_EVERY
    this.#before = this.limit
    this.#probing = true
    this.#set(this.#exact)
  }

  #endProbe(now: number): void {
    const believed = now < this.#usual || this.#isFarBelow() ? FASTER : SLOWER
    this.#usual += (now - this.#usual) * believed
    this.#probing = false
    this.#set(this.#exact)
  }

  #isFarBelow(): boolean {
    return this.#exact < FAR_BELOW * this.#habit
  }

  #set(exact: number): void {
    this.#exact = Math.max(this.#least, Math.min(this.#most, exact))
    this.limit = this.#probing ? Math.max(this.#least, this.#exact >> 1) : Math.floor(this.#exact)
  }
}
