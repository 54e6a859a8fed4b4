// Who is fit: the ladder. The picker is tried with the strictest rung first and the next one down only when nobody
// stands on it; new reasons not to pick (breaker, health, ejection, panic) become conditions of a rung, or a rung.
import type { Picker } from '../model/candidate.ts'
import type { Member } from './member.ts'

/** Picks among the picker's members; `key` is for hash balancing, `exclude` is the member that just failed. */
export type Choose = (
  picker: Picker<Member>,
  key: string | undefined,
  exclude: Member | undefined,
) => Member | undefined

/** One per cluster. The rungs are made once and read the pick at hand from here: no closure per pick. */
export function createChoose(): Choose {
  let excluded: Member | undefined

  const another = (m: Member) => m !== excluded && anyone(m)
  const anyone = (m: Member) => !m.draining

  return (picker, key, exclude) => {
    if (exclude === undefined) return picker(anyone, key)
    // A retry goes to another member; to the same one rather than to none.
    excluded = exclude
    return picker(another, key) ?? picker(anyone, key)
  }
}
