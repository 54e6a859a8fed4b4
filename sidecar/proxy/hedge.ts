// A second attempt at another member when the first keeps the client waiting longer than it usually would. The first good
// answer wins; the other attempt is cancelled and counts against nobody.

import { ABANDONED, type Attempt } from './attempt.ts'
import type { Exchange } from './exchange.ts'
import { isRefusal } from './refusal.ts'
import { sendRival } from './send.ts'
import type { Service } from './service.ts'
import { atMost } from './wait.ts'

/** Resolves with the attempt that goes on, headed or over. The lease of the other one is settled. */
export async function hedged(x: Exchange, service: Service, first: Attempt): Promise<Attempt> {
  const firstHeaded = first.headed()
  const delay = service.hedge!.delay()
  if (delay === undefined || !x.repeatable || !x.sent || x.upgrade !== '' || x.pinning?.bound) {
    await firstHeaded
    return first
  }
  await atMost(firstHeaded, delay)
  if (isDecided(first) || !x.repeatable) {
    await firstHeaded
    return first
  }
  const second = begin(x, service, first)
  if (second === undefined) {
    await firstHeaded
    return first
  }
  service.tally.hedges++
  try {
    await oneOf(first, firstHeaded, second, second.headed())
  } finally {
    service.gate.leave()
  }
  const winner = better(first, second)
  const loser = winner === first ? second : first
  if (winner === second) service.tally.hedgesWon++
  x.decide(winner)
  const outcome = isDecided(loser) && !loser.stale ? loser.drop() : ABANDONED
  loser.abort(ABANDONED)
  if (isDecided(loser) && !isGood(loser)) x.tried = [...x.tried, loser.lease.member]
  loser.lease.settle(outcome, x.clock.now)
  return winner
}

/** Until one is good, or both are decided. */
async function oneOf(first: Attempt, firstHeaded: Promise<void>, ...rest: [Attempt, Promise<void>]): Promise<void> {
  const [second, secondHeaded] = rest
  await Promise.race([firstHeaded, secondHeaded])
  if (isGood(first) || isGood(second)) return
  // One has failed: the other one may do better. Until then nothing of an error's content may reach the client. But an
  // answer that came whole has given its connection back: it is somebody else's by now.
  const failed = isDecided(first) ? first : second
  if (!failed.over) failed.upstream.wire.pause()
  await (failed === first ? secondHeaded : firstHeaded)
  if (!failed.over) failed.upstream.wire.resume()
}

/** A good answer before a bad one, a bad one before none. */
function better(first: Attempt, second: Attempt): Attempt {
  if (isGood(first)) return first
  if (isGood(second)) return second
  return first.answer === null && second.answer !== null ? second : first
}

function begin(x: Exchange, service: Service, first: Attempt): Attempt | undefined {
  const { hedge, cluster } = service
  const { now } = x.clock
  const { member } = first.lease
  const tried = [...x.tried, member]
  if (cluster.members.length < 2 || cluster.othersFail(tried, now)) return undefined
  // Before the lease: taking one may begin a member's trial.
  if (hedge!.budget.left(now) < 1) return undefined
  const lease = cluster.lease(now, x.key(), tried)
  if (lease === undefined) return undefined
  let attempt: Attempt | undefined
  try {
    const another = !tried.includes(lease.member)
    // The second attempt needs a place of its own in the service, at once or not at all.
    if (another && service.gate.enter()) {
      if (hedge!.budget.withdraw(now)) attempt = sendRival(x, service, lease)
      else service.gate.leave()
    }
  } catch (reason) {
    service.gate.leave()
    if (!isRefusal(reason)) throw reason
  } finally {
    if (attempt === undefined) lease.settle(ABANDONED, now)
  }
  return attempt
}

function isDecided(attempt: Attempt): boolean {
  return attempt.answer !== null || attempt.over
}

function isGood({ answer }: Attempt): boolean {
  return answer !== null && answer.status < 500
}
