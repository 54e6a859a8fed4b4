// An id that a member gives its client, in a cookie or a header of the response. Who gave it is remembered here, in
// memory and in this process only: another sidecar, or this one after a restart, goes by the hash of the id.
import { cookieValue, fieldValue, setCookieValue } from './field-text.ts'
import { type Claim, type Mark, NO_CLAIM } from './mark.ts'

export interface Learned {
  readonly from: 'cookie' | 'header'
  readonly name: string
  readonly idle: number
  readonly entries: number
}

export interface LearnedParts {
  /** Where a key belongs by its hash. */
  home(key: string): string | undefined
  /** Milliseconds. */
  now(): number
}

export function markByLearned({ from, name, idle, entries }: Learned, { home, now }: LearnedParts): Mark {
  // Not imported: it is 1 MB, which a sidecar where nothing is learned does not need.
  const { createHash } = process.getBuiltinModule('node:crypto')
  /** Ids may be long, and whoever knows one is that client: none is kept. */
  const digest = (id: string) => createHash('sha256').update(id, 'latin1').digest('base64url').slice(0, 22)
  /** The one not used for the longest time first. */
  const homes = new Map<string, { address: string; seenAt: number }>()
  const idIn = (head: string) =>
    from === 'header' ? fieldValue(head, name) : cookieValue(fieldValue(head, 'cookie') ?? '', name)
  const newIdIn = (head: string) => (from === 'header' ? fieldValue(head, name) : setCookieValue(head, name))

  return {
    near: true,
    read({ outgoing }): Claim {
      const id = idIn(outgoing.text)
      if (!id) return NO_CLAIM
      const found = homes.get(digest(id))
      if (found === undefined) return { pinned: false, address: home(id) ?? '', key: id, fault: '' }
      if (now() - found.seenAt > idle) {
        homes.delete(digest(id))
        return { pinned: false, address: home(id) ?? '', key: id, fault: 'expired' }
      }
      return { pinned: true, address: found.address, key: id, fault: '' }
    },
    keep(head, kept) {
      const { claim, address, good } = kept
      if (claim.pinned && (good || claim.address === address)) remember(claim.key!, address)
      // Only an id that a member has made: a client that invents them must not be able to push out the others.
      const id = newIdIn(head)
      if (id && good) {
        remember(id, address)
        kept.left = true
      }
      return head
    },
  }

  function remember(id: string, address: string): void {
    const key = digest(id)
    homes.delete(key)
    homes.set(key, { address, seenAt: now() })
    if (homes.size > entries) homes.delete(homes.keys().next().value!)
  }
}
