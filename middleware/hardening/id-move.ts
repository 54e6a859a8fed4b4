// Moves a session from its id to the hash of its id while it is in use. No command touches both keys, so that a Cluster
// takes it; a crash after any step leaves what the next reader can finish.
//
//   1  hash: nothing          -> `moving N`         only if nothing is there; N is made for this move
//   2  id:   the session      -> `moved N session`  only if it is still what was read. HERE it has moved
//   3  hash: `moving N`       -> the session
//   4  id:   `moved N ...`    -> the same without the session, for some seconds
//
// A write to the id by a server that does not hash yet comes before 2, and is moved, or after it, and fails; that server
// then looks under the hash. Who destroys removes the id first, then the hash: before 2 the move fails; later, its step 3.
// A mover that was late, and puts its `moving N` where a session has been destroyed since, finds nothing under the id, or
// another N, and takes it back; until then, and if it crashes, `moving N` is no session to anybody. The rest of step 4
// is for those who found nothing under the hash before 1 and read the id after 2.
import { randomBytes } from 'node:crypto'
import { SessionContended } from '../errors.ts'
import { lifeAnew } from '../sessions/cookie-life.ts'
import type { Session } from '../sessions/session.ts'
import { isSession, parse } from '../sessions/snapshot.ts'
import type { Awaitable, SessionStore } from '../stores/store.ts'

const TRIES = 50
/** Milliseconds; longer than a reader can take from one command to the next. */
const REMAINS = 30_000

const MOVING = /^moving ([\w-]+) *$/
/** What takes back a `moving N` that came too late, for a millisecond: no session to anybody. */
const RETIRED = 'null'
const MOVED = /^moved ([\w-]+) ([\s\S]*)$/

export interface Mover {
  /** What is under the hash, after a move that has begun has been ended. `life` as for `load`. */
  settled(from: string, to: string, found: string | undefined, life: number | undefined): Awaitable<string | undefined>
  /** The session is under its id, as `text`: moves it, and returns what is under the hash then. */
  move(from: string, to: string, text: string, life: number | undefined): Promise<string | undefined>
}

export function isMoved(text: string): boolean {
  return MOVED.test(text)
}

export function createMover(store: SessionStore, add: NonNullable<SessionStore['add']>): Mover {
  const read = async (key: string) => textOf(await store.load(key, undefined))
  const write = (key: string, json: string, life: number, seen: string) =>
    store.replace(key, { json, life, session: undefined as unknown as Session }, seen)

  async function finish(from: string, to: string, marker: string, life: number | undefined) {
    let found: string | undefined = marker
    for (let nth = 0; nth < TRIES && found !== undefined; nth++) {
      const move = MOVING.exec(found)?.[1]
      if (move === undefined) return known(found)
      const session = await closed(from, move, life)
      const [next, lasts]: [string, number] = session === undefined ? [RETIRED, 1] : [session, lifeIn(session, life)]
      const replaced = await write(to, next, lasts, found)
      if (replaced === 'saved') {
        if (session !== undefined) await write(from, `moved ${move} `, REMAINS, `moved ${move} ${session}`)
        return session
      }
      found = replaced === 'gone' ? undefined : replaced.current
    }
    if (found !== undefined) throw new SessionContended(TRIES)
    return undefined
  }

  /** Step 2, by whoever comes first; the session, when this is the move by which it has moved. */
  async function closed(from: string, move: string, life: number | undefined): Promise<string | undefined> {
    let text = await read(from)
    for (let nth = 0; nth < TRIES && text !== undefined; nth++) {
      const moved = MOVED.exec(text)
      if (moved !== null) return moved[1] === move && moved[2]!.trim() !== '' ? moved[2] : undefined
      const replaced = await write(from, `moved ${move} ${text}`, lifeIn(text, life), text)
      if (replaced === 'saved') return text
      text = replaced === 'gone' ? undefined : replaced.current
    }
    if (text !== undefined) throw new SessionContended(TRIES)
    return undefined
  }

  return {
    settled(from, to, found, life) {
      // All sessions begin with a brace.
      if (found === undefined || found.charCodeAt(0) === 123) return found
      return MOVING.test(found) ? finish(from, to, found, life) : known(found)
    },
    async move(from, to, text, life) {
      const marker = `moving ${randomBytes(9).toString('base64url')}`
      const json = marker
      const isMine = await add(to, { json, life: lifeIn(text, life), session: undefined as unknown as Session })
      const found = isMine ? marker : await read(to)
      return found === undefined ? undefined : finish(from, to, found, life)
    },
  }
}

function known(found: string): string | undefined {
  return found.trimEnd() === RETIRED ? undefined : found
}

/** A load that slides says how long; else the session itself does. */
function lifeIn(text: string, life: number | undefined): number {
  if (life !== undefined) return life
  const { parsed } = parse(text)
  return lifeAnew(isSession(parsed) ? (parsed as any).cookie : {})
}

export function textOf(found: string | object | undefined): string | undefined {
  return typeof found === 'string' ? found : undefined
}
