// Connections to one endpoint. The idle ones form a stack: the one used last is the least likely to have been closed
// by the server, and the ones at the bottom grow old and go.

import type { SocketAddress } from '../model/endpoint.ts'
import type { Clock } from './clock.ts'
import { Upstream } from './upstream.ts'

export interface PoolOptions {
  readonly clock: Clock
  readonly headLimit: number
  readonly takesLoad: boolean
  /** Milliseconds that an idle connection is kept when the server gives no hint. */
  readonly keepAlive: number
  /** Connections at most, busy and idle. */
  readonly connections: number
  /** For the log: a fault of our own. */
  readonly report: (error: unknown) => void
}

/** A server closes at its hint; a request sent in that second would be lost (RFC 9112 section 9.3.1). */
const HINT_MARGIN = 1000

export class Pool {
  open = 0
  opened = 0
  reused = 0
  readonly idle: Upstream[] = []
  readonly clock: Clock
  readonly headLimit: number
  readonly takesLoad: boolean
  readonly #address: SocketAddress
  readonly #options: PoolOptions
  #closed = false
  /** So many at the bottom of the stack were idle already when the server last ended one by its own word. */
  #doubtful = 0

  constructor(address: SocketAddress, options: PoolOptions) {
    this.#address = address
    this.#options = options
    this.clock = options.clock
    this.headLimit = options.headLimit
    this.takesLoad = options.takesLoad
  }

  /**
   * A connection that nobody uses, or a new one; undefined at the limit. `fresh`: not one that has served before. `once`:
   * for a request that must not be repeated. A server that says `Connection: close` may be about to close the others,
   * too (it drains), and what is sent then is lost; a connection that it refuses is not.
   */
  take(fresh: boolean, once: boolean): Upstream | undefined {
    const least = fresh ? this.idle.length : once ? this.#doubtful : 0
    while (this.idle.length > least) {
      const top = this.idle.pop()!
      if (this.#doubtful > this.idle.length) this.#doubtful = this.idle.length
      if (top.wire.closed) continue
      this.reused++
      return top
    }
    if (this.open >= this.#options.connections) {
      const oldest = this.idle[0]
      if (oldest === undefined) return undefined
      oldest.cancel()
    }
    this.open++
    this.opened++
    return new Upstream(this.#address, this)
  }

  onIdle(upstream: Upstream): void {
    const keep = upstream.hint < 0 ? this.#options.keepAlive : upstream.hint - HINT_MARGIN
    if (this.#closed || keep <= 0) return upstream.cancel()
    this.clock.arm(upstream.timer, keep)
    this.idle.push(upstream)
  }

  onClosed(upstream: Upstream): void {
    this.open--
    const at = this.idle.lastIndexOf(upstream)
    if (at < 0) return
    this.idle.splice(at, 1)
    if (at < this.#doubtful) this.#doubtful--
  }

  onParting(): void {
    this.#doubtful = this.idle.length
  }

  report(error: unknown): void {
    this.#options.report(error)
  }

  /** Closes what is idle now, and what is busy as soon as it is idle. */
  close(): void {
    this.#closed = true
    for (const upstream of this.idle.splice(0)) upstream.cancel()
  }
}
