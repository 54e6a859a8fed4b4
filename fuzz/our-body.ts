import type { Body } from '../sidecar/http1/body.ts'
import { faultOf } from '../sidecar/http1/fault.ts'
import { text } from '../sidecar/http1/text.ts'
import type { Source } from './source.ts'

export type Span = readonly [from: number, to: number]

export interface BodyReading {
  /** All ranges in order: what is passed on, framing included. */
  readonly passed: string
  /** Behind the ranges, once done. */
  readonly tail: string
  readonly done: boolean
  /** '' or the reason. */
  readonly fault: string
  /** Where the next message begins; only meaningful once done. */
  readonly at: number
  /** What was read and not passed on: chunk extensions and trailers. */
  readonly dropped: readonly Span[]
}

/** Reads a body that has been set up. Throws when `next` breaks its word about ranges and progress. */
export function readBody(body: Body, { bytes, cuts }: Source, start: number): BodyReading {
  const dropped: Span[] = []
  let passed = ''
  let at = start
  let stood = 0
  for (const end of cuts) {
    while (at < end && !body.done && body.fault === 0) {
      const before = at
      at = body.next(bytes, at, end)
      const { from, to } = body
      if (!(before <= from && from <= to && to <= at && at <= end)) {
        throw new Error(`Body.next(${before}, ${end}) stopped at ${at} with [${from}, ${to})`)
      }
      // Standing still once changes the state; twice would be for ever.
      stood = at > before ? 0 : stood + 1
      if (stood > 1 && body.fault === 0) throw new Error(`Body.next stands still at ${at}`)
      passed += text(bytes, from, to)
      if (from > before) dropped.push([before, from])
      if (at > to) dropped.push([to, at])
    }
  }
  const fault = body.fault === 0 ? '' : faultOf(body.fault).reason
  return { passed, tail: body.done ? body.tail : '', done: body.done, fault, at, dropped }
}
