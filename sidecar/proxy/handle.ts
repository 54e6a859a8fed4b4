// READ FIRST. The life of a request, top to bottom. Everything that can end it early is thrown as a Refusal where it
// is decided and written in one place. An attempt ends in an outcome, not in an error: a lease is settled whatever came.

import { ABANDONED, type Attempt } from './attempt.ts'
import type { Exchange } from './exchange.ts'
import { hedged } from './hedge.ts'
import { INTERNAL, isRefusal, type Refusal, refusalOf, TOTAL_TIMEOUT } from './refusal.ts'
import { relay } from './relay.ts'
import { NO_RETRY, waitBeforeRetry } from './retry.ts'
import type { Router } from './router.ts'
import { send } from './send.ts'
import type { Service } from './service.ts'
import { pause, queue } from './wait.ts'

export async function handle(x: Exchange, router: Router): Promise<void> {
  try {
    const destination = router(x)
    const { service } = destination
    if (x.tunnels) x.openTunnel(service)
    else {
      x.enter(destination)
      if (service.faults !== undefined) await service.faults(x)
      // Before the queue: what will be refused must not wait for it.
      if (!service.isOpen) throw service.closed()
      // A place in the service comes before a member: what waits in the queue must not weigh on a member's score.
      if (!service.gate.enter()) await queue(x, service.gate)
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

/** One attempt after the other, until one has been relayed to its last byte, or no further one makes sense. */
async function serve(x: Exchange, service: Service): Promise<void> {
  const era = service.begin()
  const crowd = service.gate.inFlight
  try {
    for (let wait = 0; wait !== NO_RETRY; ) {
      if (wait > 0) await pause(x, wait)
      // Its caller may have waited long enough elsewhere.
      if (x.timeLeft <= 0) throw TOTAL_TIMEOUT
      // A client that is kept at one member may have to wait for that one.
      let lease = x.pinning === null ? service.lease(x) : await x.pinning.lease(x)
      x.outcome = ABANDONED
      try {
        let attempt = send(x, service, lease, false)
        if (service.hedge === undefined) await attempt.headed()
        else {
          // The answer may be that of another attempt, at another member; the lease is that one's, then.
          attempt = await hedged(x, service, attempt)
          lease = attempt.lease
        }
        if (attempt.stale && (attempt.unsent ? x.resendable : service.repeatsStale && x.repeatable)) {
          // Says nothing of the member: its server closed a kept connection while the request was under way.
          x.staleRetries++
          attempt = send(x, service, lease, true)
          await attempt.headed()
        }
        x.outcome = attempt.outcome
        wait = waitBeforeRetry(x, service, attempt)
        if (wait !== NO_RETRY) x.outcome = attempt.drop()
        else if (attempt.answer === null || (x.verdict !== null && attempt.over)) throw refusalFor(x, attempt)
        else {
          const relayed = relay(x, attempt, attempt.answer)
          x.outcome = relayed instanceof Promise ? await relayed : relayed
        }
      } finally {
        lease.settle(x.outcome, x.clock.now)
      }
    }
  } finally {
    service.end(era, x.outcome, crowd)
  }
}

/** There is no answer, or one that a hedge had put aside and that has broken off since. */
function refusalFor(x: Exchange, attempt: Attempt): Refusal {
  const refusal = x.verdict ?? refusalOf(x.outcome)
  // A closed kept connection says nothing of the member, also when the request could not be repeated.
  if (attempt.stale) x.outcome = ABANDONED
  return refusal
}
