// The sessions of a user in this process.
import type { SessionFound, SessionIndex } from './store.ts'

const SWEEP_AFTER = 1_000

export interface Sessions {
  peek(key: string): SessionFound | undefined
  /** Whether there was one. */
  destroy(key: string): boolean
}

export function memoryIndex({ peek, destroy }: Sessions): SessionIndex {
  const users = new Map<string, Map<string, number>>()
  let size = 0
  let sweepAt = SWEEP_AFTER

  const remove = (user: string, key: string) => {
    const ends = users.get(user)
    if (!ends?.delete(key)) return
    size--
    if (ends.size === 0) users.delete(user)
  }

  /** Of users who never return; amortised, each time that the number of entries has doubled. */
  const sweep = () => {
    const now = Date.now()
    for (const [user, ends] of users) for (const [key, end] of ends) if (end <= now) remove(user, key)
    sweepAt = Math.max(SWEEP_AFTER, size * 2)
  }

  return {
    add(user, key, lasting) {
      let ends = users.get(user)
      if (ends === undefined) users.set(user, (ends = new Map()))
      const known = ends.get(key)
      if (known === undefined) size++
      ends.set(key, Math.max(known ?? 0, Date.now() + lasting))
      if (size > sweepAt) sweep()
    },
    remove(user, keys) {
      for (const key of keys) remove(user, key)
    },
    async *list(user) {
      yield [...(users.get(user)?.keys() ?? [])]
    },
    peek: keys => keys.map(peek),
    destroy: keys => keys.filter(destroy).length,
  }
}
