// When a breaker opens and for how long: of a member, of the whole service, and of ejection, which is a soft one.

import type { z } from 'zod'
import type { BreakerSettings, EjectionSettings } from '../model/resilience-settings.ts'
import { asWhole, count, countOr, duration, orFalse, range, section, share } from './fields.ts'

function rate(above: string, of: number) {
  return {
    above: share('0%', '99%')
      .prefault(above)
      .describe('Share that is too much: the rule trips when more than this is counted; what is usual stays below it.'),
    of: count(1, 100_000)
      .prefault(of)
      .describe('Results that there must be before the share counts; with fewer, one bad one would be a lot.'),
    within: duration('1ms', '24h')
      .prefault('10s')
      .describe('Time that results are counted for; long enough to have some, short enough to forget.'),
  }
}

const failureRate = orFalse(section(rate('20%', 5)), 'a failure rate', '{ above: 20%, of: 5, within: 10s }')

const slowRate = orFalse(
  section({
    slower: duration('1ms', '24h').describe(
      'Time to the response head beyond which an answer is slow; there is no default, since only the app knows.',
    ),
    ...rate('50%', 20),
  }),
  'a rate of slow answers',
  '{ slower: 1s }',
)

function rules(failures: z.input<typeof failureRate>) {
  return {
    consecutive: countOr(1, 1_000, false)
      .prefault(5)
      .describe(
        'Failures in a row that trip it; five are no accident, and come quickly where all fail; false for not by ' +
          'this rule.',
      ),
    failureRate: failureRate
      .prefault(failures)
      .describe(
        failures === false
          ? 'Trips on the share of failures; off, as this is the last resort, for what fails altogether.'
          : 'Trips on the share of failures; on, because a host that fails half of the time seldom does so in a row.',
      ),
    slowRate: slowRate
      .prefault(false)
      .describe('Trips on the share of slow answers, be they successes; off, because only the app knows what is slow.'),
    open: range('1ms', '24h')
      .prefault('1s..60s')
      .describe(
        'Time that it stays open: the shorter, doubled each time that it trips again, up to the longer; a restart is ' +
          'over in seconds, and what stays broken is asked once a minute.',
      ),
    trials: count(1, 100)
      .prefault(1)
      .describe('Requests let through when that time is over, all of which must succeed; one, as it may well fail.'),
  }
}

type Trip = z.output<z.ZodObject<ReturnType<typeof rules>>>

function hasRule({ consecutive, failureRate, slowRate }: Trip): boolean {
  return consecutive !== Infinity || failureRate !== undefined || slowRate !== undefined
}

const needsRule = asWhole(
  () =>
    'has no rule to trip by; expected at least one of consecutive, failureRate, slowRate, or false in place of the map',
)

function breakerOf({ consecutive, failureRate, slowRate, open, trials }: Trip): BreakerSettings {
  return { consecutive, failureRate, slowRate, open, trials }
}

const LIKE = '{ consecutive: 5 }'

export const breaker = orFalse(section(rules(false)).refine(hasRule, needsRule).transform(breakerOf), 'a breaker', LIKE)

export const ejection = orFalse(
  section({
    ...rules({}),
    most: share('0%', '100%')
      .prefault('50%')
      .describe(
        'Share of the members that may be out at once; one always may, all never; half, since what fails at more is ' +
          'seldom the members.',
      ),
  })
    .refine(hasRule, needsRule)
    .transform((settings): EjectionSettings => ({ ...breakerOf(settings), most: settings.most })),
  'an ejection',
  LIKE,
)
