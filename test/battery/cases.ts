/** The whole battery, by topic. */
import { byNames } from './by-name.ts'
import type { Case } from './case.ts'
import { chunks } from './chunks.ts'
import { contentLength } from './content-length.ts'
import { expect } from './expect.ts'
import { fields } from './fields.ts'
import { hopByHop } from './hop-by-hop.ts'
import { host } from './host.ts'
import { limits } from './limits.ts'
import { pipelines } from './pipelines.ts'
import { requestLine } from './request-line.ts'
import { responseBodies } from './response-bodies.ts'
import { responseFaults } from './response-faults.ts'
import { responseFraming } from './response-framing.ts'
import { transferEncoding } from './transfer-encoding.ts'
import { upgrades } from './upgrade.ts'

export const topics: Readonly<Record<string, readonly Case[]>> = {
  'content length': contentLength,
  'transfer encoding': transferEncoding,
  chunks,
  fields,
  'request line': requestLine,
  host,
  limits,
  pipelines,
  'hop by hop': hopByHop,
  'response framing': responseFraming,
  'response faults': responseFaults,
  'response bodies': responseBodies,
  expect,
  'by name': byNames,
  upgrade: upgrades,
}
