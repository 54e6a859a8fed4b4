// A service's limit of exchanges in flight, and the bounded queue before it. First come, first served.

import { OVERLOAD, QUEUE_TIMEOUT } from './refusal.ts'

export interface Gate {
  readonly inFlight: number
  readonly queued: number
  /** Takes a place if there is one and nobody waits for it. */
  enter(): boolean
  /** Waits for a place; rejects with a refusal when the queue is full or the wait too long, or with what `abort` gives. */
  wait(abortable: Abortable): Promise<void>
  leave(): void
}

export interface Abortable {
  /** While it waits: ends the wait with this reason. */
  abortWait: ((reason: unknown) => void) | null
}

interface Waiter {
  enter: () => void
}

export function createGate(limits: { inFlight: number; queue: number; queueTimeout: number }): Gate {
  const queue: Waiter[] = []
  let inFlight = 0
  return {
    get inFlight() {
      return inFlight
    },
    get queued() {
      return queue.length
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
      const next = queue.shift()
      // The place goes from hand to hand, so that a newcomer cannot slip in before the one who waited.
      if (next === undefined) inFlight--
      else next.enter()
    },
  }
}
