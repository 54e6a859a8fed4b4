import type { HedgeSettings } from '../model/resilience-settings.ts'
import { budget } from './budget-schema.ts'
import { orFalse, section, written } from './fields.ts'
import { DURATION_PATTERN, type Reading, readDuration } from './units.ts'
import { show, textOf } from './wording.ts'

function readAfter(input: unknown): Reading<HedgeSettings['after']> {
  const percent = /^p(\d+(?:\.\d+)?)$/.exec(textOf(input))?.[1]
  if (percent !== undefined) {
    return Number(percent) >= 50 && Number(percent) <= 99.9
      ? { value: { percentile: Number(`${percent}e-2`) } }
      : { problem: `${show(input)} is out of range; expected p50 to p99.9` }
  }
  const reading = readDuration(input, '1ms', '24h', 'a percentile, p50 to p99.9')
  if ('value' in reading) return { value: { ms: reading.value } }
  const meant = /^p?(\d+(?:\.\d+)?)(?:%|th)?$/i.exec(typeof input === 'string' ? input : '')?.[1]
  const guess = meant !== undefined && 'value' in readAfter(`p${meant}`) ? `. Did you mean "p${meant}"?` : ''
  return { problem: reading.problem + guess }
}

export const hedge = orFalse(
  section({
    after: written(
      readAfter,
      'duration, 1ms to 24h, or percentile, `p50` to `p99.9`',
      `${DURATION_PATTERN}|^p\\d+(\\.\\d+)?$`,
    )
      .prefault('p95')
      .describe(
        "Time without an answer after which a second attempt is sent, or a percentile of the service's latency for " +
          'it; p95, since then one request in twenty is sent twice.',
      ),
    budget: budget('10%', 0)
      .prefault('10%')
      .describe(
        'Second attempts that the service is given at most; if it is slow as a whole, more requests make it slower.',
      ),
  }),
  'a hedge',
  '{ after: p95 }',
)
