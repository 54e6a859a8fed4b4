// Who is fit: the ladder. The picker is tried with the strictest rung first and the next one down only when nobody
// stands on it. What is hard (draining, full, an open breaker) is asked on every rung; what is soft is let go one by one.
import type { Picker, Random } from '../model/candidate.ts'
import type { SlowStartSettings } from '../model/resilience-settings.ts'
import type { Member, Told } from './member.ts'

/** Picks among the picker's members; `key` is for hash balancing, `tried` are those that have had this request. */
export type Choose = (picker: Picker<Member>, key: string | undefined, tried: readonly Member[]) => Member | undefined

export interface ChooseParts {
  /** Its `panic`: too few are available to be choosy; health and ejection are ignored. */
  readonly told: Told & { panic: boolean }
  readonly random: Random
  readonly slowStart: SlowStartSettings | undefined
  /** Attempts that one member may have. */
  readonly room: number
}

export const NOBODY: readonly Member[] = []

/** One per cluster. The rungs are made once and read the pick at hand from here: no closure per pick. */
export function createChoose({ told, random, slowStart, room }: ChooseParts): Choose {
  let avoided = NOBODY

  const hard = (m: Member, urgent: boolean) =>
    !m.draining &&
    !m.held &&
    m.admitted &&
    m.inFlight < room &&
    (m.breaker === undefined || m.breaker.allows(told.now, urgent))
  const sound = (m: Member) =>
    hard(m, false) && (told.panic || (m.healthy && (m.ejection === undefined || m.ejection.allows(told.now))))

  const ideal = (m: Member) => {
    if (!m.suspect) return m.inFlight < room
    return sound(m) && m.restUntil <= told.now && isWarm(m)
  }
  const another = (m: Member) => !avoided.includes(m) && ideal(m)
  const anotherSound = (m: Member) => !avoided.includes(m) && sound(m)
  const last = (m: Member) => hard(m, true) && (m.healthy || told.panic)

  /** A member that has just come gets a growing share: of all picks that would be its own, it is left out of some. */
  function isWarm(m: Member): boolean {
    if (m.warmAt <= told.now || slowStart === undefined) return true
    const { over, floor } = slowStart
    const share = floor + (1 - floor) * (1 - (m.warmAt - told.now) / over)
    return random() < share
  }

  return (picker, key, tried) => {
    if (tried.length === 0) return picker(ideal, key) ?? picker(sound, key) ?? picker(last, key)
    // A repetition goes to another member; to the same one rather than to none.
    avoided = tried
    return picker(another, key) ?? picker(anotherSound, key) ?? picker(sound, key) ?? picker(last, key)
  }
}
