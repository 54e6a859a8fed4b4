// A driver whose store holds encrypted text. What the engine has `seen` is encrypted again to be compared; only text
// under another key, or plaintext of before, costs one more command, once.

import type { Replaced, SessionStore, Snapshot } from '../stores/store.ts'
import type { Seal } from './seal.ts'

export function sealed(base: SessionStore, { seal, open }: Seal): SessionStore {
  const closed = (id: string, snapshot: Snapshot): Snapshot => ({ ...snapshot, json: seal(id, snapshot.json) })
  /** What cannot be read is passed on as it is: no JSON, and so counted as corrupt. */
  const opened = (id: string, stored: string | object | undefined) =>
    typeof stored === 'string' ? (open(id, stored) ?? UNREADABLE) : stored
  const { add, claim, index } = base

  async function replace(id: string, snapshot: Snapshot, seen: string): Promise<Replaced> {
    const next = closed(id, snapshot)
    const replaced = told(id, await base.replace(id, next, seal(id, seen)))
    if (typeof replaced === 'string' || replaced.current !== seen) return replaced
    // What was seen, under an old key or none: its text, as it is stored, is what has to be there still.
    return told(id, await base.replace(id, next, replaced.stored))
  }

  function told(id: string, replaced: Replaced): 'saved' | 'gone' | { current: string; stored: string } {
    if (typeof replaced === 'string') return replaced
    const stored = replaced.current
    const current = open(id, stored)
    return current === undefined ? 'gone' : { current, stored }
  }

  return {
    ...base,
    load: async (id, life, fresh) => opened(id, await base.load(id, life, fresh)),
    create: (id, snapshot) => base.create(id, closed(id, snapshot)),
    ...(add && { add: (id: string, snapshot: Snapshot) => add(id, closed(id, snapshot)) }),
    replace,
    ...(index && {
      index: {
        ...index,
        async peek(keys: readonly string[]) {
          const found = await index.peek(keys)
          return found.map((each, nth) => each && { ...each, json: open(keys[nth]!, each.json) ?? UNREADABLE })
        },
      },
    }),
    ...(claim && {
      async claim(id: string) {
        const stored = await claim(id)
        return stored === undefined ? undefined : open(id, stored)
      },
    }),
  }
}

const UNREADABLE = '(unreadable)'
