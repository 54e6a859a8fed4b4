import type { Lease } from '../cluster/lease.ts'
import { Attempt } from './attempt.ts'
import type { Exchange } from './exchange.ts'
import { NO_CONNECTION } from './refusal.ts'
import type { Service } from './service.ts'

/**
 * Begins an attempt at the leased member; `attempt.headed()` tells when there is an answer or none will come. `fresh`:
 * not on a kept connection. Throws a refusal when there is no connection to be had.
 */
export function send(x: Exchange, service: Service, lease: Lease, fresh: boolean): Attempt {
  x.member = lease.member.endpoint.address
  const upstream = x.left ? undefined : service.pool(lease.member).take(fresh)
  if (upstream === undefined) throw x.verdict ?? NO_CONNECTION
  const attempt = new Attempt(x, upstream, x.clock.now)
  x.start(attempt)
  return attempt
}
