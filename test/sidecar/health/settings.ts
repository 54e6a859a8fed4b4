import { TimeUp } from '../../../sidecar/health/check.ts'
import type { HealthCheck, HealthSettings } from '../../../sidecar/model/resilience-settings.ts'

type HttpCheck = Extract<HealthCheck, { readonly kind: 'http' }>

export const http = (changed: Partial<HttpCheck> = {}): HttpCheck => ({
  kind: 'http',
  method: 'GET',
  path: '/readyz',
  headers: {},
  statuses: [{ from: 200, to: 299 }],
  body: '',
  ...changed,
})

export const health = (changed: Partial<HealthSettings> = {}): HealthSettings => ({
  check: http(),
  every: 50,
  timeout: 1000,
  fall: 3,
  rise: 2,
  initial: 'healthy',
  ...changed,
})

/** Aborted as the monitor does it. */
export function timeUpAfter(ms: number): AbortSignal {
  const controller = new AbortController()
  setTimeout(() => controller.abort(new TimeUp(ms)), ms)
  return controller.signal
}
