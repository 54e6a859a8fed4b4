import type { LoadReport } from '../model/load-report.ts'
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
  private readonly owner: LeaseOwner
  private open = true

  constructor(member: Member, owner: LeaseOwner, now: number) {
    this.member = member
    this.owner = owner
    this.at = now
    const { ejection, breaker } = member
    // In a panic a member is picked though it is ejected: that is no trial, and decides nothing.
    this.ejectionEra = ejection?.allows(now) ? ejection.enter(now) : -1
    this.breakerEra = breaker === undefined ? -1 : breaker.enter(now)
  }

  /** What the member says of its load, with the head of its answer, `ms` after the request. Not once it is settled. */
  report(report: LoadReport, ms: number, now: number): void {
    if (this.open) this.owner.report(this, report, ms, now)
  }

  /** Only the first settling counts: an abort and an end that race may both call this. */
  settle(outcome: Outcome, now: number): void {
    if (!this.open) return
    this.open = false
    this.owner.close(this, outcome, now)
  }
}

/** What the cluster does with a lease; one for all of its leases. */
export interface LeaseOwner {
  close(lease: Lease, outcome: Outcome, now: number): void
  report(lease: Lease, report: LoadReport, ms: number, now: number): void
}
