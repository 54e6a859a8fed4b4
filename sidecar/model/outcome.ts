/** Which part of an attempt was under way when it ended. */
export type Phase = 'connect' | 'request' | 'head' | 'body' | 'tunnel'

/** What came of one attempt at one endpoint. Times are milliseconds. */
export type Outcome =
  | { readonly kind: 'answered'; readonly status: number; readonly ms: number }
  | { readonly kind: 'unreachable'; readonly code: string }
  | { readonly kind: 'timed-out'; readonly phase: Phase }
  | { readonly kind: 'broken'; readonly phase: Phase; readonly detail: string }
  | { readonly kind: 'abandoned' }

export type Judgement = 'success' | 'failure' | 'neutral'

/**
 * The only place that judges an outcome. 5xx, unreachable, timed out and broken are the member's fault; a 4xx is an
 * answer; a client that left is nobody's fault. 501 and 505 speak of the request, not of the member's health.
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
