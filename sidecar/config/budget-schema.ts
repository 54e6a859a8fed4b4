import { z } from 'zod'
import type { BudgetSettings } from '../model/resilience-settings.ts'
import { count, instead, section, share } from './fields.ts'
import { readShare } from './units.ts'

/** A share alone leaves `perSecond` at its default. */
export function budget(shareOf: string, perSecond: number) {
  const map = section({
    share: share('0%', '100%')
      .prefault(shareOf)
      .describe('Share of the requests of the last ten seconds; so many more are all that a service in trouble gets.'),
    perSecond: count(0, 1_000_000)
      .prefault(perSecond)
      .describe(
        perSecond === 0
          ? 'Number that is free each second, whatever the share; none, since nobody fails for want of a hedge.'
          : 'Number that is free each second, whatever the share; so that a service with few requests has some too.',
      ),
  })
  const error = instead(input => {
    const reading = readShare(input, '0%', '100%', `a map like { share: ${shareOf}, perSecond: ${perSecond} }`)
    return 'problem' in reading ? reading.problem : undefined
  })
  return z
    .union([share('0%', '100%').transform((share): BudgetSettings => ({ share, perSecond })), map], { error })
    .meta({ title: 'share, 0% to 100%, or a map' })
}
