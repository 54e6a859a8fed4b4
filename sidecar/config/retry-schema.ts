import { z } from 'zod'
import type { RetryCondition, RetrySettings } from '../model/resilience-settings.ts'
import { budget } from './budget-schema.ts'
import { count, flag, instead, orFalse, range, section, size } from './fields.ts'
import { isNot, withoutQuotes } from './wording.ts'

const CONDITIONS = ['connect', 'stale'] as const

/** Of the others, none is answered otherwise for being asked again. */
function isPassing(status: number): boolean {
  return [408, 425, 429].includes(status) || (status >= 500 && status <= 599 && status !== 501)
}

function wordCondition(input: unknown): string {
  const expected = 'connect, stale or a status: 408, 425, 429, or 500 to 599 without 501'
  return isNot(input, 'a reason to retry', expected, CONDITIONS) + withoutQuotes(input, isPassing(Number(input)))
}

const conditionError = instead(wordCondition)

const on = z
  .array(
    z.union(
      [
        z.enum(CONDITIONS),
        z
          .int({ error: conditionError })
          .refine(isPassing, { error: conditionError })
          .meta({ minimum: 408, maximum: 599 }),
      ],
      { error: conditionError },
    ),
    { error: instead(input => isNot(input, 'a list of reasons', 'a list like [connect, stale, 503]')) },
  )
  .min(1, { error: instead(() => 'is empty; for no retries, write retries: false') })
  .transform((conditions): readonly RetryCondition[] => [...new Set(conditions)])
  .meta({ title: 'list of `connect`, `stale` and statuses' })

const retryMap = section({
  attempts: count(0, 10)
    .prefault(1)
    .describe(
      'Repetitions at most, not counting those after a failed connect; one, since the next member is seldom broken ' +
        'too; 0 for none at all.',
    ),
  on: on
    .prefault(['connect', 'stale', 502, 503, 504])
    .describe(
      'What may be repeated: connect (nothing was sent), stale (a kept connection was closed meanwhile), and ' +
        "statuses, the member's or ours; by default, what another member may do better.",
    ),
  idempotent: flag()
    .prefault(false)
    .describe(
      'Whether requests may be repeated whatever their method; if not, only those of idempotent methods are, since ' +
        'only the app knows what it may do twice.',
    ),
  backoff: range('0ms', '24h')
    .prefault('25ms..250ms')
    .describe(
      'Time to wait before a repetition: at random up to the shorter, then up to twice that, and so on to the ' +
        'longer; short, because a client waits, and random, so that not all come back at once.',
    ),
  budget: budget('20%', 10)
    .prefault('20%')
    .describe('Repetitions that the service is given at most; when all fails, retries only add to the load.'),
  body: size('0B', '1MiB')
    .prefault('64KiB')
    .describe(
      'Size up to which a request, head included, is kept to be repeated; larger ones are seldom, and would fill our ' +
        'memory.',
    ),
})

const NONE: RetrySettings = { ...retryMap.parse({}), attempts: 0 }

export const retries = orFalse(retryMap, 'a way to retry', '{ attempts: 1 }')
  .transform((settings): RetrySettings => settings ?? NONE)
  .meta({ title: '`false` or a map' })
