// Removes what has expired, a little with every few writes: as much as is due, but no more at once than a few hundred.
import { forgetEntries } from './embedded-index.ts'
import { entryOf } from './embedded-record.ts'
import type { Due, Files } from './lmdb-files.ts'

/** Each write brings one session at the most; a sweep looks at four times as many as have come since the last. */
const WRITES_PER_SWEEP = 16
const LOOKS = 64
const LOOKS_WHEN_FULL = 1_024
/** Milliseconds after the expiry. Until then another process may still be writing the slide of a session it has read. */
const GRACE = 1_000

export interface Sweep {
  /** To be told of every write. */
  wrote(): void
  /** Resolves when it has been committed, with whether there was something to remove. */
  now(): Promise<boolean>
}

/** Of several processes that sweep at once each removes what is still there: no harm, and nothing to agree on. */
export function createSweep(files: Files): Sweep {
  const { sessions, due, write } = files
  let writes = 0
  let running: Promise<boolean> | undefined

  async function sweep(looks: number): Promise<boolean> {
    const expired = Date.now() - GRACE
    const work: Promise<boolean>[] = []
    let removed = false
    sessions.resetReadTxn()
    for (const entry of [...due.getKeys({ end: [expired, ''], limit: looks })]) {
      const key = entry[1]
      const found = sessions.getEntry(key)
      const { until, version } = found === undefined ? { until: 0, version: 0 } : entryOf(found)
      if (until > expired) {
        // It has been read or written since. Looked at again when it would now expire.
        const next: Due = [until, key]
        work.push(
          write(() =>
            due.batch(() => {
              void due.put(next, '1')
              void due.remove(entry)
            }),
          ),
        )
        continue
      }
      removed = true
      const writes = () => {
        void sessions.remove(key)
        void due.remove(entry)
      }
      // What has been written meanwhile stays, and is looked at another time.
      work.push(write(() => (found === undefined ? due.remove(entry) : sessions.ifVersion(key, version, writes))))
    }
    const [forgotten] = await Promise.all([forgetEntries(files, expired, looks), ...work])
    return forgotten || removed
  }
  const start = (looks: number) =>
    (running ??= sweep(looks).finally(() => {
      running = undefined
    }))

  return {
    wrote() {
      if (++writes % WRITES_PER_SWEEP === 0) start(LOOKS).catch(() => {})
    },
    now: () => start(LOOKS_WHEN_FULL),
  }
}
