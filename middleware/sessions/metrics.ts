// What a middleware has done, as plain numbers by the names that Prometheus would have for them. Read when asked: keeping
// them costs an addition each.

import type { NearCounts } from '../stores/near-commands.ts'
import type { SessionStore } from '../stores/store.ts'
import { NO_VITALS, type StoreVitals } from '../stores/vitals.ts'
import type { House } from './house.ts'

export type SessionMetrics = Readonly<Record<string, number>>

interface Source {
  readonly counts: House['counts']
  readonly vitals: StoreVitals
  readonly near: Partial<NearCounts> & { readonly sessions?: number; readonly bytes?: number }
}

/** Names that end in `_total` only grow. `docs/sessions.md` says what they count; a test holds the two together. */
const METRICS: Readonly<Record<string, (source: Source) => number | undefined>> = {
  outrigger_sessions_loads_total: ({ counts }) => counts.loads,
  outrigger_sessions_misses_total: ({ counts }) => counts.misses,
  outrigger_sessions_corrupt_total: ({ counts }) => counts.corrupt,
  outrigger_sessions_expired_total: ({ counts }) => counts.expired,
  outrigger_sessions_writes_total: ({ counts }) => counts.writes,
  outrigger_sessions_conflicts_total: ({ counts }) => counts.conflicts,
  outrigger_sessions_gone_total: ({ counts }) => counts.gone,
  outrigger_sessions_unavailable_total: ({ counts }) => counts.unavailable,
  outrigger_sessions_store_commands_total: ({ vitals }) => vitals.commands,
  outrigger_sessions_store_failures_total: ({ vitals }) => vitals.failures,
  outrigger_sessions_store_not_asked_total: ({ vitals }) => vitals.refused,
  outrigger_sessions_store_breaker_opened_total: ({ vitals }) => vitals.opened,
  outrigger_sessions_store_breakers_open: ({ vitals }) => vitals.open,
  outrigger_sessions_near_hits_total: ({ near }) => near.hits,
  outrigger_sessions_near_misses_total: ({ near }) => near.misses,
  outrigger_sessions_near_invalidations_total: ({ near }) => near.invalidations,
  outrigger_sessions_near_flushes_total: ({ near }) => near.flushes,
  outrigger_sessions_near_refused_total: ({ near }) => near.refused,
  outrigger_sessions_near_entries: ({ near }) => near.sessions,
  outrigger_sessions_near_bytes: ({ near }) => near.bytes,
}

interface Watched {
  readonly driver?: SessionStore
  readonly nearCache?: { readonly counts: NearCounts; readonly sessions: number; readonly bytes: number } | undefined
}

export function metricsOf({ counts }: House, store: object): SessionMetrics {
  const { driver, nearCache } = store as Watched
  const near =
    nearCache === undefined ? {} : { ...nearCache.counts, sessions: nearCache.sessions, bytes: nearCache.bytes }
  const source = { counts, vitals: driver?.vitals?.() ?? NO_VITALS, near }
  return Object.fromEntries(Object.entries(METRICS).map(([name, read]) => [name, read(source) ?? 0]))
}
