// Two requests changed one session: by top-level key, what this request changed wins, and what it left alone stays as
// the other one wrote it. Values are compared as JSON, since that is what is stored.

import { takes } from './own-keys.ts'
import { STAMP } from './snapshot.ts'

export type Data = Record<string, unknown>

/**
 * Makes of `target`, which is what is stored now, what this request wants: `base` is what it loaded, `mine` its own.
 * `stamped`: STAMP is a key of ours, and not of the app.
 */
export function merger(base: string, mine: string, stamped: boolean): (target: Data) => void {
  const wanted: Data = JSON.parse(mine)
  const changed = changedKeys(JSON.parse(base), wanted, stamped)
  return target => {
    target.cookie = wanted.cookie
    if (stamped && STAMP in wanted) target[STAMP] ??= wanted[STAMP]
    for (const key of changed) copyKey(key, wanted, target)
  }
}

/** Brings a live session from `base` to `now`, but for the keys that the request itself has changed. */
export function rebase(session: Data, base: string, now: string, stamped: boolean): void {
  if (base === now) return
  const before: Data = JSON.parse(base)
  const stored: Data = JSON.parse(now)
  const own = new Set(changedKeys(before, session, stamped))
  for (const key of changedKeys(before, stored, stamped)) {
    if (!own.has(key) && (Object.hasOwn(session, key) || takes(session, key))) copyKey(key, stored, session)
  }
}

function copyKey(key: string, from: Data, to: Data): void {
  if (Object.hasOwn(from, key)) to[key] = from[key]
  else delete to[key]
}

function changedKeys(before: Data, after: Data, stamped: boolean): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  keys.delete('cookie')
  if (stamped) keys.delete(STAMP)
  return [...keys].filter(key => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
}
