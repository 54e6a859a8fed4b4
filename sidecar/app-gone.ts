// Whether the app beside us has gone: what its outbound listener waits for when all else has drained.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attached } from './admin/attached.ts'

export interface Outbound {
  /** Client connections that are open. */
  readonly connections: number
}

/** Milliseconds without any connection after which an app that never said that it is there counts as gone. */
const QUIET = 1_000
const LOOK = 50

/** Milliseconds before the drain in which an app may have ended that was told to by the same signal. */
const TOGETHER = 1_000

export interface Ending {
  /** When the drain began, by `performance.now()`. */
  readonly begun: number
  readonly over: AbortSignal
}

/**
 * Resolves when it has gone, or at the signal. The end of an app that was started by `outrigger wait` is known, but an
 * attachment that ended long ago says nothing of the app that is there now.
 */
export async function appGone(outbound: readonly Outbound[], apps: Attached | undefined, { begun, over }: Ending) {
  if (outbound.length === 0) return
  let quiet = 0
  while (!over.aborted) {
    if (apps !== undefined && apps.count > 0) quiet = 0
    else if (apps !== undefined && apps.endedAt >= begun - TOGETHER) return
    else if (outbound.every(({ connections }) => connections === 0)) {
      if (quiet >= QUIET) return
      quiet += LOOK
    } else quiet = 0
    await sleep(LOOK, undefined, { signal: over }).catch(() => {})
  }
}
