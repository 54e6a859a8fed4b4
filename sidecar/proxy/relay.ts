import type { Answer } from '../http1/answer.ts'
import type { Outcome } from '../model/outcome.ts'
import type { Attempt } from './attempt.ts'
import type { Exchange } from './exchange.ts'
import { tunnel } from './tunnel.ts'

/** Gives the client the answer, to its last byte. A small one has come whole with its head: then nothing is waited for. */
export function relay(x: Exchange, attempt: Attempt, answer: Answer): Outcome | Promise<Outcome> {
  const { wire } = x.inbound
  x.begin(answer)
  wire.write(x.pinning === null ? answer.data : x.pinning.answered(answer, attempt.lease.member, x))
  if (answer.lent !== null) wire.recycle(answer.lent)
  if (answer.done) return attempt.outcome
  return answer.status === 101 ? tunnel(x, attempt) : stream(x, attempt, answer)
}

/** What comes after the first read flows by `attempt.onBody`. */
async function stream(x: Exchange, attempt: Attempt, answer: Answer): Promise<Outcome> {
  if (!attempt.over) {
    x.inbound.wire.throttle(attempt.upstream.wire)
    if (attempt.upstream.wire.paused) x.waitForClient()
    await attempt.ended()
  }
  if (attempt.outcome.kind !== 'answered') x.cutOff(answer)
  return attempt.outcome
}
