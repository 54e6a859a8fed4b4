// The sessions of a user in LMDB, by [user, key]: the version of an entry is when it may be forgotten. By [ms, user, key]
// stands when the sweep is to look at it; of that the entry knows the time, and it stays where it is while ends move.

import { messageOf, StoreUnavailable } from '../errors.ts'
import { idNamed, isHashed, keyOf, nameOf } from './embedded-record.ts'
import type { Database, Files, Listing } from './lmdb-files.ts'
import type { SessionIndex } from './store.ts'

export interface Around {
  files(): Files
  /** As `Files.write`, in time; an entry that is new takes `bytes`. Rejects with StoreUnavailable. */
  write(bytes: number, ask: () => Promise<boolean>): Promise<boolean>
  peek: SessionIndex['peek']
  /** Whether there was such a session. */
  destroy(id: string): Promise<boolean>
}

/** Entries that are read at a time. */
const PAGE = 500
/** What an entry takes beside its keys, twice: measured, with LMDB's pages half full. */
const OVERHEAD = 100
/** No key comes after it: they are ASCII up to `~`. */
const LAST = '\x7f'

type Entry = [user: string, key: string]

export function embeddedIndex({ files, write, peek, destroy }: Around): SessionIndex {
  function read<T>(look: (users: Database<Listing>) => T): T {
    const { users } = files()
    try {
      // What another process has entered in this turn of the loop was entered before we were asked.
      users.resetReadTxn()
      return look(users)
    } catch (error) {
      throw new StoreUnavailable(messageOf(error), error)
    }
  }

  return {
    peek,
    async add(user, id, lasting) {
      const at: Entry = [keyOf(user), keyOf(id)]
      const end = Math.ceil(Date.now() + lasting)
      for (;;) {
        const known = read(users => users.getEntry(at))
        if (known !== undefined && known.version >= end) return
        const { users } = files()
        const due = known === undefined ? end : dueIn(known.value)
        const writes = () => {
          void users.put(at, textOf(due, id), end)
          if (known === undefined) void users.put([due, ...at], '1')
        }
        const isDone =
          known === undefined
            ? await write(2 * (at[0].length + at[1].length + OVERHEAD), () => users.ifNoExists(at, writes))
            : await write(0, () => users.ifVersion(at, known.version, writes))
        if (isDone) return
      }
    },
    async remove(user, ids) {
      const found = read(users =>
        ids.flatMap(id => {
          const at: Entry = [keyOf(user), keyOf(id)]
          const entry = users.getEntry(at)
          return entry === undefined ? [] : [{ at, due: dueIn(entry.value) }]
        }),
      )
      if (found.length === 0) return
      const { users } = files()
      await write(0, () =>
        users.batch(() => {
          for (const { at, due } of found) {
            void users.remove(at)
            void users.remove([due, ...at])
          }
        }),
      )
    },
    async *list(user) {
      const name = keyOf(user)
      let from: { start: Listing; exclusiveStart?: boolean } = { start: [name, ''] }
      for (;;) {
        const keys = read(users => [...users.getKeys({ ...from, end: [name, LAST], limit: PAGE })] as Entry[])
        yield read(users => keys.flatMap(at => idAt(users, at)))
        if (keys.length < PAGE) return
        from = { start: keys.at(-1)!, exclusiveStart: true }
        // In between, others get their turn.
        await new Promise(resolve => setImmediate(resolve))
      }
    },
    async destroy(ids) {
      return (await Promise.all(ids.map(destroy))).filter(Boolean).length
    },
  }
}

/**
 * Forgets entries that ended before `expired`, of as many as `looks` that are due; with whether there were some. Only by
 * the end that was read: one that has been prolonged since stays, and is found again.
 */
export async function forgetEntries({ users, write }: Files, expired: number, looks: number): Promise<boolean> {
  const work: Promise<boolean>[] = []
  let forgotten = false
  for (const hint of [...users.getKeys({ end: [expired, '', ''], limit: looks })]) {
    const at = hint.slice(1) as Entry
    const entry = users.getEntry(at)
    forgotten ||= entry === undefined || entry.version <= expired
    if (entry === undefined) {
      work.push(write(() => users.remove(hint)))
      continue
    }
    const { version, value } = entry
    work.push(
      write(() =>
        users.ifVersion(at, version, () => {
          void users.remove(hint)
          if (version <= expired) return void users.remove(at)
          void users.put(at, textOf(version, idIn(value, at)), version)
          void users.put([version, ...at], '1')
        }),
      ),
    )
  }
  await Promise.all(work)
  return forgotten
}

function textOf(due: number, id: string): string {
  return `${due} ${nameOf(id)}`
}

function dueIn(text: string): number {
  return Number(text.slice(0, text.indexOf(' ')))
}

function idIn(text: string, [, key]: Entry): string {
  return idNamed(text.slice(text.indexOf(' ') + 1), key)
}

/** None when the entry was removed between its key and its text. */
function idAt(users: Database<Listing>, at: Entry): string[] {
  if (!isHashed(at[1])) return [at[1]]
  const entry = users.getEntry(at)
  return entry === undefined ? [] : [idIn(entry.value, at)]
}
