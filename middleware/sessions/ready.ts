// Waits for a store, for as long as whoever asks can.
import { StoreUnavailable } from '../errors.ts'

/** Rejects with StoreUnavailable after so many milliseconds; `why`: what is known of the reason then. */
export async function readyWithin(ms: number, ready: Promise<void>, why: () => Error | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = why()
      reject(new StoreUnavailable(`not ready within ${ms} ms${error === undefined ? '' : `: ${error.message}`}`, error))
    }, ms)
  })
  try {
    await Promise.race([ready, over])
  } finally {
    clearTimeout(timer)
  }
}
