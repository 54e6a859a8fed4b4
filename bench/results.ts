// What a run brings home. The JSON is this, as it is.

import type { Cell } from './cells.ts'

export interface Results {
  readonly suite: string
  readonly setup: Setup
  readonly proxies: readonly Measured[]
  /** Proxies that were not run, and why. */
  readonly skipped: Readonly<Record<string, string>>
  readonly cells: readonly Cell[]
  /** Every measurement; `summary` has the medians. */
  readonly samples: readonly Sample[]
  readonly summary: readonly CellSummary[]
  readonly added: readonly Added[]
  readonly memory: readonly Memory[]
}

export interface Setup {
  readonly date: string
  readonly machine: string
  readonly node: string
  readonly load: string
  readonly origin: string
  readonly rounds: number
  readonly seconds: number
  /** False where there is no /proc: no CPU, no memory. */
  readonly accounting: boolean
}

export interface Measured {
  readonly name: string
  readonly version: string
}

export interface Sample {
  readonly cell: string
  readonly proxy: string
  readonly round: number
  /** Why the figures do not count. They are shown all the same where there are any. */
  readonly problem: string | undefined
  readonly figures: Figures | undefined
  /** Cores that other programs of the machine used meanwhile. */
  readonly elsewhere: number | undefined
}

export interface Figures {
  /** Microseconds of the proxy's CPU time for one request; undefined where there is no /proc. */
  readonly cpu: number | undefined
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

export interface CellSummary {
  readonly cell: string
  readonly rows: readonly Row[]
}

export interface Row {
  readonly proxy: string
  /** Median over the rounds; undefined when none counts. */
  readonly median: Figures | undefined
  /** The first proxy's figure divided by this one's, round by round, then the median. */
  readonly ratio: Figures | undefined
  readonly problems: readonly string[]
}

/** What the proxy adds to the median latency of the same request sent straight to the origin. */
export interface Added {
  readonly cell: string
  readonly proxy: string
  /** Milliseconds. */
  readonly p50: number
  readonly ratio: number | undefined
}

/** Resident MiB: before any request, after the load, and then with idle client connections. */
export interface Memory {
  readonly proxy: string
  readonly fresh: number | undefined
  readonly loaded: number | undefined
  readonly idle: number | undefined
  readonly connections: number
  readonly problem: string | undefined
}
