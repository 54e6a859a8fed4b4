// One socket with its buffer and its flow control; what the bytes mean is the owner's business.

import type { Socket } from 'node:net'
import { acquire, release, SHARED } from './buffers.ts'
import { FAILED, NOT_WRITTEN, QUEUED, waitingToLeave, writeNow } from './direct-writes.ts'
import { text } from './text.ts'

/** Below this a copy (as a string) costs less than a buffer of one's own. */
const STREAMING = 16 * 1024

export interface WireOwner {
  /** `bytes` is valid until the call returns, unless it is the wire's own buffer. */
  onBytes(bytes: Buffer, count: number): void
  /** The peer will send no more. */
  onEnd(): void
  /** Whatever was pending has been written. */
  onDrain(): void
  /** The socket is gone; called once. */
  onClose(error: Error | undefined): void
  /** For the log: a fault of our own. */
  report(error: unknown): void
}

export class Wire {
  socket!: Socket
  /** Set while this wire streams. */
  own: Buffer | null = null
  paused = false
  /** Bytes read and written. */
  read = 0
  written = 0
  /** Bytes given to the system, in whole or to wait there. What has not left the turn in which it was written is none. */
  sent = 0
  readonly #owner: WireOwner
  #error: Error | undefined
  #closed = false
  #out = ''
  /** Writes that wait in the handle, unknown to the socket. */
  #queued = 0
  #waiting: (() => void) | null = null
  #muted = false
  /** What waited to leave when somebody last asked. */
  #backlog = 0

  constructor(owner: WireOwner) {
    this.#owner = owner
  }

  attach(socket: Socket): void {
    this.socket = socket
    socket.on('end', () => this.#owner.onEnd())
    socket.on('drain', () => this.#owner.onDrain())
    socket.on('error', error => {
      this.#error = error
    })
    socket.on('close', () => {
      this.#closed = true
      this.own = null
      this.#waiting?.()
      this.#owner.onClose(this.#error)
    })
  }

  readonly buffer = (): Buffer => this.own ?? SHARED

  readonly callback = (count: number, bytes: Uint8Array): boolean => {
    this.read += count
    try {
      this.#owner.onBytes(bytes as Buffer, count)
    } catch (error) {
      // A mistake of ours on one connection must not be the end of all others.
      this.#owner.report(error)
      this.socket.destroy()
    }
    return !this.paused
  }

  get closed(): boolean {
    return this.#closed || this.socket.destroyed
  }

  /** Resolves when the socket is gone. One may wait. */
  gone(): Promise<void> {
    return new Promise(resolve => {
      if (this.#closed) resolve()
      else this.#waiting = resolve
    })
  }

  /** Whether bytes given to `write` have not all left yet. */
  get pending(): boolean {
    return this.held || this.#out !== ''
  }

  /** Whether the kernel has taken less than it was given. */
  get held(): boolean {
    return this.#queued > 0 || (this.socket.writableLength > 0 && !this.#muted)
  }

  pause(): void {
    if (this.paused) return
    this.paused = true
    this.socket.pause()
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    this.socket.resume()
  }

  /**
   * A string is latin1; it leaves at the end of this turn of the event loop, together with what else is written in it. A
   * buffer leaves at once. What the peer does not take is `held`, and `onDrain` follows.
   */
  write(data: string | Buffer): void {
    this.written += data.length
    if (this.#muted) return
    if (typeof data !== 'string') {
      this.flush()
      this.sent += data.length
      this.socket.write(data)
      return
    }
    if (this.#out === '') flushLater(this)
    this.#out += data
    if (this.#out.length > STREAMING) this.flush()
  }

  flush(): void {
    const text = this.#out
    if (text === '') return
    this.#out = ''
    if (this.closed || this.#muted) return
    const done = this.#queued > 0 || text.length > STREAMING ? NOT_WRITTEN : writeNow(this, text)
    if (done === FAILED) return
    this.sent += text.length
    if (done === QUEUED) this.#queued++
    else if (done === NOT_WRITTEN) this.socket.write(text, 'latin1')
  }

  /** Ends our side behind what was written; `ended` is called when that has left. */
  end(ended?: () => void): void {
    this.flush()
    this.socket.end(ended)
  }

  /** The socket's own 'drain' follows only if it was asked for; without it this is the last word. */
  onFlushed(): void {
    if (--this.#queued === 0 && !this.#drains) this.#owner.onDrain()
  }

  get #drains(): boolean {
    return this.socket.writableNeedDrain && this.socket.writableLength > 0
  }

  /**
   * Passes on bytes that `source` has just read. What lies in its own buffer goes without a copy, and then the source
   * must not read again before it has left: it is paused for that. Everything else is copied.
   */
  pass(bytes: Buffer, from: number, to: number, source: Wire): void {
    if (to === from) return
    if (to - from <= STREAMING) {
      this.write(text(bytes, from, to))
      // The rest of a stream is waited for by a reader who is awake already.
      if (bytes === source.own) this.flush()
    } else if (bytes === source.own) this.write(bytes.subarray(from, to))
    else {
      source.own ??= acquire()
      this.write(Buffer.from(bytes.subarray(from, to)))
    }
    this.throttle(source)
  }

  /** More waits here than the kernel takes; `onDrain` follows. */
  get full(): boolean {
    return this.#queued > 0 || this.#drains
  }

  /** Stops the source while this one is full. */
  throttle(source: Wire): void {
    if (!this.full) return
    if (!source.paused) this.moved()
    source.pause()
  }

  /** Whether some of what waited has left since this was last asked: a slow peer is not one that takes nothing. */
  moved(): boolean {
    const before = this.#backlog
    this.#backlog = waitingToLeave(this.socket)
    return this.#backlog < before
  }

  /**
   * Whether an end was a reset. libuv reports one that comes together with the last data as an end (uv__stream_io: HUP
   * behind a partial read), and what only the connection's end delimits would pass for whole. So an empty line is written,
   * which nobody will read: to a connection that was reset it cannot be.
   */
  isReset(): boolean {
    return !this.held && writeNow(this, '\r\n') === FAILED
  }

  /** From now on nothing is written, what still comes is read. */
  mute(): void {
    this.#muted = true
    this.#out = ''
    this.#queued = 0
  }

  /** Takes a pooled buffer back, unless a write that is still pending refers to it: that one is left to the collector. */
  recycle(buffer: Buffer | null): void {
    if (buffer !== null && !this.held) release(buffer)
  }
}

/**
 * Writes wait for the end of the turn, when everything that has arrived has been read: a peer that is woken by the first
 * finds the others there too. Written one by one, each wakes its reader, which takes the processor from us: measured at
 * 32 connections, 0.8 forced switches a request.
 */
function flushLater(wire: Wire): void {
  if (due.length === 0) setImmediate(flushAll)
  due.push(wire)
}

let due: Wire[] = []

function flushAll(): void {
  const wires = due
  due = []
  for (const wire of wires) wire.flush()
}

/** For sockets of both kinds: a write over STREAMING always asks for 'drain', so that its bytes are known to have left. */
export const HIGH_WATER_MARK = STREAMING
