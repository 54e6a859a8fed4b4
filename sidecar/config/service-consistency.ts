// Within one service: settings that are right each for itself, and wrong together.

import { mapOf } from './as-written.ts'
import { EVERY_DEFAULT } from './health-schema.ts'
import { IN_FLIGHT_DEFAULT } from './limits-schema.ts'
import type { Fault, Path } from './problems.ts'
import { stickyFaults } from './sticky-consistency.ts'
import { readDuration } from './units.ts'
import { show } from './wording.ts'

export function serviceInconsistencies(service: Record<string, unknown>, path: Path): Fault[] {
  return [
    ...adaptiveFaults(mapOf(service.limits), [...path, 'limits']),
    ...healthFaults(mapOf(service.health), [...path, 'health']),
    ...stickyFaults(service.sticky, [...path, 'sticky']),
  ]
}

function adaptiveFaults({ adaptive, inFlight = IN_FLIGHT_DEFAULT }: Record<string, unknown>, above: Path): Fault[] {
  const { least, most } = mapOf(adaptive)
  const bound = most ?? inFlight
  if (typeof least !== 'number' || typeof bound !== 'number' || least <= bound) return []
  const name = most === undefined ? 'most, which is limits.inFlight' : 'most'
  return [{ path: [...above, 'adaptive', 'least'], message: `${least} is more than ${name}, ${bound}` }]
}

function healthFaults({ every = EVERY_DEFAULT, timeout, http }: Record<string, unknown>, path: Path): Fault[] {
  const faults: Fault[] = []
  // A timeout that is left out is as long as it may be.
  const limit = readDuration(timeout, '0ms', '24h')
  const period = readDuration(every, '0ms', '24h')
  if ('value' in limit && 'value' in period && limit.value > period.value) {
    const message = `${show(timeout)} is longer than every, ${show(every)}; a check must end before the next begins`
    faults.push({ path: [...path, 'timeout'], message })
  }
  const { method, body = '' } = mapOf(http)
  if (method === 'HEAD' && typeof body === 'string' && body !== '') {
    faults.push({ path: [...path, 'http', 'body'], message: 'is never found; the answer to a HEAD has no body' })
  }
  return faults
}
