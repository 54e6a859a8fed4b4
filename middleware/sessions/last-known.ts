// What this process saw of sessions lately, for the policy `stale`. Bounded in number, size and age.

const MAX_AGE = 60_000
const MAX_SESSIONS = 10_000
const MAX_CHARACTERS = 16 * 1024 * 1024

export interface LastKnown {
  keep(id: string, json: string): void
  forget(id: string): void
  find(id: string): string | undefined
}

export function lastKnown(): LastKnown {
  /** The oldest first: what is kept again moves to the end. */
  const kept = new Map<string, { json: string; at: number }>()
  let characters = 0
  const forget = (id: string) => {
    characters -= kept.get(id)?.json.length ?? 0
    kept.delete(id)
  }
  return {
    forget,
    keep(id, json) {
      forget(id)
      kept.set(id, { json, at: Date.now() })
      characters += json.length
      for (const oldest of kept.keys()) {
        if (kept.size <= MAX_SESSIONS && characters <= MAX_CHARACTERS) break
        forget(oldest)
      }
    },
    find(id) {
      const found = kept.get(id)
      return found !== undefined && Date.now() - found.at <= MAX_AGE ? found.json : undefined
    },
  }
}
