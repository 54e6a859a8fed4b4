// One client request and all that is done for it: what it is, how far it is, and what the client's connection tells
// of it meanwhile. The order of the steps is in handle.ts.

import { NOBODY } from '../cluster/choose.ts'
import type { Member } from '../cluster/member.ts'
import type { Answer, Ask } from '../http1/answer.ts'
import type { Clock } from '../http1/clock.ts'
import type { Fault } from '../http1/fault.ts'
import type { Inbound, Request } from '../http1/inbound.ts'
import { AUTHORITY_FORM, type RequestHead } from '../http1/request-head.ts'
import { text } from '../http1/text.ts'
import type { ExchangeRecord } from '../model/events.ts'
import type { Outcome } from '../model/outcome.ts'
import type { Pinning } from './affinity.ts'
import { ABANDONED, type Attempt, TOO_LATE, WAITED_IN_VAIN } from './attempt.ts'
import type { ExchangeContext } from './context.ts'
import { clientOf, hashKey } from './hash-key.ts'
import { IDEMPOTENT, LEAST_KEPT, Outgoing } from './outgoing.ts'
import * as refusals from './refusal.ts'
import type { Destination } from './router.ts'
import type { Service } from './service.ts'
import { upgradeOf } from './upgrade.ts'

export class Exchange implements Request, Ask, ExchangeRecord {
  readonly context: ExchangeContext
  readonly inbound: Inbound
  readonly method: string
  readonly minor: 0 | 1
  /** As the client wrote it, port included. */
  readonly host: string
  /** CONNECT. */
  readonly tunnels: boolean
  readonly bodiless: boolean
  readonly startedAt: number
  /** Set by `enter`. */
  to: Service | null = null
  member = ''
  status = 0
  reason = ''
  staleRetries = 0
  retries = 0
  /** Repetitions after a failed connect, where nothing was sent. */
  connectRetries = 0
  /** Members that have failed it. */
  tried: readonly Member[] = NOBODY
  /** Of the last attempt. */
  outcome: Outcome = ABANDONED
  /** It may be sent twice without harm (RFC 9110 section 9.2.2), or whoever wrote it or the route has said so. */
  idempotent = false
  /** Set by `enter` where clients are kept at their members. */
  pinning: Pinning | null = null
  /** Milliseconds waited for a place in the service. */
  queuedMs = 0
  /** The client has gone. */
  left = false
  /** All of the request has been read. */
  sent: boolean
  upgrade = ''
  /** Decided while an attempt was under way; it overrides what the attempt's end would mean. */
  verdict: refusals.Refusal | null = null
  abortWait: ((reason: unknown) => void) | null = null
  readonly outgoing = new Outgoing()
  #keepAlive: boolean
  #attempt: Attempt | null = null
  /** A hedge: a second attempt at the same time. */
  #rival: Attempt | null = null
  #answered = false
  /** A 1xx has reached the client. */
  #begun = false
  /** Clock times at which the present attempt, and all of them, have to have an answer. */
  #tryEnds = Number.POSITIVE_INFINITY
  #endsAt = Number.POSITIVE_INFINITY
  /** Valid until `forget`. */
  #bytes: Buffer | null
  readonly #head: RequestHead

  constructor(context: ExchangeContext, inbound: Inbound, bytes: Buffer, head: RequestHead) {
    this.context = context
    this.inbound = inbound
    this.#bytes = bytes
    this.#head = head
    this.method = head.method
    this.minor = head.minor
    this.host = head.host
    this.tunnels = head.form === AUTHORITY_FORM
    this.bodiless = head.method === 'HEAD'
    this.sent = !head.chunked && head.length <= 0
    this.#keepAlive = head.minor === 1 ? !head.connection.close : head.connection.keepAlive && !head.connection.close
    this.startedAt = context.clock.precise()
  }

  get clock(): Clock {
    return this.context.clock
  }

  get listener(): string {
    return this.context.address
  }

  get service(): string {
    return this.to === null ? '' : this.to.name
  }

  get pin(): string {
    return this.pinning === null ? '' : this.pinning.result
  }

  get timeouts(): Service['settings']['timeouts'] {
    return this.to!.settings.timeouts
  }

  /** Path and query, or whatever form the target has. */
  get target(): string {
    if (this.outgoing.text !== '') return this.outgoing.target
    return this.#bytes === null ? '' : text(this.#bytes, this.#head.pathStart, this.#head.targetEnd)
  }

  /** The address that the request comes from, as far as the hops before us are trusted; '' on a unix socket. */
  get client(): string {
    return clientOf(this.outgoing.text, this.inbound.forwarding, this.context)
  }

  get ms(): number {
    return this.clock.precise() - this.startedAt
  }

  get repeatable(): boolean {
    return this.resendable && this.idempotent
  }

  /** All that was sent is here to be sent again, and the client has seen nothing of an answer. */
  get resendable(): boolean {
    return this.outgoing.whole && !this.isOver
  }

  /** Nothing further would reach the client as the one answer to its request. */
  get isOver(): boolean {
    return this.#answered || this.#begun || this.left || this.verdict !== null
  }

  /** Milliseconds until an answer must have begun. */
  get timeLeft(): number {
    return this.#endsAt - this.clock.now
  }

  within(ms: number): number {
    return Math.min(ms, Math.max(1, this.#tryEnds - this.clock.now))
  }

  key(): string | undefined {
    const { key } = this.to!.settings.balance
    return key === undefined ? undefined : hashKey(key, this.outgoing.text, this)
  }

  /** The read buffer is about to be used for something else. */
  forget(): void {
    this.#bytes = null
  }

  /** The exchange belongs to a service now: its head can be written, its limits apply. */
  enter({ service, idempotent, affinity }: Destination): void {
    this.to = service
    const bytes = this.#bytes!
    const head = this.#head
    const { limits, upgrades, retries } = service.settings
    if (head.length > limits.body) throw refusals.TOO_LARGE
    if (head.chunked) this.inbound.body.allow(limits.body)
    this.upgrade = head.upgrade === -1 ? '' : upgradeOf(bytes, head, upgrades)
    this.outgoing.begin(bytes, head, this.inbound.forwarding, this.upgrade)
    if (affinity !== undefined) this.pinning = affinity(this)
    this.outgoing.deadline = this.startedAt + head.deadline
    this.idempotent = idempotent || retries.idempotent || head.idempotencyKey || IDEMPOTENT.has(this.method)
    if (this.sent) this.#awaitAnswer()
  }

  /** All of the request is here: from now on the member's time runs, and the total. */
  #awaitAnswer(): void {
    const { total, perTry } = this.timeouts
    const { now } = this.clock
    this.#endsAt = Math.min(now + total, this.outgoing.deadline)
    this.#tryEnds = now + perTry
    this.clock.arm(this.inbound.timer, this.#endsAt - now)
  }

  /** Sends what there is of the request; what comes later follows by `onBody`. */
  start(attempt: Attempt): void {
    this.inbound.readFirst()
    this.#attempt = attempt
    if (this.verdict !== null) return attempt.abort(ABANDONED)
    if (this.sent) this.#tryEnds = this.clock.now + this.timeouts.perTry
    attempt.upstream.send(this.outgoing.at(this.clock.now), this, attempt)
    this.inbound.resume()
  }

  startRival(attempt: Attempt): void {
    this.#rival = attempt
    this.#tryEnds = this.clock.now + this.timeouts.perTry
    attempt.upstream.send(this.outgoing.at(this.clock.now), this, attempt)
  }

  /** Of two attempts this is the one that goes on. */
  decide(winner: Attempt): void {
    this.#attempt = winner
    this.#rival = null
    this.member = winner.lease.member.endpoint.address
  }

  interim(head: string, of: Attempt): void {
    // Of two attempts at once the client must not hear both.
    if (this.#rival !== null || of !== this.#attempt) return
    this.#begun = true
    this.inbound.wire.write(head)
  }

  /** CONNECT: from here on this connection's requests are for that service. */
  openTunnel(service: Service): void {
    if (!this.sent || this.inbound.tunnelled !== undefined) throw refusals.NO_TUNNEL
    this.to = service
    this.status = 200
    this.#keepAlive = true
    this.inbound.tunnelled = service.name
    this.inbound.wire.write('HTTP/1.1 200 Connection Established\r\n\r\n')
  }

  begin(answer: Answer): void {
    this.#answered = true
    this.status = answer.status
    if (answer.closes) this.#keepAlive = false
    if (this.sent) this.inbound.timer.disarm()
  }

  /** The value of the response's Connection field. An answer to half a request is the connection's last. */
  connection(): '' | 'close' | 'keep-alive' {
    if (!this.sent || this.inbound.leaving || this.inbound.draining) this.#keepAlive = false
    if (!this.#keepAlive) return 'close'
    return this.minor === 0 ? 'keep-alive' : ''
  }

  /** The response is held up by the client, which has to take some of it in time. */
  waitForClient(): void {
    this.clock.arm(this.inbound.timer, this.context.settings.timeouts.idle)
  }

  /** The answer broke off: the client must notice, and can only do so by the framing or by a reset. */
  cutOff(answer: Answer): void {
    this.#keepAlive = false
    if (answer.closes) this.inbound.reset()
    else this.inbound.close()
  }

  refuse(refusal: refusals.Refusal): void {
    if (this.left) return
    if (this.#answered) return this.inbound.reset()
    this.status = refusal.status
    this.reason = refusal.reason
    if (refusal.closes) this.#keepAlive = false
    this.inbound.wire.write(refusals.refusalText(refusal, this.bodiless, this.connection()))
  }

  finish(): void {
    try {
      this.context.observe(this)
    } catch (error) {
      // A log of the embedder's that throws must not cost the client its connection.
      this.context.report(error)
    }
    // It is over by now, unless a fault of ours ended the exchange: then nothing more may come of it.
    this.#attempt?.abort(ABANDONED)
    this.#rival?.abort(ABANDONED)
    this.#attempt = null
    if (this.left) this.inbound.destroy()
    else this.inbound.finish(this.#keepAlive)
  }

  onBody(bytes: Buffer, from: number, to: number): void {
    const attempt = this.#attempt
    // Between two attempts, as before the first, what comes is kept: over the limit the client has to wait.
    const taken = attempt !== null && !attempt.over
    if (taken) attempt.upstream.wire.pass(bytes, from, to, this.inbound.wire)
    if (!this.outgoing.whole) return
    const size = this.outgoing.text.length + to - from
    const limit = this.to === null ? 0 : this.to.settings.retries.body
    if (taken && size > limit) this.outgoing.whole = false
    else this.outgoing.append(text(bytes, from, to))
    if (!taken && size > Math.max(limit, LEAST_KEPT)) this.inbound.wire.pause()
  }

  onBodyEnd(tail: string): void {
    this.sent = true
    if (!this.#answered) this.#awaitAnswer()
    if (this.outgoing.whole) this.outgoing.append(tail)
    const attempt = this.#attempt
    if (attempt !== null && !attempt.over) {
      if (tail !== '') attempt.upstream.wire.write(tail)
      attempt.requestComplete()
      attempt.upstream.wire.recycle(this.inbound.wire.own)
      attempt.upstream.requestSent()
    }
    this.inbound.wire.own = null
    if (this.#answered && this.#heldByClient) this.waitForClient()
  }

  onBodyFault(fault: Fault): void {
    this.#stop(refusals.refusalOfFault(fault), ABANDONED)
  }

  onLeave(): void {
    if (this.left) return
    // A tunnel ends in no other way than that a side leaves it: nothing is abandoned.
    this.left = this.status !== 101
    this.#stop(refusals.INTERNAL, this.sent && !this.#answered ? WAITED_IN_VAIN : ABANDONED)
  }

  onDrain(): void {
    // Before the answer, the timer is the total timeout's, and what drains is the answer before.
    if (this.sent && this.#answered) this.inbound.timer.disarm()
    this.#attempt?.upstream.wire.resume()
  }

  onTimeout(phase: 'request' | 'response'): void {
    if (phase === 'request' && this.inbound.wire.paused) {
      // Held up by the upstream, which has its own timeout; but not when that waits for this client to take its answer.
      if (this.#heldByClient && !this.inbound.wire.moved()) return this.inbound.reset()
      return this.waitForClient()
    }
    if (phase === 'request') this.#stop(refusals.REQUEST_TIMEOUT, ABANDONED)
    else if (this.#answered && this.inbound.wire.moved()) this.waitForClient()
    else if (this.#answered) this.inbound.reset()
    else this.#stop(refusals.TOTAL_TIMEOUT, this.#hadItsTime ? TOO_LATE : WAITED_IN_VAIN)
  }

  /** The present attempt had all the time that there was: none went to the queue or to others, none was the caller's to take. */
  get #hadItsTime(): boolean {
    return this.#endsAt < this.outgoing.deadline && this.tried.length === 0 && this.queuedMs === 0
  }

  /** The response waits for the client to take some of it. */
  get #heldByClient(): boolean {
    return this.#attempt !== null && !this.#attempt.over && this.#attempt.upstream.wire.paused
  }

  #stop(verdict: refusals.Refusal, outcome: Outcome): void {
    this.verdict = verdict
    this.abortWait?.(verdict)
    this.#attempt?.abort(outcome)
    this.#rival?.abort(ABANDONED)
    if (this.#answered && !this.left) this.inbound.reset()
  }
}
