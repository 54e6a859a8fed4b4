// A deadline for every command, and a breaker for all of them: while the store is away nobody waits for it, and one
// command in a while finds out whether it is back.
import { messageOf, StoreUnavailable } from './errors.ts'

export interface GuardOptions {
  /** Milliseconds that a command may take, connecting included. Default 250. */
  deadline?: number | undefined
}

/** Failures in a row that open the breaker. */
const FAILURES = 5
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 5_000
/** Milliseconds by which a timer may be late without the process being busy. */
const LAG = 20

export interface Guard {
  /** Rejects with StoreUnavailable after the deadline, while the breaker is open, and for faults of the store. */
  run<T>(work: () => Promise<T>): Promise<T>
  readonly open: boolean
  readonly counts: { commands: number; failures: number; refused: number; opened: number }
}

/** `isFault`: whether an error means that the store is away, as against a command that it did not like. */
export function createGuard(
  { deadline = 250 }: GuardOptions,
  isFault: (error: unknown) => boolean,
  onOpen: (timedOut: boolean) => void = () => {},
): Guard {
  const counts = { commands: 0, failures: 0, refused: 0, opened: 0 }
  let failures = 0
  let pause = FIRST_PAUSE
  /** When the next trial is due; 0 while closed. */
  let openUntil = 0
  let lastReason = ''

  const failed = (reason: string, cause: unknown, timedOut: boolean) => {
    counts.failures++
    lastReason = reason
    if (openUntil > 0) pause = Math.min(pause * 2, LONGEST_PAUSE)
    else if (++failures < FAILURES) return new StoreUnavailable(reason, cause)
    else counts.opened++
    openUntil = Date.now() + pause
    onOpen(timedOut)
    return new StoreUnavailable(reason, cause)
  }
  const answered = () => {
    failures = 0
    openUntil = 0
    pause = FIRST_PAUSE
  }

  return {
    counts,
    get open() {
      return openUntil > 0
    },
    run(work) {
      if (openUntil > 0) {
        const now = Date.now()
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
          const lag = performance.now() - due
          if (lag > LAG && due - start < 4 * deadline) {
            // It was this process that had no time, and the answer may be waiting to be read: what it lost is given back.
            due += lag + Math.min(lag, deadline)
            timer = setTimeout(expire, Math.min(lag, deadline))
            return
          }
          late = true
          reject(failed(`no answer within ${deadline} ms`, undefined, true))
        }
        let timer = setTimeout(expire, deadline)
        work().then(
          value => {
            clearTimeout(timer)
            // An answer after the deadline proves as much: the store is back.
            answered()
            resolve(value)
          },
          error => {
            clearTimeout(timer)
            if (late) return
            if (isFault(error)) reject(failed(messageOf(error), error, false))
            else {
              answered()
              reject(error)
            }
          },
        )
      })
    },
  }
}
