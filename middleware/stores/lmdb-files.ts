// The LMDB files of one folder: opened once per process, checked to be ours, written to in batches off the main thread.
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { messageOf } from '../errors.ts'
import { checkFiles } from './lmdb-header.ts'

/** What is used of a database of the package `lmdb`. No import of its types: it is an optional dependency. */
export interface Database<Key> {
  getEntry(key: Key): { readonly value: string; readonly version: number } | undefined
  getKeys(range: { start?: Key; end?: Key; exclusiveStart?: boolean; limit?: number }): Iterable<Key>
  put(key: Key, value: string, version?: number): Promise<boolean>
  remove(key: Key): Promise<boolean>
  /** Carries out the writes that `writes` asks for when the entry has this version; checked and done in one step. */
  ifVersion(key: Key, version: number, writes: () => void): Promise<boolean>
  ifNoExists(key: Key, writes: () => void): Promise<boolean>
  batch(writes: () => void): Promise<boolean>
  clearAsync(): Promise<boolean>
  resetReadTxn(): void
  getStats(): Readonly<Record<'pageSize' | 'treeBranchPageCount' | 'treeLeafPageCount' | 'overflowPages', number>>
}

interface Root extends Database<string> {
  get(key: string): string | undefined
  openDB(options: object): unknown
  transactionSync<T>(action: () => T): T
  close(): Promise<void>
}

/** When a session is due to be looked at by the sweep, and its key. */
export type Due = [ms: number, key: string]

/** An entry of a user's session; or, with milliseconds before it, when that is due to be looked at by the sweep. */
export type Listing = [user: string, key: string] | [ms: number, user: string, key: string]

export interface Files {
  /** Absolute. */
  readonly path: string
  readonly sessions: Database<string>
  /** One entry for each session; a hint only, the session itself says until when it lives. */
  readonly due: Database<Due>
  /** Of `indexBy`. In lmdb-js's order all numbers stand before all texts. */
  readonly users: Database<Listing>
  /** Asks for a write. Resolves when it has been committed; false when its condition did not hold. */
  write(ask: () => Promise<boolean>): Promise<boolean>
  /** Bytes of pages in use. */
  used(): number
  /** The last of those that share the files closes them. */
  close(): Promise<void>
}

/** Of the way in which sessions are written into the files. Another number: files that this version cannot read. */
const FORMAT = '1'
/** Address space that is taken at first; the files and the map grow as they have to. */
const FIRST_MAP = 16 * 1024 * 1024

const opened = new Map<string, Files & { holders: number }>()

/** The package `lmdb`, loaded when it is first asked for. Throws where it is not installed or does not run. */
export function lmdb(): { open(options: object): Root } {
  // It keeps two values on the global object. Seen there, they are taken for a leak of the app by tests that look for
  // such: mocha --check-leaks failed an app that had changed its import. Declared before, they stay out of sight.
  for (const name of ['__lmdb_envs__', '__lmdb_read_callback'])
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { writable: true, configurable: true })
  return createRequire(import.meta.url)('lmdb')
}

/** Throws an error that names the folder. LMDB must not open one twice in a process: those who ask again share it. */
export function openFiles(folder: string): Files {
  const path = resolve(folder)
  let files = opened.get(path)
  if (files === undefined) {
    try {
      files = { ...open(path), holders: 0 }
    } catch (error) {
      throw new Error(`sessions cannot be kept in ${path}: ${messageOf(error)}`, { cause: error })
    }
    opened.set(path, files)
  }
  files.holders++
  return files
}

function open(path: string): Files {
  const library = lmdb()
  mkdirSync(path, { recursive: true, mode: 0o700 })
  checkFiles(path)
  // `overlappingSync`, a default of lmdb-js, shows a commit to others before it is on the disk; that costs more CPU and
  // needs the boot id to find the right state after a crash. Off, each commit is synced, as LMDB does by itself.
  // With `eventTurnBatching` lmdb-js makes a promise that nobody gets, and a full disk ended the process: its rejection
  // was nobody's. The batches are made by `writer`.
  const root = library.open({
    path,
    noSubdir: false,
    encoding: 'string',
    mapSize: FIRST_MAP,
    maxDbs: 4,
    maxReaders: 1024,
    overlappingSync: false,
    eventTurnBatching: false,
    permissionsMode: 0o600,
  })
  try {
    check(root)
  } catch (error) {
    void root.close()
    throw error
  }
  const sessions = root.openDB({ name: 'sessions', encoding: 'string', useVersions: true }) as Database<string>
  const due = root.openDB({ name: 'due', encoding: 'string' }) as Database<Due>
  // Files of before `indexBy` do not have it; it is made then.
  const users = root.openDB({ name: 'users', encoding: 'string', useVersions: true }) as Database<Listing>
  const write = writer()
  return {
    path,
    sessions,
    due,
    users,
    write,
    used: () => pages(sessions) + pages(due) + pages(users),
    async close() {
      const files = opened.get(path)
      if (files === undefined || --files.holders > 0) return
      opened.delete(path)
      await write(() => Promise.resolve(true)).catch(() => {})
      await root.close()
    },
  }
}

/** In a transaction: of several processes that start at once one makes the files, the others find them made. */
function check(root: Root): void {
  root.transactionSync(() => {
    const found = root.get('format')
    if (found === FORMAT) return
    if (found !== undefined) throw new Error(`its files have format ${found.slice(0, 20)}, and this version knows 1`)
    for (const _ of root.getKeys({ limit: 1 })) throw new Error('it holds an LMDB environment of something else')
    void root.put('format', FORMAT)
  })
}

/**
 * One batch at a time, and what gathers meanwhile is the next one: every batch holds a thread of Node's pool until the
 * disk has it, and left alone lmdb would start one for each turn of the loop, until DNS and files wait for sessions.
 */
function writer(): Files['write'] {
  let waiting: (() => void)[] = []
  let pending = 0
  /** `lmdb` gathers what is asked for until the end of the turn. */
  let open = true

  const begin = (ask: () => Promise<boolean>): Promise<boolean> => {
    if (pending++ === 0) setImmediate(() => (open = pending === 0))
    let asked: Promise<boolean>
    try {
      asked = ask()
    } catch (error) {
      asked = Promise.reject(error)
    }
    return asked.catch(failed).finally(ended)
  }
  const ended = () => {
    if (--pending > 0) return
    open = true
    const next = waiting
    waiting = []
    for (const start of next) start()
  }
  return ask => {
    if (open) return begin(ask)
    return new Promise((resolve, reject) => waiting.push(() => begin(ask).then(resolve, reject)))
  }
}

/** The reason comes in a promise of its own, which ends the process when nobody listens to it. */
async function failed(error: { commitError?: Promise<never> }): Promise<never> {
  await error.commitError
  throw error
}

function pages(database: Database<any>): number {
  const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } = database.getStats()
  return pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages)
}
