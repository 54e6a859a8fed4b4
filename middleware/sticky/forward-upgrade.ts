// A WebSocket handshake goes to the instance that its client belongs to; after its 101, bytes both ways.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Answer, AnswerListener, Ask } from '../../sidecar/http1/answer.ts'
import type { Upstream } from '../../sidecar/http1/upstream.ts'
import type { Outcome } from '../../sidecar/model/outcome.ts'
import { requestHead } from './forward-head.ts'
import type { Peer } from './forward-peer.ts'

export interface Tunnelling {
  readonly req: IncomingMessage
  readonly socket: Duplex
  /** What came behind the handshake. */
  readonly head: Buffer
  /** Milliseconds that the owner has for its answer. */
  readonly timeout: number
  /** Field lines for the owner alone, each with its CRLF. */
  readonly lines: string
}

/** Ends it at once. */
export type Cut = () => void

/** Milliseconds. */
const CONNECT = 1_000
/** A side that has ended gets this long to see the other end too; as in the sidecar. Milliseconds. */
const HALF_CLOSED = 30_000

/**
 * Calls `over` when nothing is under way any more, and `here` behind it when the owner is gone and nothing has been said to
 * the client. Throws BadForward for what is not strict HTTP/1.1.
 */
export function forwardUpgrade(it: Tunnelling, peer: Peer, here: () => void, over: () => void): Cut {
  const upgrade = String(it.req.headers.upgrade).toLowerCase()
  const text = requestHead(it.req, { lines: it.lines, upgrade, expect: false })
  const tunnel = new Tunnel(it, peer, upgrade, { here, over })
  tunnel.begin(text, false)
  return () => tunnel.cut()
}

class Tunnel implements Ask, AnswerListener {
  readonly minor = 1
  readonly bodiless = false
  readonly sent = true
  readonly upgrade: string
  readonly timeouts: Ask['timeouts']
  readonly #it: Tunnelling
  readonly #peer: Peer
  readonly #told: { readonly here: () => void; readonly over: () => void }
  #text = ''
  #upstream!: Upstream
  #answered = false
  #switched = false
  #over = false
  #halfClosed: NodeJS.Timeout | undefined
  #forget: () => void = () => {}

  constructor(it: Tunnelling, peer: Peer, upgrade: string, told: { here: () => void; over: () => void }) {
    this.#it = it
    this.#peer = peer
    this.#told = told
    this.upgrade = upgrade
    this.timeouts = { connect: CONNECT, head: it.timeout, idle: Number.POSITIVE_INFINITY }
  }

  begin(text: string, fresh: boolean): void {
    this.#text = text
    this.#upstream = this.#peer.take(fresh, false)
    const { socket } = this.#it
    if (!fresh) {
      // Without a listener, a client that resets the connection would end the process.
      socket.on('error', this.#onError)
      socket.on('close', this.#onClose)
      this.#forget = this.#peer.onGone(() => {
        if (this.#answered) return
        this.#upstream.cancel()
        this.onFailure({ kind: 'broken', phase: 'head', detail: 'gone' }, false)
      })
    }
    this.#upstream.send(text, this, this)
  }

  cut(): void {
    if (this.#over) return
    this.#upstream.cancel()
    this.#end()
    this.#it.socket.destroy()
  }

  within(ms: number): number {
    return ms
  }

  connection(): string {
    return 'close'
  }

  onInterim(): void {}

  onAnswer({ status, data, lent, done }: Answer): void {
    const { socket, head } = this.#it
    this.#answered = true
    socket.on('drain', this.#onDrain)
    this.#write(typeof data === 'string' ? Buffer.from(data, 'latin1') : Buffer.from(data))
    this.#upstream.wire.recycle(lent)
    if (status !== 101) return done ? this.#finish() : undefined
    this.#switched = true
    if (head.length > 0) this.#upstream.wire.write(head)
    socket.on('data', (chunk: Buffer) => {
      this.#upstream.wire.write(chunk)
      if (this.#upstream.wire.full) socket.pause()
    })
    socket.on('end', () => {
      this.#upstream.wire.end()
      this.#halfClose()
    })
    socket.resume()
  }

  onBody(bytes: Buffer, from: number, to: number): void {
    this.#write(Buffer.from(bytes.subarray(from, to)))
  }

  onText(text: string): void {
    this.#write(Buffer.from(text, 'latin1'))
  }

  #write(bytes: Buffer): void {
    const { socket } = this.#it
    if (!socket.destroyed && !socket.write(bytes)) this.#upstream.wire.pause()
  }

  /** Of a tunnel: the owner's side has ended; the client may still speak. Else: the answer is complete. */
  onEnd(lent: Buffer | null): void {
    this.#upstream.wire.recycle(lent)
    if (!this.#switched) return this.#finish()
    this.#it.socket.end()
    this.#halfClose()
  }

  onFailure(outcome: Outcome, stale: boolean): void {
    if (this.#over) return
    if (this.#answered) return this.cut()
    if (stale) return this.begin(this.#text, true)
    const { socket } = this.#it
    if (outcome.kind === 'unreachable' || (outcome.kind === 'timed-out' && outcome.phase === 'connect'))
      this.#peer.unreachable()
    this.#end()
    if (outcome.kind === 'timed-out' && outcome.phase === 'head') return void socket.end(TIMED_OUT)
    // A handshake is a GET: it may be made again.
    socket.off('error', this.#onError)
    this.#told.here()
  }

  onWritable(): void {
    if (this.#answered) this.#it.socket.resume()
  }

  readonly #onDrain = (): void => this.#upstream.wire.resume()
  readonly #onError = (): void => {}
  readonly #onClose = (): void => this.cut()

  #halfClose(): void {
    this.#halfClosed ??= setTimeout(() => this.cut(), HALF_CLOSED).unref()
  }

  #finish(): void {
    this.#end()
    this.#it.socket.end()
  }

  #end(): void {
    const { socket } = this.#it
    this.#over = true
    clearTimeout(this.#halfClosed)
    this.#forget()
    socket.off('close', this.#onClose)
    socket.off('drain', this.#onDrain)
    this.#told.over()
  }
}

const TIMED_OUT = 'HTTP/1.1 504 Gateway Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'
