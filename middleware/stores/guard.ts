// A deadline for every command, and a breaker for all of them: while the store is away nobody waits for it, and one
// command in a while finds out whether it is back.
import { messageOf, StoreUnavailable } from '../errors.ts'

export interface GuardOptions {
  /**
   * Milliseconds of silence that a command waits for, connecting included. Default 250. While answers to other commands
   * come in, the store is there and ours is in line: then it waits up to four times as long.
   */
  deadline?: number | undefined
}

/** What an error of a command says of the store: that it did not answer, that it cannot serve now, or nothing. */
export type Verdict = 'away' | 'refuses' | 'answers'

export interface Watch {
  judge(error: unknown): Verdict
  /** What is known of the reason for silence; for an error, what to call it. */
  explain?(error: unknown): string | undefined
  /** The breaker has opened, or a trial has failed. `timedOut`: by silence. */
  onOpen?(timedOut: boolean): void
  onRefusal?(error: Error): void
}

/** Milliseconds of silence, when nothing else is said. */
export const DEADLINE = 250
/** Failures in a row that open the breaker. */
const FAILURES = 5
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 2_000
/** Milliseconds by which a timer may be late without the process being busy. */
const LAG = 20

export interface Guard {
  /** Rejects with StoreUnavailable after the deadline, while the breaker is open, and for faults of the store. */
  run<T>(work: () => Promise<T>): Promise<T>
  readonly open: boolean
  /** There is a new connection: an open breaker lets the next command try. */
  retry(): void
  readonly counts: { commands: number; failures: number; refused: number; opened: number }
}

export function createGuard({ deadline = DEADLINE }: GuardOptions, watch: Watch): Guard {
  if (!(deadline > 0)) throw new TypeError(`deadline must be a number of milliseconds above 0, not ${deadline}`)
  const counts = { commands: 0, failures: 0, refused: 0, opened: 0 }
  let failures = 0
  let pause = FIRST_PAUSE
  /** When the next trial is due; 0 while closed. */
  let openUntil = 0
  let lastReason = ''
  let lastAnswer = 0

  const failed = (reason: string, cause: unknown, { timedOut = false, isTrial = false }) => {
    counts.failures++
    lastReason = reason
    // Those that were under way as it opened prove nothing new: a hundred of them would double the pause a hundred times.
    if (openUntil > 0 && !isTrial) return new StoreUnavailable(reason, cause)
    if (openUntil > 0) pause = Math.min(pause * 2, LONGEST_PAUSE)
    else if (++failures < FAILURES) return new StoreUnavailable(reason, cause)
    else counts.opened++
    // Not by the clock on the wall, which may be set back by an hour.
    openUntil = performance.now() + pause
    watch.onOpen?.(timedOut)
    return new StoreUnavailable(reason, cause)
  }
  const answered = () => {
    lastAnswer = performance.now()
    failures = 0
    openUntil = 0
    pause = FIRST_PAUSE
  }

  return {
    counts,
    get open() {
      return openUntil > 0
    },
    retry() {
      if (openUntil > 0) openUntil = Math.min(openUntil, performance.now())
    },
    run(work) {
      const isTrial = openUntil > 0
      if (isTrial) {
        const now = performance.now()
        if (now < openUntil) {
          counts.refused++
          return Promise.reject(new StoreUnavailable(`not asked again yet, after: ${lastReason}`))
        }
        // The one trial. Until it has ended, the others are refused.
        openUntil = now + deadline + pause
      }
      counts.commands++
      return new Promise((resolve, reject) => {
        let late = false
        const start = performance.now()
        let due = start + deadline
        const expire = () => {
          const now = performance.now()
          const lag = now - due
          // It was this process that had no time, and the answer may be waiting to be read: what it lost is given back.
          const lost = lag > LAG ? Math.min(lag, deadline) : 0
          // Answers come in the order of the commands.
          const inLine = lastAnswer > start ? Math.min(lastAnswer, start + 3 * deadline) + deadline - now : 0
          const more = Math.max(lost, inLine)
          if (more > 0 && due - start < 4 * deadline) {
            due = now + more
            timer = setTimeout(expire, more)
            return
          }
          late = true
          const known = watch.explain?.(undefined)
          reject(
            failed(`no answer within ${deadline} ms${known ? `; ${known}` : ''}`, undefined, {
              timedOut: true,
              isTrial,
            }),
          )
        }
        let timer = setTimeout(expire, deadline)
        started(work).then(
          value => {
            clearTimeout(timer)
            // An answer after the deadline proves as much: the store is back.
            answered()
            resolve(value)
          },
          error => {
            clearTimeout(timer)
            if (late) return
            const verdict = watch.judge(error)
            if (verdict === 'away') {
              reject(failed(watch.explain?.(error) ?? messageOf(error), error, { isTrial }))
              return
            }
            // It speaks, so nobody waits for it: what it can do still, reading for one, goes on, and so does asking.
            answered()
            if (verdict === 'answers') return reject(error)
            counts.failures++
            watch.onRefusal?.(error)
            reject(new StoreUnavailable(messageOf(error), error))
          },
        )
      })
    },
  }
}

/** ioredis throws at times where it should reject. */
function started<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work()
  } catch (error) {
    return Promise.reject(error)
  }
}
