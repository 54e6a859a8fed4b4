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
  if (delay === undefined || !x.repeatable || !x.sent || x.upgrade !== '') {
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
  const secondHeaded = second.headed()
  await Promise.race([firstHeaded, secondHeaded])
  if (!isGood(first) && !isGood(second)) {
    // One has failed: the other one may do better. Until then nothing of an error's content may reach the client.
    const failed = isDecided(first) ? first : second
    failed.upstream.wire.pause()
    await (failed === first ? secondHeaded : firstHeaded)
    failed.upstream.wire.resume()
  }
  const winner = isGood(second) && !isGood(first) ? second : first
  const loser = winner === first ? second : first
  if (winner === second) service.tally.hedgesWon++
  x.decide(winner)
  const outcome = isDecided(loser) && !loser.stale ? loser.drop() : ABANDONED
  loser.abort(ABANDONED)
  if (isDecided(loser) && !isGood(loser)) x.tried = [...x.tried, loser.lease.member]
  loser.lease.settle(outcome, x.clock.now)
  return winner
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
    if (another && hedge!.budget.withdraw(now)) attempt = sendRival(x, service, lease)
  } catch (reason) {
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
