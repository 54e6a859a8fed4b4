// Apps that are there: each holds one answer open for as long as it lives, so that its end needs no word. The kernel
// closes the connection of a process that was killed too.
import type { ServerResponse } from 'node:http'

export interface Attached {
  /** Whether there has ever been one. */
  readonly known: boolean
  readonly count: number
  add(answer: ServerResponse): void
}

export function attached(): Attached {
  const open = new Set<ServerResponse>()
  let known = false
  return {
    get known() {
      return known
    },
    get count() {
      return open.size
    },
    add(answer) {
      known = true
      open.add(answer)
      answer.on('error', () => {})
      answer.once('close', () => open.delete(answer))
      answer.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
      answer.write('attached\n')
    },
  }
}
