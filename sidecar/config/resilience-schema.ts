// The smaller parts of a service's resilience: how a member starts, when too few are left, and faults on purpose.

import type { FaultSettings } from '../model/resilience-settings.ts'
import { asWhole, count, duration, orFalse, section, share } from './fields.ts'
import { isNot } from './wording.ts'

export const panic = share('0%', '100%')
  .prefault('50%')
  .describe(
    'Share of the members that must be available; with fewer, health and ejection are ignored, because all requests ' +
      'to a few would bring those down too; 0% for never.',
  )

export const slowStart = orFalse(
  section({
    over: duration('1ms', '24h')
      .prefault('30s')
      .describe(
        'Time from joining, or from being healthy again, to a full share; so long takes a JIT, a cache, a pool.',
      ),
    floor: share('1%', '100%')
      .prefault('10%')
      .describe('Share to begin with; not 0%, because without requests nothing warms up.'),
  }),
  'a slow start',
  '{ over: 30s }',
)

const faultShare = share('0%', '100%')
  .prefault('100%')
  .describe('Share of the requests that it happens to; all, so that a test needs no luck.')

export const faults = orFalse(
  section({
    delay: section({
      share: faultShare,
      for: duration('1ms', '24h')
        .prefault('1s')
        .describe('Time that a request is held back; long enough to be noticed.'),
    })
      .transform(({ share, for: ms }) => ({ share, ms }))
      .optional()
      .describe('Holds requests back before they are sent; not at all when left out.'),
    abort: section({
      share: faultShare,
      status: count(400, 599).prefault(503).describe('Status to answer with; 503 is what an overloaded service says.'),
    })
      .optional()
      .describe('Answers requests with an error, without asking a member; not at all when left out.'),
  })
    .refine(
      ({ delay, abort }) => delay !== undefined || abort !== undefined,
      asWhole(input => isNot(input, 'a fault', 'delay, abort or both')),
    )
    .transform(({ delay, abort }): FaultSettings => ({ delay, abort }))
    .meta({ minProperties: 1 }),
  'a fault',
  '{ delay: { share: 10%, for: 1s } }',
)
