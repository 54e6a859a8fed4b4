// READ FIRST. The life of a request, top to bottom. Everything that can end it early is thrown as a Refusal where it
// is decided and written in one place. An attempt ends in an outcome, not in an error: a lease is settled whatever came.

import type { Outcome } from '../model/outcome.ts'
import { ABANDONED } from './attempt.ts'
import type { Exchange } from './exchange.ts'
import { INTERNAL, isRefusal, NO_ENDPOINT, refusalOf } from './refusal.ts'
import { relay } from './relay.ts'
import type { Router } from './router.ts'
import { send } from './send.ts'
import type { Service } from './service.ts'

export async function handle(x: Exchange, router: Router): Promise<void> {
  try {
    const service = router(x)
    if (x.tunnels) x.openTunnel(service)
    else {
      x.enter(service)
      // A place in the service comes before a member: what waits in the queue must not weigh on a member's score.
      if (!service.gate.enter()) await service.gate.wait(x)
      try {
        await serve(x, service)
      } finally {
        service.gate.leave()
      }
    }
  } catch (reason) {
    if (!isRefusal(reason)) x.context.report(reason)
    x.refuse(isRefusal(reason) ? reason : INTERNAL)
  }
  // Last, because it lets the client's next request begin.
  x.finish()
}

/** One attempt after the other, until an answer has been relayed to its last byte. */
async function serve(x: Exchange, service: Service): Promise<void> {
  const lease = service.cluster.lease(x.clock.now, x.key())
  if (lease === undefined) throw NO_ENDPOINT
  let outcome: Outcome = ABANDONED
  try {
    let attempt = send(x, service, lease, false)
    await attempt.headed()
    if (attempt.stale && x.repeatable) {
      // Says nothing of the member: its server closed a kept connection while the request was under way.
      x.staleRetries++
      attempt = send(x, service, lease, true)
      await attempt.headed()
    }
    // Health, ejection and the breaker learn from the outcome; other retries than the stale one will be decided here.
    outcome = attempt.outcome
    if (attempt.answer === null) throw x.verdict ?? refusalOf(outcome)
    const relayed = relay(x, attempt, attempt.answer)
    outcome = relayed instanceof Promise ? await relayed : relayed
  } finally {
    lease.settle(outcome, x.clock.now)
  }
}
