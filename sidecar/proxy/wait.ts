// Waiting within an exchange: for a place, for a moment, for an answer but not too long. Not on the way of a request that
// meets no obstacle, so that timers of their own are cheap enough.

import type { Abortable, Gate } from './gate.ts'
import type { Refusal } from './refusal.ts'

export interface Waiting extends Abortable {
  readonly clock: { precise(): number }
  readonly verdict: Refusal | null
  queuedMs: number
}

/** For a place in the service, or at a member. Rejects with a refusal. */
export async function queue(x: Waiting, gate: Gate): Promise<void> {
  const since = x.clock.precise()
  try {
    await gate.wait(x)
  } finally {
    x.queuedMs += x.clock.precise() - since
  }
}

/** Milliseconds. Rejects with the verdict when the exchange ends meanwhile. */
export function pause(x: Waiting, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    if (x.verdict !== null) return reject(x.verdict)
    const timer = setTimeout(() => {
      x.abortWait = null
      resolve()
    }, ms)
    x.abortWait = reason => {
      clearTimeout(timer)
      x.abortWait = null
      reject(reason)
    }
  })
}

/** Until `done`, but no longer than that many milliseconds. */
export async function atMost(done: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([done, new Promise<void>(resolve => (timer = setTimeout(resolve, ms)))])
  clearTimeout(timer)
}
