/** How many checks run at once, over all services: hundreds of members must not be asked in the same millisecond. */
export interface Slots {
  readonly taken: number
  readonly waiting: number
  /**
   * Waits for a slot, first come first served. Resolves with what gives it back, or with undefined when the signal is
   * aborted before there was one.
   */
  enter(signal: AbortSignal): Promise<(() => void) | undefined>
}

export function createSlots(most = 32): Slots {
  let taken = 0
  /** A set keeps the order of coming, and forgets one from the middle at no cost. */
  const waiting = new Set<() => void>()

  function take(): () => void {
    taken++
    let given = false
    return () => {
      if (given) return
      given = true
      taken--
      for (const first of waiting) return first()
    }
  }

  return {
    get taken() {
      return taken
    },
    get waiting() {
      return waiting.size
    },
    enter(signal) {
      if (signal.aborted) return Promise.resolve(undefined)
      if (taken < most) return Promise.resolve(take())
      return new Promise(resolve => {
        const leave = () => {
          signal.removeEventListener('abort', abort)
          waiting.delete(enter)
        }
        const enter = () => {
          leave()
          resolve(take())
        }
        const abort = () => {
          leave()
          resolve(undefined)
        }
        waiting.add(enter)
        signal.addEventListener('abort', abort)
      })
    },
  }
}
