import type { Outcome } from '../model/outcome.ts'
import type { Member } from './member.ts'

/**
 * One member taken for one attempt: in flight from the pick to the settling, which is at the last byte, whatever came
 * of it. A class, because it is the one object that an attempt allocates here.
 */
export class Lease {
  readonly member: Member
  /** What the member's ejection and breaker gave when the attempt entered; -1: it did not enter there. */
  readonly ejectionEra: number
  readonly breakerEra: number
  /** Clock time of the pick, or of the last byte of the request. */
  at: number
  private readonly close: Close
  private open = true

  constructor(member: Member, close: Close, now: number) {
    this.member = member
    this.close = close
    this.at = now
    const { ejection, breaker } = member
    // In a panic a member is picked though it is ejected: that is no trial, and decides nothing.
    this.ejectionEra = ejection?.allows(now) ? ejection.enter(now) : -1
    this.breakerEra = breaker === undefined ? -1 : breaker.enter(now)
  }

  /** Only the first settling counts: an abort and an end that race may both call this. */
  settle(outcome: Outcome, now: number): void {
    if (!this.open) return
    this.open = false
    this.close(this, outcome, now)
  }
}

/** What the cluster does when a lease ends; one function for all leases of a cluster. */
export type Close = (lease: Lease, outcome: Outcome, now: number) => void
