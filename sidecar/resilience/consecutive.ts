import type { Tripwire } from './tripwire.ts'

/** So many failures in a row, however long it takes: a success between two of them begins a new count. */
export function consecutive(most: number): Tripwire {
  let failures = 0
  return {
    record(ok) {
      failures = ok ? 0 : failures + 1
      return failures >= most
    },
    reset() {
      failures = 0
    },
  }
}
