import type { Outcome } from './outcome.ts'

/** What is told of an exchange when it has ended. Read it at once: nothing of it is kept. */
export interface ExchangeRecord {
  /** The listener's address as bound: with a configured port 0, the real one. */
  readonly listener: string
  /** '' when none was found. */
  readonly service: string
  /** The address of the member that was asked last, '' when none was. */
  readonly member: string
  readonly method: string
  readonly target: string
  readonly host: string
  readonly client: string
  /** Of the response that the client was sent; 0 when it left before. */
  readonly status: number
  /** The client went away before its response was complete. */
  readonly left: boolean
  /** Of a refusal, '' otherwise. */
  readonly reason: string
  /** Of the last attempt. */
  readonly outcome: Outcome
  /** From the request head to the last byte, milliseconds. */
  readonly ms: number
  /** Attempts made on a connection that turned out to be closed, and repeated on a fresh one. */
  readonly staleRetries: number
  /** Attempts made again after a failed one. */
  readonly retries: number
  readonly connectRetries: number
  /** What came of its client's claim on a member; '' where clients go to any, or there was no answer. */
  readonly pin: string
  /** Milliseconds in the queue of the service. */
  readonly queuedMs: number
}

/** Passed down to whoever has something to tell; nobody below knows who listens. */
export type Observe = (record: ExchangeRecord) => void

/** A change in what is thought of a member or a service: rare, for the log. */
export interface Change {
  readonly service: string
  /** '' when it is of the service as a whole. */
  readonly member: string
  readonly what:
    | 'out of reach'
    | 'ejected'
    | 'on trial'
    | 'returned'
    | 'unhealthy'
    | 'healthy'
    | 'circuit open'
    | 'circuit half-open'
    | 'circuit closed'
    | 'held'
    | 'released'
    | 'panic'
    | 'panic over'
  readonly why: string
}

export type Tell = (change: Change) => void
