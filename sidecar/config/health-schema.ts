import { z } from 'zod'
import type { HealthSettings } from '../model/resilience-settings.ts'
import { asWhole, choice, count, duration, instead, orFalse, section } from './fields.ts'
import { http } from './health-check-schema.ts'
import { isNot } from './wording.ts'

export const EVERY_DEFAULT = '5s'

export const health = orFalse(
  section({
    http: http
      .optional()
      .describe('Asks over HTTP: a path to GET, or a map; this tells whether the app can do its work.'),
    tcp: z
      .literal(true, { error: instead(input => isNot(input, 'allowed', 'true, or http in its place')) })
      .meta({ title: '`true`' })
      .optional()
      .describe('Opens a connection and closes it; for apps without a path to ask, as it only tells that one listens.'),
    every: duration('10ms', '24h')
      .prefault(EVERY_DEFAULT)
      .describe('Time between two checks of a member; often enough to notice, seldom enough to cost nothing.'),
    timeout: duration('1ms', '24h')
      .prefault('1s')
      .describe(
        'Time that a check may take, at most every, to which the default gives way; what takes a second to say that ' +
          'it is well is not.',
      ),
    fall: count(1, 100)
      .prefault(3)
      .describe('Checks in a row that must fail before a member is unhealthy; three, so that one lost packet is none.'),
    rise: count(1, 100)
      .prefault(2)
      .describe('Checks in a row that must succeed before it is healthy again; two, so that what flaps stays out.'),
    initial: choice('a state', ['healthy', 'unhealthy'])
      .prefault('healthy')
      .describe('What a member is before its first check; healthy, so that a start waits for nothing.'),
  })
    .refine(
      ({ http, tcp }) => (http === undefined) !== (tcp === undefined),
      asWhole(input => isNot(input, 'a health check', 'exactly one of http and tcp')),
    )
    .transform(
      ({ http, every, timeout, fall, rise, initial }): HealthSettings => ({
        check: http ?? { kind: 'tcp' },
        every,
        // One that was written longer is refused by service-consistency.ts: this shortens the default.
        timeout: Math.min(timeout, every),
        fall,
        rise,
        initial,
      }),
    )
    .meta({
      oneOf: [
        { type: 'object', properties: { http: { type: ['string', 'object'] } }, required: ['http'] },
        { type: 'object', properties: { tcp: { type: ['boolean', 'string'] } }, required: ['tcp'] },
      ],
    }),
  'a health check',
  '{ http: /readyz }',
)
