import type { SocketAddress } from '../model/endpoint.ts'

/**
 * Asks a member once. Ends when the signal is aborted: by a `TimeUp`, or because nobody wants to know any more. A
 * rejection is a failed check like any other.
 */
export type Check = (address: SocketAddress, signal: AbortSignal) => Promise<CheckResult>

/** `ms`: how long it took. `why`: words for operators, without the address. */
export type CheckResult =
  | { readonly ok: true; readonly ms: number }
  | { readonly ok: false; readonly ms: number; readonly why: string }

/** One per member: it may keep a connection from one check to the next. */
export interface Checker {
  readonly check: Check
  /** Closes what it keeps. */
  close(): void
}

/** The reason of a signal when a check has taken too long; only the check knows what it was waiting for. */
export class TimeUp extends Error {
  override readonly name = 'TimeUp'
  readonly ms: number

  constructor(ms: number) {
    super(`no answer within ${ms} ms`)
    this.ms = ms
  }
}

export function resultOf(why: string | undefined, began: number): CheckResult {
  const ms = performance.now() - began
  return why === undefined ? { ok: true, ms } : { ok: false, ms, why }
}

/** Why it ended when the signal was aborted. `awaited`: what had not come yet. */
export function whyAborted(signal: AbortSignal, awaited: string): string {
  return signal.reason instanceof TimeUp ? `no ${awaited} within ${signal.reason.ms} ms` : 'stopped'
}

/** `connect ECONNREFUSED` rather than Node's message, which repeats the address. */
export function whyFailed(thrown: unknown): string {
  // What Node throws when a name has several addresses and none of them answers.
  const error = thrown instanceof AggregateError ? thrown.errors[0] : thrown
  if (!(error instanceof Error)) return String(error)
  const { code, syscall, message } = error as NodeJS.ErrnoException
  return code !== undefined && syscall !== undefined ? `${syscall} ${code}` : message
}
