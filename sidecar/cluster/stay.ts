// Whether a member may still serve a client that is pinned to it. Less is asked than of one that is picked: that it rests,
// is new or is on its way out is no reason to tear a client from it.
import type { Member, Told } from './member.ts'

export interface Terms {
  /** Milliseconds for which one that is leaving, or held by hand, goes on serving those that are pinned to it. */
  readonly drain: number
  /** There is nobody else for this client: an open breaker lets it try after the least of its waits. */
  readonly alone: boolean
}

/** Its limit of attempts apart: one that is full is waited for. */
export function mayStay(m: Member, told: Told & { readonly panic: boolean }, { drain, alone }: Terms): boolean {
  if ((m.draining || m.held) && told.now - m.leftAt >= drain) return false
  if (!m.admitted || (m.breaker !== undefined && !m.breaker.allows(told.now, alone))) return false
  return told.panic || (m.healthy && (m.ejection === undefined || m.ejection.allows(told.now)))
}
