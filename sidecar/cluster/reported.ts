// What members say of their load, made into what it is for: how much all who are not us have in flight at each. Brought up
// to date at a report and by the clock, never at a pick: a pick reads a plain number.
import type { LoadReport } from '../model/load-report.ts'
import type { Member } from './member.ts'

export interface Reported {
  /** The member's word in an answer that took `ms`. To be told while that attempt still counts as in flight. */
  take(member: Member, report: LoadReport, ms: number, now: number): void
  /** Lets what is known grow old. Nearly free when it has nothing to do. */
  fade(now: number): void
}

/**
 * elsewhere = k * heard + (1 - k) * usual * (1 + inFlight), where k = e^(-age / tau).
 *
 * `heard` is what the member said less what was ours there at that moment. It grows old quickly: after a few answers what a
 * member had under way has been replaced. It must not fade to 0, for a member that is stuck says nothing, and would look
 * idle. What is left is what we think of a member that has never said anything: `usual`, the median of what all of them
 * said last, and the more of it the more of ours is there unanswered. That is Bayes: if what members have under way is
 * spread geometrically with mean m, as in a queue, and i of it is seen by one who sees a small share, then m * (1 + i) is
 * what is there on average.
 *
 * Nobody jumps on the member that was idle a moment ago together with all others, since a report reaches the one sidecar
 * that had asked.
 *
 * None of it counts while one of the members does not report, or says less than we have there ourselves: of those that do,
 * one always seems to be idle, and would get what belongs to the others. Half of ten hosts reporting is twice as bad as none.
 * The median, not the mean: one that claims a million must not make all others look idle.
 */
export function createReported(listed: () => Iterable<Member>): Reported {
  let fadesAt = Number.POSITIVE_INFINITY
  /** Milliseconds of an answer. The median here too: a few long polls must not make old reports look fresh. */
  let typical = 0
  const last: number[] = []
  let muted = false

  return {
    take(member, report, ms, now) {
      const { inFlight } = report
      // Asked so that NaN is none either.
      if (!(inFlight >= 0 && inFlight <= MOST_IN_FLIGHT)) {
        member.quiet++
        member.unusable++
        return
      }
      member.quiet = 0
      const doubt = member.doubt + (inFlight < member.inFlight ? 1 : -RELIEF)
      member.doubt = Math.min(Math.max(doubt, 0), 2 * MOST_DOUBT)
      const time = Math.max(ms, LEAST_MS)
      // Stands still where half of the answers lie on each side.
      typical = typical === 0 ? time : time > typical ? typical * STEP : typical / STEP
      member.reports++
      member.report = report
      member.reportedAt = now
      member.heard = Math.max(0, inFlight - member.inFlight)
      if (!muted) member.elsewhere = member.heard
      if (fadesAt === Number.POSITIVE_INFINITY) fadesAt = now
    },
    fade(now) {
      if (now < fadesAt) return
      const tau = Math.min(Math.max(SERVICES * typical, LEAST_TAU_MS), MOST_TAU_MS)
      const oldest = now - FORGOTTEN_MS
      last.length = 0
      let count = 0
      muted = false
      for (const m of listed()) {
        count++
        if (isSilent(m)) muted = true
        if (m.reportedAt > oldest) last.push(m.heard / m.endpoint.weight)
      }
      // With a thousand members this takes 0.2 ms: then less often. Never again, when nobody reports any more.
      fadesAt = last.length === 0 ? Number.POSITIVE_INFINITY : now + Math.max(EVERY_MS, tau / 8, count / 25)
      const usual = medianOf(last)
      for (const m of listed()) {
        const kept = m.reportedAt > oldest ? Math.exp((m.reportedAt - now) / tau) : 0
        const expected = usual * m.endpoint.weight * (1 + m.inFlight)
        m.elsewhere = muted ? 0 : kept * m.heard + (1 - kept) * expected
      }
    },
  }
}

/** Its server does not report, or only nonsense. An answer without one now and then is of a path that is not counted. */
function isSilent({ quiet, reports, doubt }: Member): boolean {
  return quiet >= (reports === 0 ? QUIET_FROM_THE_START : QUIET_NOW) || doubt > MOST_DOUBT
}

function medianOf(values: number[]): number {
  if (values.length === 0) return 0
  values.sort((a, b) => a - b)
  const middle = values.length >> 1
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2
}

/** Whoever claims more is not believed. */
const MOST_IN_FLIGHT = 1_000_000
/** How many typical answers it takes for a report to grow old: simulated, 4 to 10 are equally good, 1 and 100 are not. */
const SERVICES = 6
const QUIET_FROM_THE_START = 3
const QUIET_NOW = 30
/** What is on its way is counted by us, and not yet by the member: one report in ten may say less than we have there. */
const RELIEF = 0.1
const MOST_DOUBT = 8
const STEP = 1.02
/** What a coarse clock calls 0. */
const LEAST_MS = 0.1
const LEAST_TAU_MS = 20
const MOST_TAU_MS = 2_000
const EVERY_MS = 10
/** So long a report is good enough to know what is usual by. */
const FORGOTTEN_MS = 60_000
