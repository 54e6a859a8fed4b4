// One connection to a server: a request goes out, an answer comes back, then it waits in its pool for the next.

import { connect } from 'node:net'
import type { SocketAddress } from '../model/endpoint.ts'
import type { Outcome, Phase } from '../model/outcome.ts'
import { type AnswerListener, type Ask, chunkHead, closesAfter, frame, headText, join } from './answer.ts'
import { Body } from './body.ts'
import { acquire } from './buffers.ts'
import { type Clock, Timer } from './clock.ts'
import { BAD_SWITCH, faultOf, HEAD_TOO_LARGE } from './fault.ts'
import { responseText } from './forward-response.ts'
import { parseResponseHead, ResponseHead } from './response-head.ts'
import { text } from './text.ts'
import { HIGH_WATER_MARK, Wire, type WireOwner } from './wire.ts'

export interface UpstreamOwner {
  readonly clock: Clock
  /** Bytes of a response head. */
  readonly headLimit: number
  /** Load reports are for us. */
  readonly takesLoad: boolean
  onIdle(upstream: Upstream): void
  onClosed(upstream: Upstream): void
  /** The server has said that it closes this one. */
  onParting(): void
  report(error: unknown): void
}

/** A server that sends 1xx for ever would keep the exchange open for ever. */
const INTERIM_LIMIT = 1000
/** What a server sent before its reset is here already: so long, in milliseconds, is waited between two reads of it. */
const LAST_WORDS = 100
const HEAD = new ResponseHead()

export class Upstream implements WireOwner {
  readonly wire: Wire
  readonly timer: Timer
  readonly body = new Body()
  /** Answers completed on this connection. */
  served = 0
  connected = false
  /** The server's own keep-alive hint in milliseconds, -1 without. */
  hint = -1
  readonly #owner: UpstreamOwner
  #listener: AnswerListener | null = null
  #ask: Ask | null = null
  #phase: Phase = 'connect'
  #partial: Buffer | null = null
  #interims = 0
  #persistent = false
  #reframed = false
  #gone = false
  /** What the wire had sent when the present request began. */
  #mark = 0
  /** The code of the failed write, once the server takes no more. */
  #deaf = ''

  constructor(address: SocketAddress, owner: UpstreamOwner) {
    this.#owner = owner
    this.timer = new Timer(() => this.#timeout())
    this.wire = new Wire(this)
    const onread = { buffer: this.wire.buffer, callback: this.wire.callback }
    const options = { ...address, noDelay: true, highWaterMark: HIGH_WATER_MARK, allowHalfOpen: true, onread }
    const socket = connect(options as Parameters<typeof connect>[0] & object)
    this.wire.attach(socket)
    socket.once('connect', () => this.#connected())
    const destroy = socket.destroy.bind(socket)
    socket.destroy = error => (this.#hearsOut(error) ? socket : destroy(error))
  }

  /**
   * A server that refuses an upload answers, and then closes without reading the rest. Our write fails before its answer
   * is read, and node would destroy the socket with it. So on a failed write the answer is waited for, for a moment.
   */
  #hearsOut(error: Error | undefined): boolean {
    if ((error as NodeJS.ErrnoException | undefined)?.syscall !== 'write') return false
    if (this.#deaf !== '' || this.#listener === null || this.wire.paused || this.#nothingSent) return false
    if (this.#phase !== 'request' && this.#phase !== 'head') return false
    this.#deaf = (error as NodeJS.ErrnoException).code ?? 'closed'
    this.wire.mute()
    this.#owner.clock.arm(this.timer, LAST_WORDS)
    return true
  }

  /** Sends a request head and what there is of its content. The rest follows by `wire.pass`, then `requestSent`. */
  send(request: string, ask: Ask, listener: AnswerListener): void {
    this.#listener = listener
    this.#ask = ask
    this.#interims = 0
    this.#mark = this.wire.sent
    this.#phase = this.connected ? 'request' : 'connect'
    if (!this.connected) this.#owner.clock.arm(this.timer, ask.within(ask.timeouts.connect))
    else if (ask.sent) this.requestSent()
    else this.#owner.clock.arm(this.timer, ask.timeouts.idle)
    this.wire.write(request)
  }

  /** The last byte of the request is out: the wait for the response head begins. */
  requestSent(): void {
    if (this.#phase !== 'request' || this.#deaf !== '') return
    this.#phase = 'head'
    this.#owner.clock.arm(this.timer, this.#ask!.within(this.#ask!.timeouts.head))
  }

  /** The answer is not wanted any more; the server learns it by the connection's end. */
  cancel(): void {
    this.#listener = null
    this.#leave()
    this.wire.socket.destroy()
  }

  /** At once, not at the socket's 'close': who waits for the place takes it in the same turn. */
  #leave(): void {
    if (this.#gone) return
    this.#gone = true
    this.#owner.onClosed(this)
  }

  #connected(): void {
    this.connected = true
    const ask = this.#ask
    if (this.#listener === null || ask === null) return
    this.#phase = 'request'
    if (ask.sent) this.requestSent()
    else this.#owner.clock.arm(this.timer, ask.timeouts.idle)
    // What was written before the connection stood leaves now, and drains later.
    if (!this.wire.held) this.#listener.onWritable()
  }

  onBytes(chunk: Buffer, count: number): void {
    this.#read(chunk, count)
    if (this.#deaf !== '' && this.#listener !== null) this.#owner.clock.arm(this.timer, LAST_WORDS)
  }

  #read(chunk: Buffer, count: number): void {
    if (this.#listener === null) return this.cancel()
    if (this.#phase === 'tunnel') return this.#listener.onBody(chunk, 0, count)
    if (this.#phase === 'body') return this.#content(chunk, 0, count)
    // Whatever this is, it is no answer to a request that has not left yet.
    if (this.served > 0 && this.#nothingSent) return this.#cut('unasked')
    let bytes = chunk
    let end = count
    if (this.#partial !== null) {
      bytes = Buffer.concat([this.#partial, chunk.subarray(0, count)])
      end = bytes.length
      this.#partial = null
    }
    this.#heads(bytes, 0, end)
  }

  /** Interim heads, then the final one and what came with it. */
  #heads(bytes: Buffer, start: number, end: number): void {
    let at = start
    HEAD.takesLoad = this.#owner.takesLoad
    while (at < end && this.#listener !== null) {
      const next = parseResponseHead(bytes, at, end, this.#owner.headLimit, HEAD)
      if (next === 0) {
        this.#partial = Buffer.from(bytes.subarray(at, end))
        return
      }
      if (next < 0) return this.#broken('head', faultOf(next).reason)
      at = next
      if (HEAD.status >= 200) return this.#final(bytes, at, end)
      if (HEAD.status === 101) return this.#switch(bytes, at, end)
      if (++this.#interims > INTERIM_LIMIT) return this.#broken('head', faultOf(HEAD_TOO_LARGE).reason)
      if (this.#ask!.minor === 1) this.#listener.onInterim(responseText(bytes, HEAD, false, ''))
    }
  }

  #final(bytes: Buffer, start: number, end: number): void {
    const { body } = this
    const ask = this.#ask!
    const reframed = frame(HEAD, ask, body)
    const head = headText(bytes, HEAD, ask, body, reframed)
    const closes = closesAfter(body, ask, reframed)
    const { connection } = HEAD
    if (connection.close) this.#owner.onParting()
    this.#persistent = !connection.close && (HEAD.minor === 1 || connection.keepAlive)
    this.#reframed = reframed
    this.hint = HEAD.keepAliveHint
    this.#phase = 'body'
    const { status, retryAfter, load } = HEAD
    const listener = this.#listener!
    const data = this.#first(head, bytes, start, end)
    if (body.fault !== 0) return this.#broken('head', faultOf(body.fault).reason)
    // Whoever writes the answer may take its time: the next read must not go where it lies.
    const lent = this.wire.own
    if (lent !== null) this.wire.own = body.done ? null : acquire()
    if (body.done) this.#release()
    else this.#owner.clock.arm(this.timer, ask.timeouts.idle)
    listener.onAnswer({ status, retryAfter, load, data, lent, done: body.done, closes })
  }

  /** The head with the content that came along. Bytes beyond the answer make the connection useless. */
  #first(head: string, bytes: Buffer, start: number, end: number): string | Buffer {
    const { body } = this
    let at = start
    let data: string | Buffer = head
    if (at < end && !body.done) {
      at = body.next(bytes, at, end)
      data = this.#reframed
        ? join(head + chunkHead(body.to - body.from), bytes, body.from, body.to, '\r\n', this.wire)
        : join(head, bytes, body.from, body.to, body.done ? body.tail : '', this.wire)
      // Chunks with extensions or trailers come in several parts; what follows the first is rare enough to be copied.
      while (at < end && !body.done && body.fault === 0) {
        at = body.next(bytes, at, end)
        const part = text(bytes, body.from, body.to) + (body.done ? body.tail : '')
        data = typeof data === 'string' ? data + part : Buffer.concat([data, Buffer.from(part, 'latin1')])
      }
    }
    if (at < end) this.#persistent = false
    return data
  }

  /** 101 is believed only when it names what was asked for: else anybody could open a pipe past the rules. */
  #switch(bytes: Buffer, at: number, end: number): void {
    const { upgrade } = this.#ask!
    const { fields, upgrade: index } = HEAD
    const named = index < 0 ? '' : text(bytes, fields.valueStart[index]!, fields.valueEnd[index]!).toLowerCase()
    if (upgrade === '' || named !== upgrade || !HEAD.connection.upgrade || HEAD.minor === 0) {
      return this.#broken('head', faultOf(BAD_SWITCH).reason)
    }
    this.#phase = 'tunnel'
    this.timer.disarm()
    const data = responseText(bytes, HEAD, false, '') + text(bytes, at, end)
    this.#listener!.onAnswer({ status: 101, retryAfter: -1, load: null, data, lent: null, done: false, closes: true })
  }

  #content(bytes: Buffer, start: number, end: number): void {
    const { body } = this
    const listener = this.#listener!
    let at = start
    while (at < end && !body.done) {
      at = body.next(bytes, at, end)
      if (body.fault !== 0) return this.#broken('body', faultOf(body.fault).reason)
      if (this.#reframed) this.#chunk(listener, bytes)
      else listener.onBody(bytes, body.from, body.to)
    }
    if (!body.done) return this.#owner.clock.arm(this.timer, this.#ask!.timeouts.idle)
    if (at < end) this.#persistent = false
    if (body.tail !== '') listener.onText(body.tail)
    listener.onEnd(this.#release())
  }

  #chunk(listener: AnswerListener, bytes: Buffer): void {
    const { from, to } = this.body
    listener.onText(chunkHead(to - from))
    listener.onBody(bytes, from, to)
    listener.onText('\r\n')
  }

  /** The answer is complete. Back into the pool, if both sides are in step; returns the buffer that was streamed into. */
  #release(): Buffer | null {
    const lent = this.wire.own
    this.wire.own = null
    // Behind an upload that the server does not take, the next request would wait for ever.
    const reusable = this.#persistent && this.#ask!.sent && !this.wire.held && !this.wire.closed && this.#deaf === ''
    this.#listener = null
    this.#ask = null
    this.served++
    if (!reusable) {
      this.cancel()
      return lent
    }
    this.#phase = 'request'
    this.wire.resume()
    this.#owner.onIdle(this)
    return lent
  }

  #broken(phase: Phase, detail: string): void {
    this.#fail({ kind: 'broken', phase, detail }, false)
  }

  #fail(outcome: Outcome, stale: boolean): void {
    const listener = this.#listener
    const unsent = this.#nothingSent
    this.cancel()
    listener?.onFailure(outcome, stale, unsent)
  }

  /** The present request waits for the end of the turn in which it was written. */
  get #nothingSent(): boolean {
    return this.wire.sent === this.#mark
  }

  onEnd(): void {
    const listener = this.#listener
    if (listener === null) return this.cancel()
    if (this.#phase === 'tunnel') return listener.onEnd(null)
    if (this.#phase === 'body' && this.body.untilClose) {
      if (this.wire.isReset()) return this.#cut('ECONNRESET')
      if (this.#reframed) listener.onText('0\r\n\r\n')
      this.#persistent = false
      return listener.onEnd(this.#release())
    }
    this.#cut('closed')
  }

  onClose(error: Error | undefined): void {
    this.#owner.clock.drop(this.timer)
    this.#leave()
    if (this.#listener === null) return
    const code = (error as NodeJS.ErrnoException | undefined)?.code ?? 'closed'
    if (this.connected) this.#cut(code)
    else this.#fail({ kind: 'unreachable', code }, false)
  }

  #cut(detail: string): void {
    const early = this.#phase === 'request' || this.#phase === 'head'
    const silent = early && this.#partial === null && this.#interims === 0
    this.#fail({ kind: 'broken', phase: this.#phase, detail }, silent && this.served > 0)
  }

  report(error: unknown): void {
    this.#owner.report(error)
  }

  onDrain(): void {
    // An upload that moves is not idle, however slowly the server takes it.
    if (this.#phase === 'request' && this.#ask !== null) this.#owner.clock.arm(this.timer, this.#ask.timeouts.idle)
    this.#listener?.onWritable()
  }

  #timeout(): void {
    if (this.#listener === null) return this.cancel()
    // After a failed write node tells of no end.
    if (this.#deaf !== '') return this.#cut(this.#deaf)
    // Somebody else is slow: the client, which has its own timeout.
    const waiting =
      this.#phase === 'body' ? this.wire.paused : this.#phase === 'request' && (!this.wire.held || this.wire.moved())
    if (waiting) return this.#owner.clock.arm(this.timer, this.#ask!.timeouts.idle)
    this.#fail({ kind: 'timed-out', phase: this.#phase }, false)
  }
}
