// A listener at work: it accepts connections and turns each request that comes out of them into an exchange.

import { BlockList, createServer, isIPv4, isIPv6, type Socket } from 'node:net'
import { bind } from '../http1/bind.ts'
import { type Clock, Timer } from '../http1/clock.ts'
import type { Fault } from '../http1/fault.ts'
import { forwardingOf } from '../http1/forward-request.ts'
import { Inbound, type InboundOwner } from '../http1/inbound.ts'
import { HIGH_WATER_MARK } from '../http1/wire.ts'
import type { ExchangeRecord, Observe } from '../model/events.ts'
import type { ListenerSettings } from '../model/settings.ts'
import { ABANDONED } from './attempt.ts'
import type { ExchangeContext } from './context.ts'
import { Exchange } from './exchange.ts'
import { handle } from './handle.ts'
import { NO_CONNECTION, type Refusal, refusalOfFault, refusalText } from './refusal.ts'
import { createRouter } from './router.ts'
import type { Service } from './service.ts'

export interface FrontParts {
  readonly services: ReadonlyMap<string, Service>
  readonly clock: Clock
  readonly observe: Observe
  readonly report: (error: unknown) => void
  /** False only in the test of the slower way to read. */
  readonly fastReads: boolean
}

export interface Front {
  readonly settings: ListenerSettings
  /** As bound: a configured port 0 is the real one. */
  readonly address: string
  readonly connections: number
  readonly accepted: number
  /** From now on each answer says that it is the last of its connection; new ones are still accepted. */
  leave(): void
  /** Stops accepting and lets what is in progress end; resolves when the last connection is gone. */
  drain(): Promise<void>
  /** Cuts what is still there. Returns on how many connections something was under way. */
  destroy(): number
}

export async function openFront(settings: ListenerSettings, parts: FrontParts): Promise<Front> {
  const { target, limits, timeouts } = settings
  const { clock, observe, report } = parts
  const router = createRouter(target, parts.services)
  const inbounds = new Set<Inbound>()
  const trusts = trustOf(settings.trust)
  const context: ExchangeContext = { settings, address: '', clock, observe, trusts, report }
  const authority = target.kind === 'service' ? target.service : ''
  let accepted = 0
  let leaving = false

  const owner: InboundOwner = {
    clock,
    limits,
    timeouts,
    report,
    onRequest(inbound, bytes, head) {
      const x = new Exchange(context, inbound, bytes, head)
      inbound.begin(x, head)
      void handle(x, router)
      x.forget()
    },
    onFault(inbound, fault, bodiless) {
      observe(refusedRecord(context, inbound.forwarding.peer, fault))
      inbound.wire.write(refusalText(refusalOfFault(fault), bodiless, 'close'))
      inbound.close()
    },
    onClosed(inbound) {
      inbounds.delete(inbound)
    },
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true, highWaterMark: HIGH_WATER_MARK })
  server.on('connection', (socket: Socket) => {
    accepted++
    if (inbounds.size >= limits.connections) {
      observe(refusedRecord(context, peerOf(socket), NO_CONNECTION))
      refuseConnection(socket)
      return
    }
    const peer = peerOf(socket)
    const inbound = new Inbound(socket, forwardingOf(peer, trusts(peer), authority), owner, parts.fastReads)
    inbound.leaving = leaving
    inbounds.add(inbound)
  })
  const address = await bind(server, settings.listen)
  context.address = address
  // After the start, accept() can fail for want of file descriptors; the listener lives on.
  server.on('error', report)

  return {
    settings,
    address,
    get connections() {
      return inbounds.size
    },
    get accepted() {
      return accepted
    },
    leave() {
      leaving = true
      for (const inbound of inbounds) inbound.leaving = true
    },
    drain() {
      return new Promise(resolve => {
        server.close(() => resolve())
        const late: Inbound[] = []
        for (const inbound of inbounds) {
          inbound.draining = true
          if (inbound.busy) continue
          // Whoever has connected at the last moment has its first request under way.
          if (leaving && !inbound.asked) late.push(inbound)
          else inbound.close()
        }
        if (late.length > 0) clock.arm(new Timer(() => closeIdle(late)), FIRST_REQUEST)
      })
    },
    destroy() {
      let cut = 0
      for (const inbound of inbounds) {
        if (inbound.busy) cut++
        inbound.destroy()
      }
      return cut
    },
  }
}

/** What the client has sent already must be read, or the reset that follows a close destroys the answer. */
function refuseConnection(socket: Socket): void {
  socket.on('error', () => {})
  socket.end(refusalText(NO_CONNECTION, false, 'close'))
  socket.on('end', () => socket.destroy())
  setTimeout(() => socket.destroy(), REFUSED_LINGER).unref()
  socket.resume()
}

/** Milliseconds. */
const REFUSED_LINGER = 1000

/** Milliseconds that a client may take for its first request when the listener has closed. */
const FIRST_REQUEST = 500

function closeIdle(inbounds: readonly Inbound[]): void {
  for (const inbound of inbounds) if (!inbound.busy) inbound.close()
}

function peerOf(socket: Socket): string {
  const address = socket.remoteAddress ?? ''
  return address.startsWith('::ffff:') ? address.slice(7) : address
}

/** A number of hops trusts every peer to be one; blocks trust the addresses in them. A unix peer is on this machine. */
function trustOf(trust: number | readonly string[]): (address: string) => boolean {
  if (typeof trust === 'number') return () => trust > 0
  const list = new BlockList()
  for (const block of trust) {
    const [address, bits] = block.split('/')
    const family = isIPv6(address!) ? 'ipv6' : 'ipv4'
    list.addSubnet(address!, bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family)
  }
  return address => {
    if (isIPv4(address)) return list.check(address, 'ipv4')
    return isIPv6(address) && list.check(address, 'ipv6')
  }
}

/** Refused before there was a request. */
function refusedRecord(
  { address }: ExchangeContext,
  client: string,
  { status, reason }: Fault | Refusal,
): ExchangeRecord {
  return { ...UNKNOWN, listener: address, client, status, reason }
}

const UNKNOWN = {
  service: '',
  member: '',
  method: '',
  target: '',
  host: '',
  outcome: ABANDONED,
  ms: 0,
  left: false,
  staleRetries: 0,
  retries: 0,
  connectRetries: 0,
  queuedMs: 0,
  pin: '',
}
