import type { Clock } from '../http1/clock.ts'
import type { Observe } from '../model/events.ts'
import type { ListenerSettings } from '../model/settings.ts'

/** What all exchanges of a listener share. */
export interface ExchangeContext {
  readonly settings: ListenerSettings
  /** As bound; set before the first exchange. */
  address: string
  readonly clock: Clock
  readonly observe: Observe
  /** Whether X-Forwarded-For is believed when this address has written to it. */
  trusts(address: string): boolean
  /** A fault of our own, for the log. */
  report(error: unknown): void
}
