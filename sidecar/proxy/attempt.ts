import type { Lease } from '../cluster/lease.ts'
import type { Answer, AnswerListener } from '../http1/answer.ts'
import type { Clock } from '../http1/clock.ts'
import type { Inbound } from '../http1/inbound.ts'
import type { Upstream } from '../http1/upstream.ts'
import type { Outcome } from '../model/outcome.ts'

/** The outcome of an attempt that nobody let finish: nobody's fault. */
export const ABANDONED: Outcome = { kind: 'abandoned' }
/** The same, when all of it was a wait for the member. */
export const WAITED_IN_VAIN: Outcome = { kind: 'abandoned', waiting: true }
/** Of the total timeout. What a caller sets itself, by a deadline of its own, is held against nobody. */
export const TOO_LATE: Outcome = { kind: 'timed-out', phase: 'head' }

/** What an attempt needs of the exchange that it is made for. */
export interface Asker {
  readonly inbound: Inbound
  readonly clock: Clock
  /** The client takes the answer slower than it comes. */
  waitForClient(): void
  /** A 1xx head for the client. */
  interim(head: string, of: Attempt): void
}

/** One try at one endpoint: what its connection tells becomes two promises, of the head and of the end. */
export class Attempt implements AnswerListener {
  answer: Answer | null = null
  /** Final once there is no answer, or once it has ended. */
  outcome: Outcome = ABANDONED
  stale = false
  /** Nothing of the request had left. */
  unsent = false
  over = false
  readonly lease: Lease
  readonly upstream: Upstream
  readonly #x: Asker
  #startedAt: number
  /** Until the response head, milliseconds; 0 before. */
  ms = 0
  #wake: (() => void) | null = null

  constructor(x: Asker, lease: Lease, upstream: Upstream) {
    this.#x = x
    this.lease = lease
    this.upstream = upstream
    this.#startedAt = x.clock.precise()
  }

  /** The time that the client needed for its request is not the member's. */
  requestComplete(): void {
    this.#startedAt = this.#x.clock.precise()
    this.lease.at = this.#startedAt
  }

  /** Resolves when there is an answer or there will be none. */
  headed(): Promise<void> {
    return new Promise(resolve => {
      if (this.answer !== null || this.over) resolve()
      else this.#wake = resolve
    })
  }

  /** Resolves at the last byte, or at what prevented it. */
  ended(): Promise<void> {
    return new Promise(resolve => {
      if (this.over) resolve()
      else this.#wake = resolve
    })
  }

  /** Takes the connection away from under the attempt. */
  abort(outcome: Outcome): void {
    if (this.over) return
    this.upstream.cancel()
    this.#end(outcome)
  }

  /** The answer is not to be relayed: another attempt follows. Returns the outcome. */
  drop(): Outcome {
    const { answer } = this
    if (answer === null) return this.outcome
    // What was read of it has not been written anywhere.
    if (answer.lent !== null) this.upstream.wire.recycle(answer.lent)
    this.abort(this.#answered(answer.status))
    return this.outcome
  }

  #end(outcome: Outcome): void {
    this.over = true
    this.outcome = outcome
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }

  #answered(status: number): Outcome {
    const retryAfter = this.answer!.retryAfter
    return retryAfter < 0
      ? { kind: 'answered', status, ms: this.ms }
      : { kind: 'answered', status, ms: this.ms, retryAfter }
  }

  onInterim(head: string): void {
    this.#x.interim(head, this)
  }

  onAnswer(answer: Answer): void {
    this.answer = answer
    this.ms = this.#x.clock.precise() - this.#startedAt
    if (answer.load === null) this.lease.member.quiet++
    else this.lease.report(answer.load, this.ms, this.#x.clock.now)
    if (answer.done) return this.#end(this.#answered(answer.status))
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }

  onBody(bytes: Buffer, from: number, to: number): void {
    const { wire } = this.upstream
    this.#x.inbound.wire.pass(bytes, from, to, wire)
    if (wire.paused) this.#x.waitForClient()
  }

  onText(text: string): void {
    this.#x.inbound.wire.write(text)
  }

  onEnd(lent: Buffer | null): void {
    this.#x.inbound.wire.recycle(lent)
    this.#end(this.#answered(this.answer!.status))
  }

  onFailure(outcome: Outcome, stale: boolean, unsent: boolean): void {
    this.stale = stale
    this.unsent = unsent
    this.#end(outcome)
  }

  onWritable(): void {
    this.#x.inbound.resume()
  }
}
