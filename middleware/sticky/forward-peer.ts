// The way to another instance of the app: a pool of the sidecar's connections, and whether it can be reached.
import { Clock } from '../../sidecar/http1/clock.ts'
import { Pool } from '../../sidecar/http1/pool.ts'
import type { Upstream } from '../../sidecar/http1/upstream.ts'
import { parseAddress } from '../../sidecar/model/endpoint.ts'

export interface Peer {
  readonly name: string
  readonly address: string
  /** A connection; `fresh`: not one that has served before; `once`: for a request that must not be repeated. */
  take(fresh: boolean, once: boolean): Upstream
  /** Nobody answers there: for a while it counts as gone. */
  unreachable(): void
  readonly reachable: boolean
  /** Is called when the peer leaves the list. Returns what takes it off again. */
  onGone(listener: () => void): () => void
  /** It has left the list. */
  gone(): void
}

/** Milliseconds until a peer that could not be reached is tried again. */
const REST = 2_000
/** Bytes of a response head: what `node:http` itself reads, and more. */
const HEAD_LIMIT = 64 * 1024
/** Milliseconds; where the peer gives no hint. Node does. */
const KEEP_ALIVE = 3_000
/** Milliseconds. TCP's own, for hosts that have gone without a word. */
const PROBE = 30_000

let clock: Clock | undefined

export function isAddress(text: unknown): text is string {
  return typeof text === 'string' && parseAddress(text) !== undefined
}

export function createPeer(name: string, address: string): Peer {
  const listeners = new Set<() => void>()
  let pool: Pool | undefined
  let restsUntil = 0

  return {
    name,
    address,
    take(fresh, once) {
      // Of an app that never forwards nothing ticks.
      clock ??= new Clock(() => performance.now()).start()
      pool ??= new Pool(parseAddress(address)!, {
        clock,
        headLimit: HEAD_LIMIT,
        takesLoad: false,
        keepAlive: KEEP_ALIVE,
        connections: Number.POSITIVE_INFINITY,
        report: error => process.emitWarning(error as Error),
      })
      const upstream = pool.take(fresh, once)!
      if (!upstream.connected) upstream.wire.socket.setKeepAlive(true, PROBE)
      return upstream
    },
    unreachable() {
      restsUntil = performance.now() + REST
    },
    get reachable() {
      return performance.now() >= restsUntil
    },
    onGone(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    gone() {
      pool?.close()
      for (const listener of [...listeners]) listener()
    },
  }
}
