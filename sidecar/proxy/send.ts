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
  const attempt = create(x, service, lease, fresh)
  x.start(attempt)
  return attempt
}

/** The same, beside the attempt that is under way already. */
export function sendRival(x: Exchange, service: Service, lease: Lease): Attempt {
  const attempt = create(x, service, lease, false)
  x.startRival(attempt)
  return attempt
}

function create(x: Exchange, service: Service, lease: Lease, fresh: boolean): Attempt {
  x.member = lease.member.endpoint.address
  const upstream = x.left ? undefined : service.pool(lease.member).take(fresh, !x.idempotent)
  if (upstream === undefined) throw x.verdict ?? NO_CONNECTION
  return new Attempt(x, lease, upstream)
}
