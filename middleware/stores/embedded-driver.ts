// The engine's side of the embedded store. Reading asks nobody: it is a look into mapped memory. Writing compares the
// version that was read, off the main thread and under LMDB's lock, which all processes of the host share.

import { messageOf, StoreUnavailable } from '../errors.ts'
import { CLAIM } from '../sessions/writers.ts'
import { embeddedIndex } from './embedded-index.ts'
import { type Entry, entryOf, idOf, keyOf, lasts, slackOf, textOf, untilOf } from './embedded-record.ts'
import { createSweep, type Sweep } from './embedded-sweep.ts'
import { createGuard } from './guard.ts'
import { type Files, openFiles } from './lmdb-files.ts'
import type { Replaced, SessionStore } from './store.ts'
import { sumOf } from './vitals.ts'

export interface EmbeddedDriver extends Required<Omit<SessionStore, 'lastError'>> {
  /** What lives. */
  find(id: string): Entry | undefined
  clear(): Promise<void>
}

export interface EmbeddedDriverOptions {
  readonly path: string
  readonly maxSize: number
  readonly deadline: number
}

/** Milliseconds after which opening is tried again. */
const PAUSE = 1_000
/** The pages in use are counted again after so many milliseconds, and when so large a part of `maxSize` was written. */
const COUNT_AGAIN = 1_000
const COUNT_AGAIN_SHARE = 1 / 128

/** Keys that are read at a time. */
const PAGE = 500

type Written = Pick<Entry, 'json' | 'until' | 'slack'>

export function embeddedDriver({ path, maxSize, deadline }: EmbeddedDriverOptions): EmbeddedDriver {
  const guard = createGuard({ deadline }, { judge: () => 'away' })
  const sliding = new Set<string>()
  let closed = false
  let opened: { files: Files; sweep: Sweep } | undefined
  let failure: { error: StoreUnavailable; at: number } | undefined
  /** Bytes; `since` the count, of which some are still under way. */
  const room = { used: 0, countedAt: 0, since: 0, underWay: 0 }

  function open() {
    if (opened !== undefined) return opened
    if (closed) throw new StoreUnavailable('it is closed')
    if (failure !== undefined && performance.now() < failure.at + PAUSE) throw failure.error
    try {
      const files = openFiles(path)
      opened = { files, sweep: createSweep(files) }
      return opened
    } catch (error) {
      failure = { error: new StoreUnavailable(messageOf(error), error), at: performance.now() }
      throw failure.error
    }
  }

  function entry(id: string): Entry | undefined {
    const { sessions } = open().files
    try {
      // What another process has written in this turn of the loop was written before we were asked.
      sessions.resetReadTxn()
      const found = sessions.getEntry(keyOf(id))
      return found && entryOf(found)
    } catch (error) {
      throw new StoreUnavailable(messageOf(error), error)
    }
  }

  function find(id: string): Entry | undefined {
    const found = entry(id)
    return found !== undefined && found.until > Date.now() ? found : undefined
  }

  /** Over what was `read`, if it is unchanged; whatever is there, unless `ifUnchanged`. */
  function put(id: string, written: Written, read: Entry | undefined, ifUnchanged: boolean): Promise<boolean> {
    const { files, sweep } = open()
    const { sessions, due, write } = files
    const key = keyOf(id)
    // A session is swept late rather than found under a new time with each write.
    const dueAt = read !== undefined && read.due <= written.until ? read.due : written.until
    const text = textOf(id, { ...written, due: dueAt })
    // With an expiry alone, too: a sweep that has read the old one must not remove what lives on, however late this is
    // written. Whoever compares the JSON looks once more.
    const version = read === undefined ? firstVersion() : read.version + 1
    const writes = () => {
      void sessions.put(key, text, version)
      if (dueAt === read?.due) return
      void due.put([dueAt, key], '1')
      if (read !== undefined) void due.remove([read.due, key])
    }
    sweep.wrote()
    return guard.run(() =>
      write(() => {
        if (!ifUnchanged) return sessions.batch(writes)
        return read === undefined ? sessions.ifNoExists(key, writes) : sessions.ifVersion(key, read.version, writes)
      }),
    )
  }

  const living = (json: string, life: number): Written => {
    const slack = slackOf(life)
    return { json, slack, until: untilOf(life, slack) }
  }

  /** `write` brings so many bytes. Rejects with StoreUnavailable when the store is full of sessions that live. */
  async function withRoom<T>(bytes: number, write: () => Promise<T>): Promise<T> {
    room.since += bytes
    room.underWay += bytes
    try {
      const stale = room.since > maxSize * COUNT_AGAIN_SHARE || Date.now() - room.countedAt > COUNT_AGAIN
      if (stale || isFull()) count()
      while (isFull()) {
        if (!(await open().sweep.now()))
          throw new StoreUnavailable(`the sessions in ${path} have reached maxSize, ${maxSize} bytes`)
        count()
      }
      return await write()
    } finally {
      room.underWay -= bytes
    }
  }
  const isFull = () => room.used + room.since > maxSize
  const count = () => {
    room.used = open().files.used()
    room.countedAt = Date.now()
    room.since = room.underWay
  }

  async function destroy(id: string): Promise<boolean> {
    const key = keyOf(id)
    for (;;) {
      const found = entry(id)
      const isAlive = found !== undefined && found.until > Date.now()
      const { sessions, due, write } = open().files
      const writes = () => {
        void sessions.remove(key)
        if (found !== undefined) void due.remove([found.due, key])
      }
      // Of several who end it, one is told that there was a session. When nothing is found, one may be on its way here.
      const remove = () => (found ? sessions.ifVersion(key, found.version, writes) : sessions.batch(writes))
      if (await guard.run(() => write(remove))) return isAlive
    }
  }

  const index = embeddedIndex({
    files: () => open().files,
    write(bytes, ask) {
      const { files, sweep } = open()
      sweep.wrote()
      const write = () => guard.run(() => files.write(ask))
      return bytes > 0 ? withRoom(bytes, write) : write()
    },
    peek: ids =>
      ids.map(id => {
        const found = find(id)
        return found && { json: found.json, left: Math.max(0, found.until - found.slack - Date.now()) }
      }),
    destroy,
  })

  return {
    find,
    index,
    destroy,
    slides: true,
    compares: true,
    load(id, life) {
      const found = find(id)
      if (found === undefined) return undefined
      if (life !== undefined && !lasts(found, life) && !sliding.has(id)) {
        // Not waited for: a reader would wait for the disk. It is lost only if the process is killed within milliseconds.
        sliding.add(id)
        put(id, living(found.json, life), found, true)
          .catch(() => {})
          .finally(() => sliding.delete(id))
      }
      return found.json
    },
    async create(id, { json, life }) {
      await withRoom(json.length, () => put(id, living(json, life), entry(id), false))
    },
    replace(id, { json, life }, seen) {
      const write = async (): Promise<Replaced> => {
        for (;;) {
          const found = find(id)
          if (found === undefined) return 'gone'
          if (found.json !== seen) return { current: found.json }
          if (await put(id, living(json, life), found, true)) return 'saved'
        }
      }
      return json.length > seen.length ? withRoom(json.length, write) : write()
    },
    add: (id, { json, life }) =>
      withRoom(json.length, async () => {
        const found = entry(id)
        if (found !== undefined && found.until > Date.now()) return false
        return put(id, living(json, life), found, true)
      }),
    async claim(id) {
      for (;;) {
        const found = find(id)
        if (found === undefined) return undefined
        const json = found.json + CLAIM
        if (await put(id, { ...found, json }, found, true)) return json
      }
    },
    async touch(id, { life }) {
      for (;;) {
        const found = find(id)
        if (found === undefined || lasts(found, life)) return
        if (await put(id, living(found.json, life), found, true)) return
      }
    },
    async *ids() {
      let last: string | undefined
      for (;;) {
        const { sessions } = open().files
        const from = last === undefined ? {} : { start: last, exclusiveStart: true }
        const keys: string[] = [...sessions.getKeys({ ...from, limit: PAGE })]
        const now = Date.now()
        for (const key of keys) {
          const found = sessions.getEntry(key)
          if (found !== undefined && entryOf(found).until > now) yield idOf(key, found.value)
        }
        if (keys.length < PAGE) return
        last = keys.at(-1)
        // In between, others get their turn.
        await new Promise(resolve => setImmediate(resolve))
      }
    },
    async clear() {
      const { sessions, due, users, write } = open().files
      await write(async () => (await Promise.all([sessions, due, users].map(each => each.clearAsync()))).every(Boolean))
    },
    vitals: () => sumOf([guard]),
    async ready() {
      failure = undefined
      open()
    },
    async close() {
      closed = true
      const files = opened?.files
      opened = undefined
      await files?.close()
    },
  }
}

/** So that what is read of a session is never taken for a later one with the same id. */
function firstVersion(): number {
  return Date.now() * 1_000 + Math.floor(Math.random() * 1_000)
}
