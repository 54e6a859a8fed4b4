// The request as it goes upstream: its head, and its content as long as there is room for it, to be sent again if need be.

import { deadlineLines } from '../http1/deadline.ts'
import { type Forwarding, requestText, targetOf } from '../http1/forward-request.ts'
import type { RequestHead } from '../http1/request-head.ts'

export class Outgoing {
  /** '' before `begin`. */
  text = ''
  /** Nothing of it is missing. */
  whole = true
  /** Clock time at which the caller will not wait any more. */
  deadline = Number.POSITIVE_INFINITY
  #deadlineForms = 0
  #headLength = 0

  begin(bytes: Buffer, head: RequestHead, forwarding: Forwarding, upgrade: string): void {
    this.text = requestText(bytes, head, forwarding, upgrade)
    this.#deadlineForms = head.deadlineForms
    this.#headLength = this.text.length
  }

  /** Another head, before any content has come. */
  rewrite(head: string): void {
    this.text = head
    this.#headLength = head.length
  }

  append(content: string): void {
    this.text += content
  }

  get target(): string {
    return targetOf(this.text)
  }

  /** For an attempt that begins now: what the caller has left of its time is written anew each time. */
  at(now: number): string {
    if (this.#deadlineForms === 0) return this.text
    const lines = deadlineLines(this.#deadlineForms, this.deadline - now)
    const end = this.#headLength - 2
    return this.text.slice(0, end) + lines + this.text.slice(end)
  }
}

export const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
/** A head and what came with it are held in any case. Bytes. */
export const LEAST_KEPT = 16 * 1024
