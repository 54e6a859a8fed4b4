import { type Account, accountTable } from './accounts.ts'
import type { Share } from './shares.ts'
import { ms, percent, rate, whole } from './table.ts'
import type { Tally } from './tally.ts'
import type { Kept } from './visitor.ts'

export interface Result {
  readonly total: Tally
  readonly kept: Kept
  /** "Redis at redis://127.0.0.1:6379" */
  readonly keptIn: string
  /** Empty when the sidecars could not be asked any more. */
  readonly groups: readonly (readonly Share[])[]
  /** What became of each trouble; empty when there was none. */
  readonly accounts: readonly Account[]
}

export function summary({ total, kept, keptIn, groups, accounts }: Result): string {
  const { seconds, requests, failed, p50, p99, reasons } = total
  const lines = [
    '',
    `${seconds.toFixed(1)} s   ${whole(requests)} requests   ${whole(rate(total))} requests/s   p50 ${ms(p50)}   p99 ${ms(p99)}`,
    ...groups.map(shares => shares.map(named).join('   ')),
    `${whole(kept.sessions)} sessions, ${whole(kept.changes)} cart changes, ${whole(kept.lost)} lost; kept in ${keptIn}`,
    ...(accounts.length === 0 ? [] : ['', ...accountTable(accounts), '']),
    `${whole(failed)} of ${whole(requests)} requests failed`,
    ...[...reasons].map(([reason, times]) => `  ${whole(times)} x ${reason}`),
  ]
  return `${lines.join('\n')}\n`
}

function named({ name, share, note }: Share): string {
  return `${name} ${percent(share)}${note === '' ? '' : ` (${note})`}`
}
