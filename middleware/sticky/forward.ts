// One request goes to the instance that it belongs to, and the answer comes back: bytes both ways as fast as the slower
// side takes them. As long as the client has seen nothing and all that was read is here, it may still be served here.
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Answer, AnswerListener, Ask } from '../../sidecar/http1/answer.ts'
import type { Upstream } from '../../sidecar/http1/upstream.ts'
import type { Outcome } from '../../sidecar/model/outcome.ts'
import { isOver, whenOver } from '../process/answer-over.ts'
import { answerHead, fieldsOf, framingOf, requestHead, trailersOf } from './forward-head.ts'
import type { Peer } from './forward-peer.ts'
import { OwnerLost, OwnerSilent } from './sticky-errors.ts'

export interface Forwarding {
  /** Milliseconds from the request's last byte to the answer's first. */
  readonly timeout: number
  /** Field lines for the owner alone, each with its CRLF. */
  readonly lines: string
}

/** `here`: the owner is gone, and the request as whole as it came. `answered`: nothing is left to do. */
export type Forwarded = 'answered' | 'here'

/** Bytes of content that are kept to be read again; as many as the sidecar keeps. */
const KEPT = 64 * 1024
/** Milliseconds. In one data centre; the client waits meanwhile. */
const CONNECT = 1_000
/** RFC 9110 section 9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** Rejects with an error that has a `status`; then nothing has been answered. */
export function forward(
  req: IncomingMessage,
  res: ServerResponse,
  peer: Peer,
  forwarding: Forwarding,
): Promise<Forwarded> {
  const head = requestHead(req, { lines: forwarding.lines, upgrade: '', expect: expects(res) })
  // Nobody is there to answer, and nothing would end what begins now.
  if (isOver(res)) return Promise.resolve('answered')
  return new Promise((resolve, reject) =>
    new Passage({ req, res, peer, forwarding, head, resolve, reject }).begin(false),
  )
}

/**
 * Whether the client waits for a 100 that it has not had. `node:http` has sent it before any middleware, unless the app
 * listens to 'checkContinue': then it is the owner's to send.
 */
function expects(res: ServerResponse & { _expect_continue?: boolean; _sent100?: boolean }): boolean {
  return res._expect_continue === true && res._sent100 === false
}

interface Journey {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly peer: Peer
  readonly forwarding: Forwarding
  readonly head: string
  resolve(result: Forwarded): void
  reject(error: Error): void
}

class Passage implements Ask, AnswerListener {
  readonly minor = 1
  readonly bare = true
  readonly upgrade = ''
  readonly bodiless: boolean
  readonly timeouts: Ask['timeouts']
  sent: boolean
  readonly #journey: Journey
  readonly #framing: '' | 'length' | 'chunked'
  /** None while the first one is taken. */
  #upstream!: Upstream
  #kept: Buffer[] = []
  #keptBytes = 0
  /** All that was read of the content is in `#kept`. */
  #whole = true
  #answered = false
  #over = false
  readonly #forget: () => void

  constructor(journey: Journey) {
    const { req, res, peer, forwarding } = journey
    this.#journey = journey
    this.#framing = framingOf(req)
    this.sent = this.#framing === ''
    this.bodiless = req.method === 'HEAD'
    // A stream may be silent for long, here as there: who limits that is the app.
    this.timeouts = { connect: CONNECT, head: forwarding.timeout, idle: Number.POSITIVE_INFINITY }
    whenOver(res, this.#onClose)
    res.on('drain', this.#onDrain)
    this.#forget = peer.onGone(() => {
      if (this.#answered || this.#over) return
      this.#upstream?.cancel()
      this.onFailure({ kind: 'broken', phase: 'head', detail: 'gone' }, false, false)
    })
  }

  begin(fresh: boolean): void {
    const { req, peer, head } = this.#journey
    try {
      this.#upstream = peer.take(fresh, !IDEMPOTENT.has(req.method!))
    } catch (error) {
      process.emitWarning(error as Error)
      this.#finish()
      return this.#journey.reject(new OwnerLost())
    }
    this.#upstream.send(head, this, this)
    if (this.sent) return
    req.on('readable', this.#pump)
    req.on('end', this.#pump)
    // Not before: what has not been read needs not be given back.
    if (this.#upstream.connected) this.#pump()
    else this.#upstream.wire.socket.once('connect', this.#pump)
  }

  within(ms: number): number {
    return ms
  }

  connection(): string {
    return ''
  }

  /**
   * Exactly what is there, and nothing when all is: a stream that was asked for more than its end says 'end', and what
   * has said that takes nothing back.
   */
  readonly #pump = (): void => {
    const { req } = this.#journey
    const { wire, connected } = this.#upstream
    while (!this.sent && !this.#over && connected && !wire.full && !wire.closed) {
      const length = req.readableLength
      if (length > 0) this.#pass(req.read(length) as Buffer)
      else if (req.complete || req.readableEnded) return this.#sent()
      else return void req.read(0)
    }
  }

  #pass(chunk: Buffer): void {
    const { wire } = this.#upstream
    if (this.#whole) {
      this.#keptBytes += chunk.length
      this.#whole = this.#keptBytes <= KEPT && !this.#answered
      if (this.#whole) this.#kept.push(chunk)
      else this.#kept = []
    }
    if (this.#framing === 'length') return wire.write(chunk)
    wire.write(`${chunk.length.toString(16)}\r\n`)
    wire.write(chunk)
    wire.write('\r\n')
  }

  #sent(): void {
    const { req } = this.#journey
    this.sent = true
    this.#leaveRequest()
    if (this.#framing === 'chunked') this.#upstream.wire.write(`0\r\n${trailersOf(req)}`)
    this.#upstream.requestSent()
  }

  #leaveRequest(): void {
    this.#journey.req.off('readable', this.#pump).off('end', this.#pump)
  }

  onWritable(): void {
    this.#pump()
  }

  onInterim(head: string): void {
    const { res } = this.#journey
    if (res.headersSent || res.req.httpVersionMajor !== 1) return
    const status = head.slice(9, 12)
    if (status === '100' && expects(res)) res.writeContinue()
    if (status !== '103') return
    const { Link: link, ...fields } = fieldsOf(head.slice(head.indexOf('\r\n') + 2).replace(/^link:/gim, 'Link:'))
    if (link !== undefined) res.writeEarlyHints({ ...fields, link })
  }

  onAnswer({ data, lent, done }: Answer): void {
    const { res, req, resolve, reject } = this.#journey
    this.#answered = true
    this.#kept = []
    if (res.headersSent) {
      // A middleware around us has lost patience.
      if (!done) this.#upstream.cancel()
      this.#finish()
      req.resume()
      return resolve('answered')
    }
    const end = data.indexOf('\r\n\r\n') + 4
    const head = typeof data === 'string' ? data.slice(0, end) : data.toString('latin1', 0, end)
    const content = typeof data === 'string' ? Buffer.from(data.slice(end), 'latin1') : Buffer.from(data.subarray(end))
    this.#upstream.wire.recycle(lent)
    try {
      answerHead(res, head)
      if (content.length > 0) this.#write(content, done)
      else if (!done) res.flushHeaders()
    } catch (error) {
      // A field that is none for `node:http`.
      if (!done) this.#upstream.cancel()
      this.#finish()
      return reject(error as Error)
    }
    if (done) this.#end()
  }

  onBody(bytes: Buffer, from: number, to: number): void {
    // What is read next goes to the same place.
    if (to > from) this.#write(Buffer.from(bytes.subarray(from, to)), false)
  }

  onText(): void {}

  #write(content: Buffer, last: boolean): void {
    if (!this.#journey.res.write(content) && !last) this.#upstream.wire.pause()
  }

  onEnd(lent: Buffer | null): void {
    this.#upstream.wire.recycle(lent)
    this.#end()
  }

  #end(): void {
    const { res, req, resolve } = this.#journey
    const { trailers } = this.#upstream.body
    this.#finish()
    try {
      if (trailers.length > 2 && res.req.httpVersionMajor === 1)
        res.addTrailers(fieldsOf(trailers) as OutgoingHttpHeaders)
      res.end()
    } catch {
      // A trailer that is none for `node:http`, or an app that is strict about lengths: this is an event of the owner's
      // connection, where nobody catches it.
      res.destroy()
    }
    // What the client still sends has nobody who wants it; unread, it would hold up the client's next request.
    req.resume()
    resolve('answered')
  }

  onFailure(outcome: Outcome, stale: boolean, unsent: boolean): void {
    const { req, res, peer, resolve, reject } = this.#journey
    if (this.#over) return
    if (this.#answered) {
      this.#finish()
      // A truncated answer must be seen as one.
      res.destroy()
      return resolve('answered')
    }
    const connecting = outcome.kind === 'unreachable' || (outcome.kind === 'timed-out' && outcome.phase === 'connect')
    if (connecting) peer.unreachable()
    // HTTP/2 tells of the end by 'end' alone, and what has ended takes nothing back.
    const here = this.#framing === '' || !req.readableEnded
    const repeatable = connecting || (this.#whole && here && (unsent || IDEMPOTENT.has(req.method!)))
    if (repeatable) this.#giveBack()
    if (repeatable && stale) return this.begin(true)
    this.#finish()
    if (outcome.kind === 'timed-out' && !connecting) reject(new OwnerSilent())
    else if (repeatable && !res.headersSent) resolve('here')
    else reject(new OwnerLost())
  }

  /** As if nobody had read any of it. */
  #giveBack(): void {
    const { req } = this.#journey
    this.#leaveRequest()
    if (this.#kept.length > 0) req.unshift(Buffer.concat(this.#kept))
    this.#kept = []
    this.#keptBytes = 0
    this.sent = this.#framing === ''
  }

  readonly #onClose = (): void => {
    if (this.#over) return
    this.#upstream?.cancel()
    this.#finish()
    this.#journey.resolve('answered')
  }

  readonly #onDrain = (): void => {
    if (!this.#over) this.#upstream.wire.resume()
  }

  #finish(): void {
    const { res } = this.#journey
    this.#over = true
    this.#forget()
    this.#leaveRequest()
    res.off('drain', this.#onDrain)
  }
}
