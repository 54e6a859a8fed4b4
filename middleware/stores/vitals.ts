// How a store is, in plain numbers, for whoever counts.

export interface StoreVitals {
  readonly commands: number
  readonly failures: number
  /** Not asked, since the breaker was open. */
  readonly refused: number
  readonly opened: number
  /** Breakers that are open now. */
  readonly open: number
}

export const NO_VITALS: StoreVitals = { commands: 0, failures: 0, refused: 0, opened: 0, open: 0 }

export interface Vital {
  readonly open: boolean
  readonly counts: Omit<StoreVitals, 'open'>
}

export function sumOf(all: Iterable<Vital>): StoreVitals {
  const sum = { ...NO_VITALS }
  for (const { open, counts } of all) {
    sum.commands += counts.commands
    sum.failures += counts.failures
    sum.refused += counts.refused
    sum.opened += counts.opened
    sum.open += Number(open)
  }
  return sum
}
