// The last moment before a server stops to listen.
import { setImmediate as turn } from 'node:timers/promises'

/**
 * Resolves when the event loop has just taken all connections that wait to be accepted. The kernel resets those that
 * still wait when a listener closes, with a request on them that nobody has seen.
 */
export async function acceptedAll(): Promise<void> {
  for (let left = TURNS; left > 0; left--) {
    const begun = performance.now()
    await turn()
    if (performance.now() - begun < SHORT) return
  }
}

/** Milliseconds: a turn that takes longer leaves time for others to come. */
const SHORT = 1
const TURNS = 100
