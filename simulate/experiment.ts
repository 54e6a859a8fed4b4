import type { Table } from '../bench/table.ts'

/** A figure that others have published, run again. */
export interface Experiment {
  readonly about: string
  run(setting: Setting): Report
}

export interface Setting {
  readonly seed: number
  /** How much is simulated: 1 for figures, less for a glance. */
  readonly scale: number
}

export interface Report {
  /** Every figure, for programs. */
  readonly rows: readonly object[]
  readonly table: Table
}
