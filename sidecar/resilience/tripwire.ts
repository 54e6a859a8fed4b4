/** The rule by which a breaker trips, apart from the state machine. */
export interface Tripwire {
  /**
   * Takes a result, and says whether it trips: a good one never does, however bad those before it were. `ms`: until the
   * response head; Infinity when there was none.
   */
  record(ok: boolean, ms: number, now: number): boolean
  reset(): void
}
