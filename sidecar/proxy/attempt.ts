import type { Answer } from '../http1/answer.ts'
import type { Clock } from '../http1/clock.ts'
import type { Inbound } from '../http1/inbound.ts'
import type { AnswerListener, Upstream } from '../http1/upstream.ts'
import type { Outcome } from '../model/outcome.ts'

/** The outcome of an attempt that nobody let finish: nobody's fault. */
export const ABANDONED: Outcome = { kind: 'abandoned' }

/** What an attempt needs of the exchange that it is made for. */
export interface Asker {
  readonly inbound: Inbound
  readonly clock: Clock
  /** The client takes the answer slower than it comes. */
  waitForClient(): void
}

/** One try at one endpoint: what its connection tells becomes two promises, of the head and of the end. */
export class Attempt implements AnswerListener {
  answer: Answer | null = null
  /** Final once there is no answer, or once it has ended. */
  outcome: Outcome = ABANDONED
  stale = false
  over = false
  readonly upstream: Upstream
  readonly #x: Asker
  readonly #startedAt: number
  #ms = 0
  #wake: (() => void) | null = null

  constructor(x: Asker, upstream: Upstream, now: number) {
    this.#x = x
    this.upstream = upstream
    this.#startedAt = now
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

  #end(outcome: Outcome): void {
    this.over = true
    this.outcome = outcome
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }

  #answered(status: number): Outcome {
    return { kind: 'answered', status, ms: this.#ms }
  }

  onInterim(head: string): void {
    this.#x.inbound.wire.write(head)
  }

  onAnswer(answer: Answer): void {
    this.answer = answer
    this.#ms = this.#x.clock.precise() - this.#startedAt
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

  onFailure(outcome: Outcome, stale: boolean): void {
    this.stale = stale
    this.#end(outcome)
  }

  onWritable(): void {
    this.#x.inbound.resume()
  }
}
