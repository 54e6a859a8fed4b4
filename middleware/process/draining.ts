// That this process is on its way out, known to all that it concerns without being handed around: readiness fails by
// it, and what has to be closed when the last answer has left is entered here.

type Close = () => unknown

const closing = new Set<Close>()
let draining = false

export function isDraining(): boolean {
  return draining
}

/** From now on readiness fails. */
export function startDraining(): void {
  draining = true
}

/** `close` is called when the servers have drained. Returns what takes it off again. */
export function closeAtTheEnd(close: Close): () => void {
  closing.add(close)
  return () => void closing.delete(close)
}

/** Rejections are their owner's to report: the process ends all the same. */
export async function closeAll(): Promise<void> {
  const all = [...closing]
  closing.clear()
  await Promise.allSettled(all.map(async close => close()))
}
