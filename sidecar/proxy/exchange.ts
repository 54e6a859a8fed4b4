// One client request and all that is done for it: what it is, how far it is, and what the client's connection tells
// of it meanwhile. The order of the steps is in handle.ts.

import type { Answer, Ask } from '../http1/answer.ts'
import type { Clock } from '../http1/clock.ts'
import type { Fault } from '../http1/fault.ts'
import { requestText, targetOf } from '../http1/forward-request.ts'
import type { Inbound, Request } from '../http1/inbound.ts'
import { AUTHORITY_FORM, type RequestHead } from '../http1/request-head.ts'
import { text } from '../http1/text.ts'
import type { ExchangeRecord, Observe } from '../model/events.ts'
import type { Outcome } from '../model/outcome.ts'
import type { ListenerSettings } from '../model/settings.ts'
import { ABANDONED, type Attempt } from './attempt.ts'
import { clientOf, hashKey } from './hash-key.ts'
import * as refusals from './refusal.ts'
import type { Service } from './service.ts'
import { upgradeOf } from './upgrade.ts'

/** What all exchanges of a listener share. */
export interface ExchangeContext {
  readonly settings: ListenerSettings
  /** As bound; set before the first exchange. */
  address: string
  readonly clock: Clock
  readonly observe: Observe
  /** Whether X-Forwarded-For is believed when this address has written to it. */
  trusts(address: string): boolean
  /** A fault of our own, for the log. */
  report(error: unknown): void
}

/** Content kept for a repetition, bytes. Linkerd and Envoy buffer the same. */
const REPLAY_LIMIT = 64 * 1024

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
  /** The client has gone. */
  left = false
  /** All of the request has been read. */
  sent: boolean
  upgrade = ''
  /** Decided while an attempt was under way; it overrides what the attempt's end would mean. */
  verdict: refusals.Refusal | null = null
  abortWait: ((reason: unknown) => void) | null = null
  /** The request as it goes upstream: its head, and its content as long as `#whole`. */
  #outgoing = ''
  #whole = true
  #keepAlive: boolean
  #attempt: Attempt | null = null
  #answered = false
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

  get timeouts(): Service['settings']['timeouts'] {
    return this.to!.settings.timeouts
  }

  /** Path and query, or whatever form the target has. */
  get target(): string {
    if (this.#outgoing !== '') return targetOf(this.#outgoing)
    return this.#bytes === null ? '' : text(this.#bytes, this.#head.pathStart, this.#head.targetEnd)
  }

  /** The address that the request comes from, as far as the hops before us are trusted; '' on a unix socket. */
  get client(): string {
    return clientOf(this.#outgoing, this.inbound.forwarding, this.context)
  }

  get ms(): number {
    return this.clock.precise() - this.startedAt
  }

  /** The method may be repeated without harm (RFC 9110 section 9.2.2), and all that was sent is here to be sent again. */
  get repeatable(): boolean {
    return this.#whole && !this.#answered && !this.left && this.verdict === null && IDEMPOTENT.has(this.method)
  }

  key(): string | undefined {
    const { key } = this.to!.settings.balance
    return key === undefined ? undefined : hashKey(key, this.#outgoing, this)
  }

  /** The read buffer is about to be used for something else. */
  forget(): void {
    this.#bytes = null
  }

  /** The exchange belongs to a service now: its head can be written, its limits apply. */
  enter(service: Service): void {
    this.to = service
    const bytes = this.#bytes!
    const head = this.#head
    const { limits, upgrades, timeouts } = service.settings
    if (head.length > limits.body) throw refusals.TOO_LARGE
    if (head.chunked) this.inbound.body.allow(limits.body)
    this.upgrade = head.upgrade === -1 ? '' : upgradeOf(bytes, head, upgrades)
    this.#outgoing = requestText(bytes, head, this.inbound.forwarding, this.upgrade)
    if (this.sent) this.clock.arm(this.inbound.timer, timeouts.total)
  }

  /** Sends what there is of the request; what comes later follows by `onBody`. */
  start(attempt: Attempt): void {
    this.inbound.readFirst()
    this.#attempt = attempt
    if (this.verdict !== null) return attempt.abort(ABANDONED)
    attempt.upstream.send(this.#outgoing, this, attempt)
    this.inbound.resume()
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
    if (!this.sent || this.inbound.draining) this.#keepAlive = false
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
    this.#attempt = null
    if (this.left) this.inbound.destroy()
    else this.inbound.finish(this.#keepAlive)
  }

  onBody(bytes: Buffer, from: number, to: number): void {
    const attempt = this.#attempt
    if (attempt !== null && !attempt.over) attempt.upstream.wire.pass(bytes, from, to, this.inbound.wire)
    if (!this.#whole) return
    const room = this.#outgoing.length + to - from <= REPLAY_LIMIT
    if (room || attempt === null) this.#outgoing += text(bytes, from, to)
    else this.#whole = false
    if (!room && attempt === null) this.inbound.wire.pause()
  }

  onBodyEnd(tail: string): void {
    this.sent = true
    if (this.#whole) this.#outgoing += tail
    const attempt = this.#attempt
    if (attempt !== null && !attempt.over) {
      if (tail !== '') attempt.upstream.wire.write(tail)
      attempt.upstream.wire.recycle(this.inbound.wire.own)
      attempt.upstream.requestSent()
    }
    this.inbound.wire.own = null
    if (!this.#answered) this.clock.arm(this.inbound.timer, this.timeouts.total)
    else if (this.#heldByClient) this.waitForClient()
  }

  onBodyFault(fault: Fault): void {
    this.#stop(refusals.refusalOfFault(fault), ABANDONED)
  }

  onLeave(): void {
    if (this.left) return
    // A tunnel ends in no other way than that a side leaves it: nothing is abandoned.
    this.left = this.status !== 101
    this.#stop(refusals.INTERNAL, ABANDONED)
  }

  onDrain(): void {
    // Before the answer, the timer is the total timeout's, and what drains is the answer before.
    if (this.sent && this.#answered) this.inbound.timer.disarm()
    this.#attempt?.upstream.wire.resume()
  }

  onTimeout(phase: 'request' | 'response'): void {
    if (phase === 'request' && this.inbound.wire.paused) {
      // Held up by the upstream, which has its own timeout; but not when that waits for this client to take its answer.
      if (this.#heldByClient) return this.inbound.reset()
      return this.waitForClient()
    }
    if (phase === 'request') this.#stop(refusals.REQUEST_TIMEOUT, ABANDONED)
    else if (this.#answered) this.inbound.reset()
    else this.#stop(refusals.TOTAL_TIMEOUT, { kind: 'timed-out', phase: 'head' })
  }

  /** The response waits for the client to take some of it. */
  get #heldByClient(): boolean {
    return this.#attempt !== null && !this.#attempt.over && this.#attempt.upstream.wire.paused
  }

  #stop(verdict: refusals.Refusal, outcome: Outcome): void {
    this.verdict = verdict
    this.abortWait?.(verdict)
    this.#attempt?.abort(outcome)
    if (this.#answered && !this.left) this.inbound.reset()
  }
}

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
