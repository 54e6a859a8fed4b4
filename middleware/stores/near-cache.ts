// Sessions as this process read them last, bounded in number, bytes and age. Pure: it is told the time, in milliseconds
// of a clock that is never set. Whether what it holds may be served is `tracking.ts`'s to say.

export interface NearLimits {
  /** Milliseconds after which an entry is read anew in any case. Default 30000. */
  readonly maxAge: number
  /** Default 10000. */
  readonly maxSessions: number
  /** Of memory, estimated from above. Default 16 MiB. */
  readonly maxBytes: number
}

/** One that has no `json` is a read on its way: its answer may be kept if nothing has dropped the entry meanwhile. */
export interface NearEntry {
  json: string | undefined
  bytes: number
  /** When the session ends in Redis; Infinity for a key without an expiry. */
  ends: number
  /** When the entry may not be served any more: its age, or the end of the session. */
  until: number
}

export interface NearCache {
  /** Before a read is sent. */
  expect(key: string): NearEntry
  /** With its answer; `left` in milliseconds, as it was at `sent` or later. Does nothing when the entry was dropped. */
  fill(key: string, entry: NearEntry, found: { json: string; left: number }, sent: number): void
  /** When the read has found nothing, or failed. */
  give(key: string, entry: NearEntry): void
  find(key: string, now: number): NearEntry | undefined
  /** Whether there was something to drop. */
  drop(key: string): boolean
  clear(): void
  readonly size: number
  readonly bytes: number
}

/** What an entry costs besides its text: measured, 200 to 250 bytes with a key of 37 characters. */
const OVERHEAD = 256

export function nearCache({ maxAge, maxSessions, maxBytes }: NearLimits): NearCache {
  /** The one that was used longest ago comes first. */
  const entries = new Map<string, NearEntry>()
  let bytes = 0

  const remove = (key: string, entry: NearEntry) => {
    bytes -= entry.bytes
    entries.delete(key)
  }
  const drop = (key: string) => {
    const entry = entries.get(key)
    if (entry !== undefined) remove(key, entry)
    return entry !== undefined
  }
  const put = (key: string, entry: NearEntry) => {
    bytes += entry.bytes
    entries.set(key, entry)
    for (const [oldest, each] of entries) {
      if (entries.size <= maxSessions && bytes <= maxBytes) break
      remove(oldest, each)
    }
  }

  return {
    drop,
    expect(key) {
      drop(key)
      const entry: NearEntry = { json: undefined, bytes: OVERHEAD + key.length, ends: 0, until: 0 }
      put(key, entry)
      return entry
    },
    fill(key, entry, { json, left }, sent) {
      if (entries.get(key) !== entry) return
      remove(key, entry)
      const size = sizeOf(json)
      // It would empty the cache and not fit even then.
      if (OVERHEAD + key.length + size > maxBytes) return
      entry.json = json
      entry.bytes += size
      entry.ends = left < 0 ? Number.POSITIVE_INFINITY : sent + left
      entry.until = Math.min(entry.ends, sent + maxAge)
      put(key, entry)
    },
    give(key, entry) {
      if (entries.get(key) === entry) remove(key, entry)
    },
    find(key, now) {
      const entry = entries.get(key)
      if (entry?.json === undefined) return undefined
      entries.delete(key)
      if (now >= entry.until) {
        bytes -= entry.bytes
        return undefined
      }
      entries.set(key, entry)
      return entry
    },
    clear() {
      entries.clear()
      bytes = 0
    },
    get size() {
      return entries.size
    },
    get bytes() {
      return bytes
    },
  }
}

/** V8 takes one byte a character for Latin-1, else two. */
function sizeOf(json: string): number {
  return Buffer.byteLength(json) === json.length ? json.length : 2 * json.length
}
