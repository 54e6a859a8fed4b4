// A driver that keeps sessions under the hash of their id, so that who reads the store learns no id. A plain hash will
// do: our ids have 192 random bits. Short ids of a `genid` can be guessed from it.
import { hash } from 'node:crypto'
import { isSession, parse } from '../sessions/snapshot.ts'
import type { SessionStore, Snapshot } from '../stores/store.ts'
import { createMover, isMoved, type Mover, textOf } from './id-move.ts'

/**
 * `true`: writes hashed ids, and moves sessions that are stored under the id itself. `'read'`: writes ids as they are,
 * and finds hashed ones, for as long as other servers know no hashed ids. `'only'`: as `true`, when all have moved.
 */
export type HashIds = boolean | 'read' | 'only'

/** The mark keeps what stands in a dump from being used as an id: under its own name nothing is looked up. */
const STORED = /^sha256\.[\w-]{43}$/

export function isStoredId(id: string): boolean {
  return STORED.test(id)
}

export function storedId(id: string): string {
  return `sha256.${hash('sha256', id, 'base64url')}`
}

/** Throws a TypeError where the store lacks what the mode needs. */
export function hashedIds(base: SessionStore, mode: Exclude<HashIds, false>): SessionStore {
  if (mode === 'only') return under(base)
  if (!base.compares) {
    if (mode === 'read') throw new TypeError("hashIds: 'read' needs redis, RedisStore or the in-process store")
    return movingBlindly(base)
  }
  const { add } = base
  if (add === undefined)
    throw new TypeError('hashIds: true needs a store that can add without overwriting; hashIds: "only" does not')
  const mover = createMover(base, add)
  return mode === 'read' ? finding(base, mover) : moving(base, mover)
}

function under(base: SessionStore): SessionStore {
  const { claim, add } = base
  return {
    ...base,
    ...(base.index && { index: { ...base.index, keyOf: storedId } }),
    load: (id, life, fresh) => base.load(storedId(id), life, fresh),
    create: (id, snapshot) => base.create(storedId(id), snapshot),
    ...(add && { add: (id: string, snapshot: Snapshot) => add(storedId(id), snapshot) }),
    replace: (id, snapshot, seen) => base.replace(storedId(id), snapshot, seen),
    ...(claim && { claim: (id: string) => claim(storedId(id)) }),
    touch: (id, snapshot) => base.touch(storedId(id), snapshot),
    destroy: id => base.destroy(storedId(id)),
  }
}

function moving(base: SessionStore, mover: Mover): SessionStore {
  const hashed = under(base)
  return {
    ...hashed,
    async load(id, life, fresh) {
      const to = storedId(id)
      const found = textOf(await base.load(to, life, fresh))
      if (found !== undefined) return mover.settled(id, to, found, life)
      if (isStoredId(id)) return undefined
      const old = textOf(await base.load(id, undefined, fresh))
      if (old === undefined) return undefined
      if (isMoved(old)) return mover.settled(id, to, textOf(await base.load(to, life, fresh)), life)
      // What nobody can use stays where it is.
      return isSession(parse(old).parsed) ? mover.move(id, to, old, life) : old
    },
    replace: replacing(base, mover),
    ...(hashed.claim && {
      async claim(id: string) {
        return mover.settled(id, storedId(id), await hashed.claim!(id), undefined)
      },
    }),
    destroy: id => destroyBoth(base, id),
  }
}

function finding(base: SessionStore, mover: Mover): SessionStore {
  const hashed = async (id: string, life: number | undefined, fresh?: boolean) => {
    const to = storedId(id)
    return mover.settled(id, to, textOf(await base.load(to, life, fresh)), life)
  }
  const replaceHashed = replacing(base, mover)
  const { claim } = base
  return {
    ...base,
    async load(id, life, fresh) {
      if (isStoredId(id)) return undefined
      const found = textOf(await base.load(id, life, fresh))
      return found === undefined || isMoved(found) ? hashed(id, life, fresh) : found
    },
    async replace(id, snapshot, seen) {
      const replaced = await base.replace(id, snapshot, seen)
      if (replaced === 'saved' || (replaced !== 'gone' && !isMoved(replaced.current))) return replaced
      // Another server has moved it, now or before.
      if ((await hashed(id, undefined)) === undefined) return 'gone'
      return replaceHashed(id, snapshot, seen)
    },
    ...(claim && {
      async claim(id: string) {
        const found = await claim(id)
        if (found !== undefined && !isMoved(found)) return found
        return (await hashed(id, undefined)) === undefined ? undefined : claim(storedId(id))
      },
    }),
    async touch(id, snapshot) {
      await Promise.all([base.touch(id, snapshot), base.touch(storedId(id), snapshot)])
    },
    destroy: id => destroyBoth(base, id),
  }
}

/** `replace` of what is stored under the hash. */
function replacing(base: SessionStore, mover: Mover): SessionStore['replace'] {
  return async (id, snapshot, seen) => {
    const to = storedId(id)
    const replaced = await base.replace(to, snapshot, seen)
    if (typeof replaced === 'string') return replaced
    const current = await mover.settled(id, to, replaced.current, snapshot.life)
    return current === undefined ? 'gone' : { current }
  }
}

/** In this order: see id-move.ts. False: there was none. */
async function destroyBoth(base: SessionStore, id: string): Promise<boolean> {
  const [old, hashed] = [await base.destroy(id), await base.destroy(storedId(id))]
  return old !== false || hashed !== false
}

/** For stores that compare nothing: as with all that they do, the later of two wins. */
function movingBlindly(base: SessionStore): SessionStore {
  return {
    ...under(base),
    async load(id, life, fresh) {
      const to = storedId(id)
      const found = await base.load(to, life, fresh)
      if (found !== undefined || isStoredId(id)) return found
      const old = await base.load(id, undefined, fresh)
      if (typeof old !== 'object') return old
      await base.create(to, { json: JSON.stringify(old), life: life ?? 0, session: old as never })
      await base.destroy(id)
      return old
    },
    destroy: id => destroyBoth(base, id),
  }
}
