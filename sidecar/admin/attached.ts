// Apps that are there: each holds one answer open for as long as it lives, so that its end needs no word. The kernel
// closes the connection of a process that was killed too.
import type { ServerResponse } from 'node:http'

export interface Attached {
  readonly count: number
  /** When the last one that has ended did so, by `performance.now()`. */
  readonly endedAt: number
  /** False when there are too many, or when its end would not be heard. Then it is still to be answered. */
  add(answer: ServerResponse): boolean
}

/** One per process of an app: more of them are a mistake, and each is a connection that stays. */
const MOST = 64

export function attached(): Attached {
  const open = new Set<ServerResponse>()
  let endedAt = Number.NEGATIVE_INFINITY
  return {
    get count() {
      return open.size
    },
    get endedAt() {
      return endedAt
    },
    add(answer) {
      // Behind another answer of its connection, `node:http` does not tell it of the connection's end.
      if (open.size >= MOST || answer.socket === null || answer.destroyed) return false
      open.add(answer)
      answer.on('error', () => {})
      answer.once('close', () => {
        open.delete(answer)
        endedAt = performance.now()
      })
      answer.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
      answer.write('attached\n')
      return true
    },
  }
}
