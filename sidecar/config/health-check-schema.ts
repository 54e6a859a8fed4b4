// What a health check over HTTP sends, and what it takes for healthy.

import { z } from 'zod'
import type { HealthCheck } from '../model/resilience-settings.ts'
import { choice, instead, section, TOKEN, text, written } from './fields.ts'
import { readStatuses, STATUSES_PATTERN } from './ranges.ts'
import type { Reading } from './units.ts'
import { isNot, show, textOf } from './wording.ts'

const path = written(readTarget, 'path', '^/[!-~]*$')

function readTarget(input: unknown): Reading<string> {
  const text = textOf(input)
  if (typeof input === 'string' && /^\/[!-~]*$/.test(text) && !text.includes('#')) return { value: text }
  const meant =
    /^https?:\/\/[^/]+(\/[!-~]*)$/i.exec(text)?.[1] ?? (/^[a-z][\w/.-]*$/i.test(text) ? `/${text}` : undefined)
  const guess = typeof input === 'string' ? meant : undefined
  return { problem: isNot(input, 'a path', 'one like /readyz: from "/" on, percent-encoded', guess) }
}

/** What frames a message and its connection is for the check to say. */
const OURS = /^(connection|content-length|expect|keep-alive|te|trailer|transfer-encoding|upgrade)$/i

function readHeaderName(input: unknown): Reading<string> {
  const name = textOf(input)
  if (OURS.test(name)) return { problem: `${show(name)} is set by the check itself; leave it out` }
  return TOKEN.test(name) ? { value: name } : { problem: isNot(input, 'a header name', 'a name like x-user') }
}

const headers = z
  .record(
    written(readHeaderName, 'header name', TOKEN.source),
    text('header value', 'one line of latin1 text', /^[\t -~\x80-\xff]*$/),
    { error: instead(input => isNot(input, 'a map of headers', 'a map like { host: shop.example }')) },
  )
  .transform((given, context): Readonly<Record<string, string>> => {
    const headers = new Map<string, string>()
    for (const [name, value] of Object.entries(given)) {
      const key = name.toLowerCase()
      if (headers.has(key)) {
        context.issues.push({
          code: 'custom',
          message: 'is given twice; names are compared without case',
          input: name,
          path: [name],
        })
      }
      headers.set(key, value)
    }
    return Object.fromEntries(headers)
  })
  .meta({ title: 'map of header names and values' })

const statusError = instead(input => {
  const reading = readStatuses(input)
  return 'problem' in reading ? reading.problem : undefined
})

const status = z
  .int({ error: statusError })
  .min(200, { error: statusError })
  .max(599, { error: statusError })
  .transform(status => ({ from: status, to: status }))

const statuses = z
  .array(z.union([status, written(readStatuses, 'statuses', STATUSES_PATTERN)], { error: statusError }), {
    error: instead(input => isNot(input, 'a list of statuses', 'a list like [200, 204], [200-299] or [2xx]')),
  })
  .min(1, { error: instead(() => 'is empty; expected at least one status') })
  .meta({ title: 'list of statuses' })

const request = section({
  method: choice('a method', ['GET', 'HEAD', 'OPTIONS', 'POST'])
    .prefault('GET')
    .describe('Method of the check; GET, because every app answers it.'),
  path: path
    .prefault('/')
    .describe(
      'Path of the check, with its query; every app has `/`, but a path that looks at what the app needs says more.',
    ),
  headers: headers
    .prefault({})
    .describe(
      'Fields to send, host among them if it matters; none by default, and then host is the address of the endpoint.',
    ),
  statuses: statuses
    .prefault(['2xx'])
    .describe(
      'Statuses that are healthy, each like 200, 200-299 or 2xx; not 3xx by default, since what it points to was not ' +
        'asked.',
    ),
  body: text('text', 'text that the body must contain')
    .prefault('')
    .describe(
      'Text that the first 64 KiB of the body must contain; empty for any body, since the status should say it all.',
    ),
}).transform(
  ({ method, path, headers, statuses, body }): HealthCheck => ({ kind: 'http', method, path, headers, statuses, body }),
)

export const http = z
  .union([path.transform((path): HealthCheck => request.parse({ path })), request], {
    error: instead(input => isNot(input, 'a check', 'a path like /readyz, or a map like { path: /readyz }')),
  })
  .meta({ title: 'path, or a map' })
