// One client connection: requests come out of it one after the other, however many were sent at once, because a
// response can only be matched to its request by order (RFC 9112 section 9.3.2).

import type { Socket } from 'node:net'
import { Body } from './body.ts'
import { type Clock, Timer } from './clock.ts'
import { type Fault, faultOf } from './fault.ts'
import type { Forwarding } from './forward-request.ts'
import { type HeadLimits, parseRequestHead, RequestHead } from './request-head.ts'
import { readInto } from './static-reads.ts'
import { text } from './text.ts'
import { Wire, type WireOwner } from './wire.ts'

/** What the connection needs of the request in progress. */
export interface Request {
  /** Content, with its framing, in order. */
  onBody(bytes: Buffer, from: number, to: number): void
  /** What follows the last content: trailers, or ''. */
  onBodyEnd(tail: string): void
  onBodyFault(fault: Fault): void
  /** The client has gone, or stopped sending, which cannot be told apart. */
  onLeave(): void
  onDrain(): void
  onTimeout(phase: 'request' | 'response'): void
}

/** After an upgrade. */
export interface Pipe {
  onClientBytes(bytes: Buffer, count: number): void
  onClientEnd(): void
}

export interface InboundOwner {
  readonly clock: Clock
  readonly limits: HeadLimits
  readonly timeouts: { readonly head: number; readonly idle: number; readonly keepAlive: number }
  /** `bytes` and `head` are valid during the call only. Must call `inbound.begin`. */
  onRequest(inbound: Inbound, bytes: Buffer, head: RequestHead): void
  /** No request could be made out; must end with `inbound.close`. `bodiless`: at least it began as a HEAD. */
  onFault(inbound: Inbound, fault: Fault, bodiless: boolean): void
  onClosed(inbound: Inbound): void
  report(error: unknown): void
}

/** Bytes of a request line before its target, at most. */
const METHOD = 40
/** Pipelined bytes beyond the present request; over it the client has to wait. */
const STASH_LIMIT = 64 * 1024
/** How long what a client still sends is read and thrown away, so that no reset destroys the last response. */
const LINGER = 2000
const HEAD = new RequestHead()
const HEAD_TIMEOUT: Fault = { status: 408, reason: 'head-timeout', detail: 'the request head took too long' }

export class Inbound implements WireOwner {
  readonly wire: Wire
  readonly body = new Body()
  readonly forwarding: Forwarding
  /** The service of a CONNECT tunnel: all that follows goes there. */
  tunnelled: string | undefined
  /** Set before a drain: an answer is the last of its connection, and those that are idle stay open. */
  leaving = false
  /** Whether there has been a request on it. */
  asked = false
  /** Set by a drain: the response in progress is the last. */
  draining = false
  readonly timer: Timer
  readonly #owner: InboundOwner
  #request: Request | null = null
  #pipe: Pipe | null = null
  #partial: Buffer | null = null
  #stash: Buffer | null = null
  #closing = false
  #consuming = false
  /** The next request waits until the client has taken the answers before it. */
  #waiting = false
  #headArmed = false
  /** What stands behind the head that is being handed over. */
  #bytes: Buffer | null = null
  #at = 0
  #end = 0

  constructor(socket: Socket, forwarding: Forwarding, owner: InboundOwner, fastReads: boolean) {
    this.#owner = owner
    this.forwarding = forwarding
    this.timer = new Timer(() => this.#timeout())
    this.wire = new Wire(this)
    this.wire.attach(socket)
    readInto(socket, this.wire, fastReads)
    // A process that was stopped accepts first and reads its clock later.
    owner.clock.precise()
    owner.clock.arm(this.timer, owner.timeouts.head)
  }

  /** Something of a request is here, or something of a response under way. */
  get busy(): boolean {
    return this.#request !== null || this.#partial !== null || this.wire.pending
  }

  onBytes(bytes: Buffer, count: number): void {
    if (this.#pipe !== null) return this.#pipe.onClientBytes(bytes, count)
    if (this.#stash !== null) return this.#keep(bytes, 0, count)
    this.#consume(bytes, 0, count)
  }

  #consume(bytes: Buffer, start: number, end: number): void {
    this.#consuming = true
    let at = start
    while (at < end && !this.#closing) {
      if (this.#request !== null || this.#waiting) {
        if (this.body.done) {
          this.#keep(bytes, at, end)
          break
        }
        at = this.#feed(bytes, at, end)
      } else if (this.#partial !== null) {
        // A head in many pieces is read anew only when a line has ended: never more than its lines, not its bytes.
        const had = this.#partial.length
        const fresh = bytes.subarray(at, end).includes(0x0a)
        bytes = Buffer.concat([this.#partial, bytes.subarray(at, end)])
        this.#partial = bytes
        at = 0
        end = bytes.length
        const { target, head } = this.#owner.limits
        const tooLong = (had < target + METHOD && end >= target + METHOD) || end >= head
        if (!fresh && !tooLong) break
        this.#partial = null
        at = this.#head(bytes, at, end)
      } else {
        at = this.#head(bytes, at, end)
      }
    }
    this.#consuming = false
  }

  #head(bytes: Buffer, start: number, end: number): number {
    const at = parseRequestHead(bytes, start, end, this.#owner.limits, HEAD)
    if (at <= 0) {
      if (at < 0) this.#fault(faultOf(at), bytes, start)
      else {
        this.#partial = Buffer.from(bytes.subarray(start, end))
        this.#armHead()
      }
      return end
    }
    this.#bytes = bytes
    this.#at = at
    this.#end = end
    this.#headArmed = false
    this.timer.disarm()
    this.#owner.onRequest(this, bytes, HEAD)
    this.readFirst()
    this.#bytes = null
    return this.#at
  }

  /** The head timeout runs from its first byte, and is not extended by the next. */
  #armHead(): void {
    if (this.#headArmed) return
    this.#headArmed = true
    this.#owner.clock.arm(this.timer, this.#owner.timeouts.head)
  }

  /** The request that `onRequest` was called for. */
  begin(request: Request, head: RequestHead): void {
    this.asked = true
    this.#request = request
    if (head.chunked) this.body.chunks(false)
    else if (head.length > 0) this.body.length(head.length)
    else this.body.none()
    if (!this.body.done) this.#owner.clock.arm(this.timer, this.#owner.timeouts.idle)
  }

  /** Hands over the content that came together with the head, so that both leave together. */
  readFirst(): void {
    const bytes = this.#bytes
    if (bytes === null) return
    while (this.#request !== null && !this.body.done && this.#at < this.#end && this.body.fault === 0) {
      this.#at = this.#feed(bytes, this.#at, this.#end)
    }
  }

  #feed(bytes: Buffer, at: number, end: number): number {
    const { body } = this
    const request = this.#request!
    const next = body.next(bytes, at, end)
    if (body.fault !== 0) {
      this.timer.disarm()
      request.onBodyFault(faultOf(body.fault))
      return end
    }
    if (body.to > body.from) request.onBody(bytes, body.from, body.to)
    if (!body.done) this.#owner.clock.arm(this.timer, this.#owner.timeouts.idle)
    else if (this.#request === request) {
      this.timer.disarm()
      request.onBodyEnd(body.tail)
    }
    return next
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    const part = bytes.subarray(from, to)
    this.#stash = this.#stash === null ? Buffer.from(part) : Buffer.concat([this.#stash, part])
    if (this.#stash.length > STASH_LIMIT) this.wire.pause()
  }

  /** The response is out. Reads the next request, or closes. */
  finish(keepAlive: boolean): void {
    // Already closing: the timer is the lingering's.
    if (this.#closing) return
    const unread = !this.body.done
    this.#request = null
    this.timer.disarm()
    if (!keepAlive || unread || this.draining) return this.close()
    if (this.wire.closed) return
    if (!this.wire.full) return this.#next()
    // Else a client that asks without end and reads nothing would fill our memory.
    this.#waiting = true
    this.wire.moved()
    this.wire.pause()
    this.#owner.clock.arm(this.timer, this.#owner.timeouts.idle)
  }

  #next(): void {
    this.#owner.clock.arm(this.timer, this.#owner.timeouts.keepAlive)
    if (this.#consuming) return
    const stash = this.#stash
    this.#stash = null
    if (stash !== null) this.#consume(stash, 0, stash.length)
    if (this.#stash === null && this.#request === null && !this.#waiting) this.wire.resume()
  }

  /** From here on the bytes are not ours to read: what was pipelined first, then all that comes. */
  upgrade(pipe: Pipe): void {
    this.#pipe = pipe
    this.timer.disarm()
    const stash = this.#stash
    this.#stash = null
    this.wire.resume()
    if (stash !== null) pipe.onClientBytes(stash, stash.length)
  }

  /** A request that is not one. No response is owed for anything that follows it. */
  #fault(fault: Fault, bytes: Buffer, start: number): void {
    this.#request = null
    this.#owner.onFault(this, fault, text(bytes, start, Math.min(start + 5, bytes.length)) === 'HEAD ')
  }

  /** Ends our side, then throws away what still comes until the client ends its own. */
  close(): void {
    if (this.#closing || this.wire.closed) return
    this.#closing = true
    this.#request = null
    this.#pipe = null
    this.#stash = null
    this.#partial = null
    // The lingering begins when the last byte has left: a slow reader has the idle timeout to take it.
    this.#owner.clock.arm(this.timer, this.#owner.timeouts.idle)
    this.wire.moved()
    this.wire.end(() => {
      if (!this.wire.closed) this.#owner.clock.arm(this.timer, LINGER)
    })
    this.wire.resume()
  }

  destroy(): void {
    this.wire.socket.destroy()
  }

  /** Breaks the connection so that the client notices: what it has is not the whole. */
  reset(): void {
    // A unix socket knows no reset, and node throws for one; it has no peer address.
    if (this.forwarding.peer === '') this.destroy()
    else this.wire.socket.resetAndDestroy()
  }

  /** Reads on, unless what is read already is too much. */
  resume(): void {
    if (!this.#waiting && (this.#stash === null || this.#stash.length <= STASH_LIMIT)) this.wire.resume()
  }

  onEnd(): void {
    if (this.#pipe !== null) this.#pipe.onClientEnd()
    else if (this.#request !== null) this.#request.onLeave()
    else if (this.wire.pending) this.close()
    else this.destroy()
  }

  onDrain(): void {
    if (!this.#waiting) return this.#request?.onDrain()
    this.#waiting = false
    if (this.draining) this.close()
    else if (!this.#closing) this.#next()
  }

  onClose(): void {
    this.#owner.clock.drop(this.timer)
    const request = this.#request
    this.#request = null
    this.#closing = true
    this.#stash = null
    this.#partial = null
    request?.onLeave()
    this.#owner.onClosed(this)
  }

  report(error: unknown): void {
    this.#owner.report(error)
  }

  #timeout(): void {
    if (this.#request !== null) this.#request.onTimeout(this.body.done ? 'response' : 'request')
    else if (this.#partial !== null && !this.#closing) this.#fault(HEAD_TIMEOUT, this.#partial, 0)
    else if (this.#closing || this.#waiting) this.#giveUp()
    else this.close()
  }

  /** A client that takes what we have for it, however slowly, is waited for. */
  #giveUp(): void {
    if (this.wire.pending && this.wire.moved()) this.#owner.clock.arm(this.timer, this.#owner.timeouts.idle)
    else if (this.#closing) this.destroy()
    else this.reset()
  }
}
