// What a service is given to do at once.

import { z } from 'zod'
import type { AdaptiveSettings } from '../model/resilience-settings.ts'
import { count, countOr, duration, instead, section, written } from './fields.ts'
import { type Reading, readSize, SIZE_PATTERN } from './units.ts'
import { isNot } from './wording.ts'

const ADAPTIVE_LEAST = 4

const adaptive = z
  .union(
    [
      z.boolean(),
      section({
        least: count(1, 1_000_000)
          .optional()
          .meta({ default: ADAPTIVE_LEAST })
          .describe('Requests under way at once that it never goes below; few, but enough to measure by.'),
        most: count(1, 1_000_000)
          .optional()
          .describe(
            'Requests under way at once that it never goes above; inFlight when left out, being the limit anyway.',
          ),
      }),
    ],
    { error: instead(input => isNot(input, 'an adaptive limit', 'true, false or a map like { least: 4, most: 64 }')) },
  )
  .meta({ title: '`true`, `false` or a map' })

function adaptiveOf(written: z.output<typeof adaptive>, inFlight: number): AdaptiveSettings | undefined {
  if (written === false) return undefined
  const { least, most = inFlight } = written === true ? {} : written
  return { least: least ?? Math.min(ADAPTIVE_LEAST, most), most }
}

function readBody(input: unknown): Reading<number> {
  if (input === 'unlimited') return { value: Infinity }
  return readSize(input, '1B', '1TiB', 'unlimited')
}

export const IN_FLIGHT_DEFAULT = 1_024

export const limits = section({
  inFlight: count(1, 1_000_000)
    .prefault(IN_FLIGHT_DEFAULT)
    .describe('Requests under way at once; more wait in the queue; well above what one Node process does well.'),
  queue: count(0, 1_000_000)
    .prefault(128)
    .describe(
      'Requests that may wait for a place; more are answered 503 at once; short, as a long queue is only late.',
    ),
  queueTimeout: duration('1ms', '24h')
    .prefault('1s')
    .describe('Time that a request may wait in the queue; after a second the client is better served by a 503.'),
  connections: count(1, 65_535)
    .prefault(1_024)
    .describe('Upstream connections open to each endpoint; as many as inFlight, so that this binds only if lowered.'),
  endpointInFlight: countOr(1, 1_000_000, 'unlimited')
    .prefault('unlimited')
    .describe(
      'Requests under way at one endpoint; more go to the others, or wait; unlimited, because inFlight limits all ' +
        'together.',
    ),
  adaptive: adaptive
    .prefault(false)
    .describe(
      'Lowers inFlight to what the service does without getting slower; off, since it is wrong where latency says ' +
        'nothing about load; true for the defaults.',
    ),
  body: written(readBody, 'size, 1B to 1TiB, or `unlimited`', `^unlimited$|${SIZE_PATTERN}`)
    .prefault('unlimited')
    .describe('Size of a request body in bytes; unlimited, because bodies stream through and the app knows its limit.'),
}).transform(({ adaptive, ...limits }) => ({ ...limits, adaptive: adaptiveOf(adaptive, limits.inFlight) }))
