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

/** Resolves when it has gone, or at the signal. An app that was started by `outrigger wait` is known to the end. */
export async function appGone(outbound: readonly Outbound[], apps: Attached | undefined, over: AbortSignal) {
  if (outbound.length === 0) return
  let quiet = 0
  while (!over.aborted) {
    if (apps?.known) {
      if (apps.count === 0) return
    } else if (outbound.every(({ connections }) => connections === 0)) {
      if (quiet >= QUIET) return
      quiet += LOOK
    } else quiet = 0
    await sleep(LOOK, undefined, { signal: over }).catch(() => {})
  }
}
