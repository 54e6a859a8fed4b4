// An endpoint and what we know of it. It outlives every update that still lists its address, with a changed weight too.
// It has no clock: the cluster writes the time that it was told last into a `Told` that its members share, so that
// `latencyMs` can be a plain property, decayed when it is read and at no cost to balancers that never read it.
import type { Candidate } from '../model/candidate.ts'
import type { Endpoint } from '../model/endpoint.ts'
import { classify, type Outcome } from '../model/outcome.ts'

export interface Told {
  now: number
}

export class Member implements Candidate {
  endpoint: Endpoint
  inFlight = 0
  /** The place for failures of the last seconds, counted as load. Nothing sets it yet. */
  penalty = 0
  picked = 0
  succeeded = 0
  failed = 0
  /** Finishing what it has, given nothing new. */
  draining = false
  private readonly told: Told
  private latency = 0
  private measuredAt = 0

  constructor(endpoint: Endpoint, told: Told) {
    this.endpoint = endpoint
    this.told = told
  }

  get latencyMs(): number {
    return this.latency * this.kept()
  }

  begin(): void {
    this.picked++
    this.inFlight++
  }

  end(outcome: Outcome): void {
    this.inFlight--
    const judgement = classify(outcome)
    if (judgement === 'success') this.succeeded++
    else if (judgement === 'failure') this.failed++
    // An error that comes in 1 ms says nothing of how fast the work is done: failures may raise the average, no more.
    if (outcome.kind === 'answered' && (judgement === 'success' || this.isSlower(outcome.ms))) this.measure(outcome.ms)
  }

  private isSlower(ms: number): boolean {
    return this.latency > 0 && ms > this.latencyMs
  }

  /**
   * Peak-sensitive: a slower answer is believed at once, a faster one only in so far as the older ones have faded.
   * Weighted by the time between answers, since they come unevenly.
   */
  private measure(ms: number): void {
    const kept = this.kept()
    // 0 means "never measured", and is what a coarse clock says of a fast answer.
    const seen = Math.max(ms, LEAST_MS)
    this.latency = seen > this.latency * kept ? seen : this.latency * kept + seen * (1 - kept)
    this.measuredAt = this.told.now
  }

  /** How much of the last measurement still counts. */
  private kept(): number {
    return Math.exp((this.measuredAt - this.told.now) / TAU_MS)
  }
}

/** Finagle's default decay time for peak EWMA: an old peak is down to 1 % after 46 s. */
const TAU_MS = 10_000
const LEAST_MS = 0.001
