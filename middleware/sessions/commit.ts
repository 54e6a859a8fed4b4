// How a request's last write can end, and what is made of an error of the store.
import { BadUser, messageOf, SessionGone, SessionUnstorable, StoreUnavailable } from '../errors.ts'
import type { OutagePolicy } from './options.ts'

/** Only `kept` justifies a cookie. */
export type Commit =
  | { readonly kind: 'kept' }
  /** Another request destroyed the session: nothing was written. */
  | { readonly kind: 'gone' }
  /** By policy the answer is 503; 500 for what is the app's own mistake. */
  | { readonly kind: 'refused'; readonly error: StoreUnavailable | BadUser | SessionUnstorable }
  /** By policy the answer goes out as it is, without a cookie; `error` is for `next`, as in express-session. */
  | { readonly kind: 'lost'; readonly error?: unknown }

export const KEPT: Commit = { kind: 'kept' }

/** Without a policy errors are passed on as they are, as express-session does. */
export function described(error: unknown, policy: OutagePolicy | undefined): unknown {
  if (policy === undefined || isOurs(error)) return error
  return new StoreUnavailable(messageOf(error), error)
}

/** How it ended; never rejects. */
export function settled(
  work: Promise<unknown>,
  counts: { gone: number; unavailable: number },
  policy: () => OutagePolicy | undefined,
): Promise<Commit> {
  return work.then(
    () => KEPT,
    error => {
      const commit = failed(error, policy())
      counts[commit.kind === 'gone' ? 'gone' : 'unavailable']++
      return commit
    },
  )
}

function failed(error: unknown, policy: OutagePolicy | undefined): Commit {
  if (error instanceof SessionGone) return { kind: 'gone' }
  if (policy === undefined) return { kind: 'lost', error }
  if (error instanceof BadUser || error instanceof SessionUnstorable) return { kind: 'refused', error }
  if (policy === 'anonymous') return { kind: 'lost' }
  return { kind: 'refused', error: described(error, policy) as StoreUnavailable }
}

function isOurs(error: unknown): boolean {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && code.startsWith('ERR_SESSION_')
}
