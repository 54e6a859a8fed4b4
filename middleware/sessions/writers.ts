// All writes of this process to one session stand in one line, and what has gathered while a write was on its way goes
// out as one: a thousand requests that change a session take a few round trips, not a million failed comparisons.
import { setTimeout as sleep } from 'node:timers/promises'
import { SessionContended, SessionGone } from '../errors.ts'
import type { SessionStore } from '../stores/store.ts'
import type { Data } from './merge.ts'
import type { Session } from './session.ts'

/** Comparisons in a row that may fail before a write is given up. Only other processes can make them fail. */
const TRIES = 50
/** After so many, the session is claimed: against a process that writes without a pause, comparing wins by luck alone. */
const PATIENCE = 3

export interface Change {
  /** The JSON that the request has seen. */
  readonly seen: string
  /** What to write while `seen` is still what is stored. Without it, `apply` is asked in any case. */
  readonly json?: string
  readonly session: Session
  /** Milliseconds. */
  readonly life: number
  /** Changes what is stored now; may be asked several times. What it throws, and only that, fails the change alone. */
  apply(current: Data): unknown
}

export interface Writers {
  /** Resolves with the JSON that is stored then. Rejects with SessionGone, SessionContended or the store's error. */
  write(id: string, change: Change): Promise<string>
}

interface Waiting {
  readonly change: Change
  readonly resolve: (json: string) => void
  readonly reject: (error: unknown) => void
}

/** `counts`: of comparisons that failed. */
export function createWriters(store: SessionStore, counts: { conflicts: number }): Writers {
  const lines = new Map<string, Waiting[]>()

  async function serve(id: string, line: Waiting[]) {
    let current: string | undefined
    while (line.length > 0) {
      const batch = line.splice(0)
      current = await together(id, batch, current ?? batch[0]!.change.seen).catch(error => {
        for (const each of batch) each.reject(error)
        return undefined
      })
      // Whoever has just written would win again and again against a process that has still to read what was written.
      if (line.length > 0) await sleep(1 + Math.random() * 2)
    }
    lines.delete(id)
  }

  /** One write for all of them; with what is stored then. */
  async function together(id: string, batch: Waiting[], seen: string): Promise<string> {
    let current = seen
    let claimed = false
    for (let nth = 0; nth < TRIES; nth++) {
      // Somebody has lost several times in a row: one wait, and it is done. A claim that stays was left by a crash.
      if (isClaimed(current) && !claimed) await sleep(5 + Math.random() * 20)
      const json = await textOf(batch, current)
      const last = batch.at(-1)?.change
      if (last === undefined) return current
      const replaced = await store.replace(id, { json, life: last.life, session: last.session }, current)
      if (replaced === 'saved') {
        for (const each of batch) each.resolve(json)
        return json
      }
      if (replaced === 'gone') throw new SessionGone()
      counts.conflicts++
      claimed = nth >= PATIENCE && store.claim !== undefined
      const now = claimed ? await store.claim!(id) : replaced.current
      if (now === undefined) throw new SessionGone()
      current = now
    }
    throw new SessionContended(TRIES)
  }

  return {
    write: (id, change) =>
      new Promise((resolve, reject) => {
        const waiting = { change, resolve, reject }
        const line = lines.get(id)
        if (line !== undefined) return void line.push(waiting)
        const first = [waiting]
        lines.set(id, first)
        void serve(id, first)
      }),
  }
}

/** A blank at the end: the same JSON to every reader, another text to whoever compares. */
export const CLAIM = ' '

function isClaimed(json: string): boolean {
  return json.endsWith(CLAIM)
}

/** `current` with all changes; those that fail are taken out of the batch, and nothing of them is left in the text. */
async function textOf(batch: Waiting[], current: string): Promise<string> {
  const only = batch.length === 1 ? batch[0]!.change : undefined
  if (only?.json !== undefined && only.seen === current) return only.json
  const data: Data = JSON.parse(current)
  for (const [nth, { change, reject }] of batch.entries()) {
    try {
      await change.apply(data)
    } catch (error) {
      batch.splice(nth, 1)
      reject(error)
      return textOf(batch, current)
    }
  }
  return JSON.stringify(data)
}
