// Whether an attempt is repeated, and when. Only before the first byte of an answer has reached the client, only what may
// be repeated, only while it helps, and only as long as the budget lasts: it is asked last, as it is spent by asking.

import { failedToConnect } from '../model/outcome.ts'
import { fullJitter } from '../resilience/backoff.ts'
import type { Attempt } from './attempt.ts'
import type { Exchange } from './exchange.ts'
import { refusalOf } from './refusal.ts'
import type { Service } from './service.ts'
import type { RetryRefusal } from './tally.ts'

export const NO_RETRY = -1

/** After a failed connect nothing was sent: another member is asked at once, but not without end. */
const CONNECTS = 5

/** Milliseconds; NO_RETRY when the attempt stands as it is. */
export function waitBeforeRetry(x: Exchange, service: Service, attempt: Attempt): number {
  const { answer } = attempt
  // The quick way for nearly all: an answer that nobody would repeat.
  if (answer !== null && answer.status < 400) return NO_RETRY
  const { retries } = service.settings
  if (retries.attempts === 0 || x.isOver) return NO_RETRY
  const connect = answer === null && failedToConnect(attempt.outcome)
  const condition = answer === null ? refusalOf(attempt.outcome).status : answer.status
  if (!retries.on.includes(connect ? 'connect' : condition)) return NO_RETRY
  x.tried = [...x.tried, attempt.lease.member]
  if (!x.outgoing.whole) return refuse(service, 'body')
  if (!connect && !x.idempotent) return refuse(service, 'method')

  const members = service.cluster.members.length
  const most = connect ? Math.max(retries.attempts, Math.min(CONNECTS, members - 1)) : retries.attempts
  if ((connect ? x.connectRetries : x.retries) >= most) return refuse(service, 'attempts')
  // It is not this member, it is what they have in common: more load is the last thing that helps.
  if (!connect && service.cluster.othersFail(x.tried, x.clock.now)) return refuse(service, 'all-failing')

  let wait = connect ? 0 : fullJitter(retries.backoff, x.retries, service.random)
  // A Retry-After is one member's word about itself: others need not wait for it.
  const alone = x.tried.length >= members || x.pinning?.alone
  if (alone && answer !== null && answer.retryAfter > 0) wait = Math.max(wait, answer.retryAfter)
  // As long as the request has not ended, the total has not begun: it is the most that there will be.
  if (wait >= Math.min(x.timeLeft, x.timeouts.total)) return refuse(service, 'time')
  if (!service.budget.withdraw(x.clock.now)) return refuse(service, 'budget')
  if (connect) x.connectRetries++
  else x.retries++
  service.tally.retried(connect ? 'connect' : String(condition))
  return wait
}

/** It would have been repeated, but for this. */
function refuse(service: Service, why: RetryRefusal): number {
  service.tally.notRetried(why)
  return NO_RETRY
}
