/** Delta debugging: the shortest input, by taking pieces away, for which `shows` still holds. */
export async function minimise(input: string, shows: (input: string) => Promise<boolean>): Promise<string> {
  let best = input
  let tries = 0
  for (let size = best.length >> 1; size >= 1; size = Math.min(size >> 1, best.length >> 1)) {
    for (let at = 0; at < best.length && tries < MOST; ) {
      const shorter = best.slice(0, at) + best.slice(at + size)
      tries++
      if (await shows(shorter)) best = shorter
      else at += size
    }
  }
  return best
}

/** A finding that shows only sometimes, or a very long one, is printed as it is then. */
const MOST = 5000
