/** What a member says of its own load, in an answer. */
export interface LoadReport {
  /** Requests that it had under way, for all callers, the one that is answered included; -1 when that cannot be read. */
  readonly inFlight: number
  /** Share of the time that it was busy lately, may be above 1; -1 when it does not say. */
  readonly utilization: number
}

/** There is a report, and nothing in it that we could use. */
export const UNUSABLE: LoadReport = { inFlight: -1, utilization: -1 }
