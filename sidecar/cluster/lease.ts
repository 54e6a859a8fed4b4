import type { Outcome } from '../model/outcome.ts'
import type { Member } from './member.ts'

/**
 * One member taken for one attempt: in flight from the pick to the settling, which is at the last byte, whatever came
 * of it. A class, because it is the one object that an attempt allocates here.
 */
export class Lease {
  readonly member: Member
  private readonly close: Close
  private open = true

  constructor(member: Member, close: Close) {
    this.member = member
    this.close = close
  }

  /** Only the first settling counts: an abort and an end that race may both call this. */
  settle(outcome: Outcome, now: number): void {
    if (!this.open) return
    this.open = false
    this.close(this.member, outcome, now)
  }
}

/** What the cluster does when a lease ends; one function for all leases of a cluster. */
export type Close = (member: Member, outcome: Outcome, now: number) => void
