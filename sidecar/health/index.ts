import type { HealthCheck } from '../model/resilience-settings.ts'
import type { Checker } from './check.ts'
import { createHttpCheck } from './http-check.ts'
import { createTcpCheck } from './tcp-check.ts'

type Kind = HealthCheck['kind']
type Of<K extends Kind> = Extract<HealthCheck, { readonly kind: K }>

/** Every check by the name that the config gives it; a name without a check does not compile. */
const checks: { readonly [K in Kind]: (settings: Of<K>) => Checker } = {
  http: createHttpCheck,
  tcp: createTcpCheck,
}

/** For one member. */
export function createCheck<K extends Kind>(settings: Of<K>): Checker {
  return checks[settings.kind as K](settings)
}
