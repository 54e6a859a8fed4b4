// A service's limit of exchanges in flight, and the bounded queue before it. First come, first served.

import { OVERLOAD, QUEUE_TIMEOUT } from './refusal.ts'

export interface Gate {
  readonly inFlight: number
  readonly queued: number
  /** What `inFlight` may be now. */
  readonly limit: number
  /** Takes a place if there is one and nobody waits for it. */
  enter(): boolean
  /** Waits for a place; rejects with a refusal when the queue is full or the wait too long, or with what `abort` gives. */
  wait(abortable: Abortable): Promise<void>
  leave(): void
  /** The limit may have grown: lets in who waits, as far as there are places. */
  admit(): void
}

export interface Abortable {
  /** While it waits: ends the wait with this reason. */
  abortWait: ((reason: unknown) => void) | null
}

interface Waiter {
  enter: () => void
}

/** `limits.inFlight` may change; it is read anew each time. */
export function createGate(limits: { readonly inFlight: number; queue: number; queueTimeout: number }): Gate {
  const queue: Waiter[] = []
  let inFlight = 0
  return {
    get inFlight() {
      return inFlight
    },
    get queued() {
      return queue.length
    },
    get limit() {
      return limits.inFlight
    },
    enter() {
      if (inFlight >= limits.inFlight || queue.length > 0) return false
      inFlight++
      return true
    },
    wait(abortable) {
      if (queue.length >= limits.queue) return Promise.reject(OVERLOAD)
      return new Promise<void>((resolve, reject) => {
        const end = () => {
          clearTimeout(timer)
          abortable.abortWait = null
        }
        const waiter: Waiter = {
          enter() {
            end()
            resolve()
          },
        }
        const abort = (reason: unknown) => {
          end()
          queue.splice(queue.indexOf(waiter), 1)
          reject(reason)
        }
        const timer = setTimeout(abort, limits.queueTimeout, QUEUE_TIMEOUT)
        abortable.abortWait = abort
        queue.push(waiter)
      })
    },
    leave() {
      inFlight--
      this.admit()
    },
    admit() {
      // The limit may have changed since: more than one may enter now, or none.
      while (queue.length > 0 && inFlight < limits.inFlight) {
        inFlight++
        queue.shift()!.enter()
      }
    },
  }
}
