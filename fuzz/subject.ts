import { Body } from '../sidecar/http1/body.ts'
import { type HeadLimits, parseRequestHead } from '../sidecar/http1/request-head.ts'
import { parseResponseHead } from '../sidecar/http1/response-head.ts'

/** The parser under test. A test puts a wrong one in its place, to see that the fuzzer notices. */
export interface Subject {
  readonly requestHead: typeof parseRequestHead
  readonly responseHead: typeof parseResponseHead
  body(): Body
}

export const SUBJECT: Subject = {
  requestHead: parseRequestHead,
  responseHead: parseResponseHead,
  body: () => new Body(),
}

/** As they are configured by default. */
export const LIMITS: HeadLimits = { head: 16 * 1024, target: 8 * 1024, fields: 100 }
export const RESPONSE_LIMIT = 64 * 1024
