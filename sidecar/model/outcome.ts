/** Which part of an attempt was under way when it ended. */
export type Phase = 'connect' | 'request' | 'head' | 'body' | 'tunnel'

/** What came of one attempt at one endpoint. Times are milliseconds. */
export type Outcome =
  /** `retryAfter`: of a 429 or 503 that has the field, milliseconds. */
  | { readonly kind: 'answered'; readonly status: number; readonly ms: number; readonly retryAfter?: number }
  | { readonly kind: 'unreachable'; readonly code: string }
  | { readonly kind: 'timed-out'; readonly phase: Phase }
  | { readonly kind: 'broken'; readonly phase: Phase; readonly detail: string }
  /** `waiting`: for the member's answer, in vain; false when the client or we ourselves ended it for another reason. */
  | { readonly kind: 'abandoned'; readonly waiting?: boolean }

export type Judgement = 'success' | 'failure' | 'neutral'

/**
 * The only place that judges an outcome. 5xx, unreachable, timed out and broken are the member's fault; a 4xx is an
 * answer, 429 too: it speaks of one client, and must not take the member from the others; a client that left is nobody's
 * fault. 501 and 505 speak of the request, not of the member's health.
 */
export function classify(outcome: Outcome): Judgement {
  switch (outcome.kind) {
    case 'answered':
      return outcome.status >= 500 && outcome.status !== 501 && outcome.status !== 505 ? 'failure' : 'success'
    case 'abandoned':
      return 'neutral'
    default:
      return 'failure'
  }
}

/** In words, for operators; '' for what is no failure. */
export function failureText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'answered':
      return classify(outcome) === 'failure' ? `status ${outcome.status}` : ''
    case 'unreachable':
      return `connect ${outcome.code}`
    case 'timed-out':
      return `no progress in time (${outcome.phase})`
    case 'broken':
      return `${outcome.detail} (${outcome.phase})`
    default:
      return ''
  }
}

/** Whether all the time until it ended was spent on waiting for the member's answer, which never began. */
export function waitedInVain(outcome: Outcome): boolean {
  switch (outcome.kind) {
    case 'timed-out':
    case 'broken':
      return outcome.phase === 'head'
    case 'abandoned':
      return outcome.waiting === true
    default:
      return false
  }
}

/** Nothing was sent: there was no connection to be had. */
export function failedToConnect(outcome: Outcome): boolean {
  return outcome.kind === 'unreachable' || (outcome.kind === 'timed-out' && outcome.phase === 'connect')
}

/** Milliseconds to the response head; Infinity when there was none. */
export function msOf(outcome: Outcome): number {
  return outcome.kind === 'answered' ? outcome.ms : Number.POSITIVE_INFINITY
}
