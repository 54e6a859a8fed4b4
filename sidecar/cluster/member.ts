// An endpoint and what we know of it. It outlives every update that still lists its address, with a changed weight too.
// It has no clock: the cluster writes the time that it was told last into a `Told` that its members share, so that what
// fades can be a plain property, brought up to date when it is read and at no cost to balancers that never read it.
import type { Candidate } from '../model/candidate.ts'
import type { Endpoint } from '../model/endpoint.ts'
import type { LoadReport } from '../model/load-report.ts'
import { classify, failureText, type Outcome, waitedInVain } from '../model/outcome.ts'
import type { Breaker } from '../resilience/breaker.ts'
import { Rolling } from '../resilience/rolling.ts'

export interface Told {
  now: number
  /** Members listed, and how many of them are failing. */
  listed: number
  failing: number
}

export class Member implements Candidate {
  endpoint: Endpoint
  inFlight = 0
  picked = 0
  succeeded = 0
  failed = 0
  /**
   * The latest it did was to fail, within the last seconds. One failure among successes does not count: at a hundred
   * requests a second and one error in five hundred, all members would be failing all the time.
   */
  failing = false
  /** The last failure, in words. */
  failure = ''
  /** The last failure was no answer at all. */
  silent = false
  /** Clock time of the last word to the log that it cannot be reached. */
  toldAt = Number.NEGATIVE_INFINITY
  /** Finishing what it has, given nothing new. */
  draining = false
  /** By hand: given nothing until it is released. */
  held = false
  /** Clock time at which it began to drain or was held; -Infinity when it could not even be reached since. */
  leftAt = 0
  /** By checks; true without them. */
  healthy = true
  /** False until the first check has succeeded, where members start as unhealthy. */
  admitted = true
  /** It has joined a service that was at work. */
  late = false
  /** Clock time until which it has asked to be left alone (Retry-After). */
  restUntil = 0
  /** Clock time until which it gets less than its share; 0 without a slow start. */
  warmAt = 0
  /** What others than us have in flight there, estimated from reports; 0 without any. Kept by reported.ts. */
  elsewhere = 0
  /** The same as it was at the last report. */
  heard = 0
  report: LoadReport | undefined
  /** Clock time. */
  reportedAt = Number.NEGATIVE_INFINITY
  reports = 0
  /** Answers since the last report. */
  quiet = 0
  /** Grows with each report of less than we had there ourselves. */
  doubt = 0
  /** Reports that could not be read, or believed. */
  unusable = 0
  /** Soft: may be ignored. */
  ejection: Breaker | undefined
  /** Hard. */
  breaker: Breaker | undefined
  /** Something stands against it, or did: ask closer. One test a pick for all that nothing is known of. */
  suspect = false
  private readonly told: Told
  private latency = 0
  private measuredAt = 0
  private readonly recent = new Rolling(PENALTY_MS)

  constructor(endpoint: Endpoint, told: Told) {
    this.endpoint = endpoint
    this.told = told
  }

  get latencyMs(): number {
    return this.latency * this.kept()
  }

  /**
   * Failures of the last five seconds, counted as load: a member that fails at once would otherwise look idle and draw
   * all traffic. When most members are failing it says nothing of this one, and is 0.
   */
  get penalty(): number {
    if (this.recent.total === 0) return 0
    const failures = this.failures()
    return this.told.failing * 2 > this.told.listed ? 0 : failures
  }

  /** The same, whatever the others do. */
  failures(): number {
    if (this.recent.total === 0) return 0
    this.recent.advance(this.told.now)
    if (this.recent.total === 0) this.recover()
    return this.recent.total
  }

  /** Its failures count no more: it is not listed any longer, or known to be well again. */
  forget(): void {
    this.recent.reset()
    this.recover()
  }

  private recover(): void {
    if (!this.failing) return
    this.failing = false
    this.told.failing--
  }

  begin(): void {
    this.picked++
    this.inFlight++
  }

  /** `ms`: since the pick. */
  end(outcome: Outcome, ms = 0): void {
    this.inFlight--
    const judgement = classify(outcome)
    if (judgement === 'success') {
      this.succeeded++
      this.recover()
    } else if (judgement === 'failure') this.fail(outcome)
    // It would have taken at least that long.
    if (waitedInVain(outcome) && ms > this.latencyMs) this.measure(ms)
    if (outcome.kind !== 'answered') return
    // An error that comes in 1 ms says nothing of how fast the work is done: failures may raise the average, no more.
    if (judgement === 'success' || this.isSlower(outcome.ms)) this.measure(outcome.ms)
    if (outcome.retryAfter !== undefined && outcome.status === 503) {
      this.restUntil = this.told.now + Math.min(outcome.retryAfter, LONGEST_REST_MS)
      this.suspect = true
    }
  }

  private fail(outcome: Outcome): void {
    this.failed++
    this.failure = failureText(outcome)
    this.silent = outcome.kind !== 'answered'
    if (this.draining) return
    this.recent.add(true, this.told.now)
    if (this.failing) return
    this.failing = true
    this.told.failing++
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
/** As long as a few requests of a fast-failing member take to trip its ejection, and short for one that stumbled once. */
const PENALTY_MS = 5_000
/** A server may ask for an hour because of one path; the others of it would pay. */
const LONGEST_REST_MS = 60_000
