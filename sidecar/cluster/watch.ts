// What is known of a service's members as a whole: how many are out, whether so few are left that it had better be
// ignored. Counted anew at each change, which is rare; a pick only reads a flag.
import type { Random } from '../model/candidate.ts'
import type { Change } from '../model/events.ts'
import type { BreakerSettings, EjectionSettings } from '../model/resilience-settings.ts'
import { Breaker, type BreakerState } from '../resilience/breaker.ts'
import { createTripwire } from '../resilience/index.ts'
import type { Member, Told } from './member.ts'

export interface WatchSettings {
  readonly ejection?: EjectionSettings | undefined
  readonly breaker?: BreakerSettings | undefined
  /** The share of members that must be available. */
  readonly panic?: number
}

export interface WatchParts {
  readonly told: Told & { panic: boolean }
  readonly random: Random
  /** Those listed now. */
  readonly listed: () => Iterable<Member>
  readonly tell: (change: Omit<Change, 'service'>) => void
  /** There may be more members to pick from than before. */
  readonly onAvailable: () => void
}

export interface Watch {
  /** Times that too few were available. */
  readonly panics: number
  /** Members that may be picked. */
  readonly usable: number
  /** Gives a new member what watches it. */
  equip(member: Member): void
  /** Something has changed that bears on who is available. */
  recount(): void
  /** Neither ejected, nor unhealthy, nor held. */
  isAvailable(member: Member): boolean
  /** Whether anything still stands against it. */
  isSuspect(member: Member): boolean
  /** By hand. Releasing also closes what is open. */
  setHeld(member: Member, held: boolean): void
  /** By a check. */
  setHealthy(member: Member, healthy: boolean, why: string): void
}

export function createWatch({ ejection, breaker, panic = 0 }: WatchSettings, parts: WatchParts): Watch {
  const { told, random, listed, tell, onAvailable } = parts
  let panics = 0
  let usable = 0

  return {
    get panics() {
      return panics
    },
    get usable() {
      return usable
    },
    equip(member) {
      const { address } = member.endpoint
      if (ejection !== undefined) member.ejection = made(ejection, member, EJECTION_WORDS, () => mayEject(member))
      if (breaker !== undefined) member.breaker = made(breaker, member, CIRCUIT_WORDS)

      function made(settings: BreakerSettings, of: Member, words: Words, mayTrip?: () => boolean): Breaker {
        const onChange = (state: BreakerState) => {
          of.suspect = true
          recount()
          tell({ member: address, what: words[state], why: of.failure })
        }
        const tripwire = createTripwire(settings)
        return new Breaker(settings, { tripwire, random, onChange, ...(mayTrip && { mayTrip }) })
      }
    },
    recount,
    isAvailable,
    isSuspect(member) {
      if (member.draining || member.held || !member.healthy || !member.admitted) return true
      if (member.restUntil > told.now || member.warmAt > told.now) return true
      return !isClosed(member.ejection) || !isClosed(member.breaker)
    },
    setHeld(member, held) {
      member.suspect = true
      if (member.held !== held) {
        member.held = held
        if (held) member.leftAt = told.now
        tell({ member: member.endpoint.address, what: held ? 'held' : 'released', why: 'by hand' })
      }
      if (!held) {
        member.ejection?.release(told.now)
        member.breaker?.release(told.now)
      }
      recount()
    },
    setHealthy(member, healthy, why) {
      if (member.healthy === healthy) return
      member.healthy = healthy
      if (healthy) member.admitted = true
      member.suspect = true
      if (healthy) {
        // A check has seen it at work; a real request decides, without waiting for what may have grown to a minute.
        member.ejection?.pardon(told.now)
        member.breaker?.pardon(told.now)
      }
      recount()
      tell({ member: member.endpoint.address, what: healthy ? 'healthy' : 'unhealthy', why })
    },
  }

  /** Counted after the ejection: one always may, but never the last, and no more than the share. */
  function mayEject(member: Member): boolean {
    if (member.draining) return false
    let out = 1
    let all = 0
    for (const each of listed()) {
      all++
      if (!isClosed(each.ejection)) out++
    }
    return out <= Math.min(all - 1, Math.max(1, Math.floor(ejection!.most * all)))
  }

  function recount(): void {
    let available = 0
    let all = 0
    let closed = 0
    let availableAndClosed = 0
    for (const member of listed()) {
      // What somebody has decided, or nobody knows yet, is no reason to panic.
      if (member.held || !member.admitted) continue
      all++
      const open = member.breaker?.state === 'open'
      if (!open) closed++
      if (!isAvailable(member)) continue
      available++
      if (!open) availableAndClosed++
    }
    const now = available < panic * all
    if (now !== told.panic) {
      told.panic = now
      if (now) panics++
      tell({ member: '', what: now ? 'panic' : 'panic over', why: `${available} of ${all} members available` })
    }
    const before = usable
    usable = now ? closed : availableAndClosed
    if (usable > before) onAvailable()
  }
}

function isAvailable({ healthy, admitted, held, ejection }: Member): boolean {
  return healthy && admitted && !held && isClosed(ejection)
}

function isClosed(breaker: Breaker | undefined): boolean {
  return breaker === undefined || breaker.state === 'closed'
}

type Words = Readonly<Record<BreakerState, Change['what']>>

const EJECTION_WORDS: Words = { open: 'ejected', 'half-open': 'on trial', closed: 'returned' }
const CIRCUIT_WORDS: Words = { open: 'circuit open', 'half-open': 'circuit half-open', closed: 'circuit closed' }
