import { expect } from 'chai'
import type { HealthSettings } from '../../../sidecar/model/resilience-settings.ts'
import { itRefuses, serviceOf } from './told.ts'

const TCP: HealthSettings = {
  check: { kind: 'tcp' },
  every: 5_000,
  timeout: 1_000,
  fall: 3,
  rise: 2,
  initial: 'healthy',
}

describe('config: health', () => {
  it('is off by default', () => {
    expect(serviceOf('').health).to.equal(undefined)
    expect(serviceOf('health: false').health).to.equal(undefined)
  })

  it('checks by tcp or http, with every default', () => {
    expect(serviceOf('health: { tcp: true }').health).to.deep.equal(TCP)
    expect(serviceOf('health: { http: /readyz }').health).to.deep.equal({
      ...TCP,
      check: {
        kind: 'http',
        method: 'GET',
        path: '/readyz',
        headers: {},
        statuses: [{ from: 200, to: 299 }],
        body: '',
      },
    })
  })

  it('takes when, and what follows', () => {
    const lines = 'health: { tcp: true, every: 10s, timeout: 10s, fall: 1, rise: 100, initial: unhealthy }'
    expect(serviceOf(lines).health).to.deep.equal({
      check: { kind: 'tcp' },
      every: 10_000,
      timeout: 10_000,
      fall: 1,
      rise: 100,
      initial: 'unhealthy',
    })
  })

  it('waits no longer than for the next check, unless told to', () => {
    expect(serviceOf('health: { tcp: true, every: 250ms }').health).to.include({ every: 250, timeout: 250 })
    expect(serviceOf('health: { tcp: true, every: 250ms, timeout: 50ms }').health).to.include({ timeout: 50 })
  })

  itRefuses([
    ['health: true', 'health: true is not a health check; expected false, or a map like { http: /readyz }'],
    ['health: /readyz', 'health: "/readyz" is not a health check; expected false, or a map like { http: /readyz }'],
    ['health: {}', 'health: a map is not a health check; expected exactly one of http and tcp'],
    ['health: { every: 1s }', 'health: a map is not a health check; expected exactly one of http and tcp'],
    ['health: { http: /, tcp: true }', 'health: a map is not a health check; expected exactly one of http and tcp'],
    ['health: { tcp: false }', 'health.tcp: false is not allowed; expected true, or http in its place'],
    [
      'health: { htpp: / }',
      'health.htpp: unknown key; expected one of http, tcp, every, timeout, fall, rise, initial. Did you mean "http"?',
    ],
    [
      'health: { http: /, every: 5, timeout: 0s, fall: 0, rise: 1.5, initial: helthy }',
      `
        health.every: 5 has no unit; write 5s or 5ms
        health.timeout: "0s" is out of range; expected 1ms to 24h
        health.fall: 0 is not allowed; expected a whole number, 1 to 100
        health.rise: 1.5 is not allowed; expected a whole number, 1 to 100
        health.initial: "helthy" is not a state; expected one of healthy, unhealthy. Did you mean "healthy"?
      `,
    ],
    ['health: { tcp: true, every: 5ms, timeout: 1ms }', 'health.every: "5ms" is out of range; expected 10ms to 24h'],
  ])
})
