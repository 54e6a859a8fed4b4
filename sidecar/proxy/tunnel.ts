import { Timer } from '../http1/clock.ts'
import type { Pipe } from '../http1/inbound.ts'
import type { Outcome } from '../model/outcome.ts'
import type { Attempt } from './attempt.ts'
import type { Exchange } from './exchange.ts'

/** A side that has ended gets this long to see the other end too. Milliseconds; as long as HAProxy's usual FIN timeouts. */
const HALF_CLOSED = 30_000

/**
 * After 101: bytes both ways until both sides have ended, one breaks, or nothing moves for `timeouts.tunnel`. The
 * exchange, and with it the member's lease, lasts as long as the tunnel.
 */
export async function tunnel(x: Exchange, attempt: Attempt): Promise<Outcome> {
  const client = x.inbound.wire
  const server = attempt.upstream.wire
  const life = x.timeouts.tunnel
  let moved = client.read + server.read
  const cut = () => {
    attempt.upstream.cancel()
    x.inbound.destroy()
  }
  const timer = new Timer(() => {
    const now = client.read + server.read
    if (now === moved) return cut()
    moved = now
    x.clock.arm(timer, life)
  })
  const halfClosed = () => {
    moved = client.read + server.read
    x.clock.arm(timer, Math.min(life, HALF_CLOSED))
  }
  const pipe: Pipe = {
    onClientBytes(bytes, count) {
      server.pass(bytes, 0, count, client)
    },
    onClientEnd() {
      server.end()
      halfClosed()
    },
  }
  x.clock.arm(timer, life)
  x.inbound.upgrade(pipe)
  await attempt.ended()
  if (attempt.outcome.kind === 'answered') {
    // The server has ended its side; what the client still says may go on reaching it.
    client.end()
    halfClosed()
    await Promise.race([client.gone(), server.gone()])
    x.inbound.close()
  } else {
    x.inbound.reset()
  }
  x.clock.drop(timer)
  attempt.upstream.cancel()
  return { kind: 'answered', status: 101, ms: attempt.ms }
}
