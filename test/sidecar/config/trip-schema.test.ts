import { expect } from 'chai'
import type { BreakerSettings, EjectionSettings } from '../../../sidecar/model/resilience-settings.ts'
import { itRefuses, serviceOf } from './told.ts'

const BREAKER: BreakerSettings = {
  consecutive: 5,
  failureRate: undefined,
  slowRate: undefined,
  open: { least: 1_000, most: 60_000 },
  trials: 1,
}

const EJECTION: EjectionSettings = {
  ...BREAKER,
  failureRate: { above: 0.2, of: 5, within: 10_000 },
  most: 0.5,
}

describe('config: ejection', () => {
  it('is on by default, and off with false', () => {
    expect(serviceOf('').ejection).to.deep.equal(EJECTION)
    expect(serviceOf('ejection: {}').ejection).to.deep.equal(EJECTION)
    expect(serviceOf('ejection: false').ejection).to.equal(undefined)
  })

  it('takes each rule, or false for it', () => {
    expect(serviceOf('ejection: { consecutive: false }').ejection).to.deep.equal({ ...EJECTION, consecutive: Infinity })
    expect(serviceOf('ejection: { consecutive: 3, failureRate: false }').ejection).to.deep.equal({
      ...EJECTION,
      consecutive: 3,
      failureRate: undefined,
    })
    expect(serviceOf('ejection: { failureRate: { above: 0%, of: 100 } }').ejection?.failureRate).to.deep.equal({
      above: 0,
      of: 100,
      within: 10_000,
    })
    expect(serviceOf('ejection: { slowRate: { slower: 250ms } }').ejection?.slowRate).to.deep.equal({
      slower: 250,
      above: 0.5,
      of: 20,
      within: 10_000,
    })
  })

  it('takes how long, how many trials, and how many members', () => {
    expect(serviceOf('ejection: { open: 5s, trials: 3, most: 33.3% }').ejection).to.deep.equal({
      ...EJECTION,
      open: { least: 5_000, most: 5_000 },
      trials: 3,
      most: 0.333,
    })
    expect(serviceOf('ejection: { open: 250ms..5m }').ejection?.open).to.deep.equal({ least: 250, most: 300_000 })
  })

  itRefuses([
    ['ejection: true', 'ejection: true is not an ejection; expected false, or a map like { consecutive: 5 }'],
    [
      'ejection: { most: 50, consecutve: 5, open: 1..60s }',
      `
        ejection.most: 50 has no unit; write 50%
        ejection.consecutve: unknown key; expected one of consecutive, failureRate, slowRate, open, trials, most. Did you mean "consecutive"?
        ejection.open: "1..60s" is not a range; expected two durations from 1ms to 24h, the shorter first, like 1s..60s. Did you mean "1s..60s"?
      `,
    ],
    [
      'ejection: { consecutive: false, failureRate: false }',
      'ejection: has no rule to trip by; expected at least one of consecutive, failureRate, slowRate, or false in place of the map',
    ],
  ])
})

for (const key of ['breaker', 'serviceBreaker'] as const) {
  describe(`config: ${key}`, () => {
    it('is off by default, and on with a map', () => {
      expect(serviceOf('')[key]).to.equal(undefined)
      expect(serviceOf(`${key}: false`)[key]).to.equal(undefined)
      expect(serviceOf(`${key}: {}`)[key]).to.deep.equal(BREAKER)
    })

    it('takes what ejection takes', () => {
      const lines = `${key}: { consecutive: false, failureRate: {}, slowRate: { slower: 2s, of: 1 }, open: 1s..2s, trials: 2 }`
      expect(serviceOf(lines)[key]).to.deep.equal({
        consecutive: Infinity,
        failureRate: { above: 0.2, of: 5, within: 10_000 },
        slowRate: { slower: 2_000, above: 0.5, of: 1, within: 10_000 },
        open: { least: 1_000, most: 2_000 },
        trials: 2,
      })
      expect(serviceOf(`${key}: { consecutive: false, slowRate: { slower: 1s } }`)[key]).to.include({
        consecutive: Infinity,
      })
    })

    itRefuses([
      [`${key}: true`, `${key}: true is not a breaker; expected false, or a map like { consecutive: 5 }`],
      [`${key}: off`, `${key}: "off" is not a breaker; expected false, or a map like { consecutive: 5 }`],
      [`${key}: []`, `${key}: a list is not a breaker; expected false, or a map like { consecutive: 5 }`],
      [`${key}:`, `${key}: has no value; give it one, or leave it out`],
      [
        `${key}: { consecutive: false }`,
        `${key}: has no rule to trip by; expected at least one of consecutive, failureRate, slowRate, or false in place of the map`,
      ],
      [
        `${key}: { consecutive: 0, failureRate: true, slowRate: {}, open: 5, trials: 0, most: 50% }`,
        `
          ${key}.consecutive: 0 is not allowed; expected a whole number, 1 to 1000, or false
          ${key}.failureRate: true is not a failure rate; expected false, or a map like { above: 20%, of: 5, within: 10s }
          ${key}.slowRate.slower: is missing
          ${key}.open: 5 has no unit; write 5s or 5ms, or a range like 1s..60s
          ${key}.trials: 0 is not allowed; expected a whole number, 1 to 100
          ${key}.most: unknown key; expected one of consecutive, failureRate, slowRate, open, trials; that is a key of services.*.limits.adaptive or services.*.ejection
        `,
      ],
      [
        `${key}: { consecutive: true, failureRate: { above: 20, of: 0, within: 10 }, slowRate: { slower: 1, above: 100%, after: 1s } }`,
        `
          ${key}.consecutive: true is not allowed; expected a whole number, 1 to 1000, or false
          ${key}.failureRate.above: 20 has no unit; write 20%
          ${key}.failureRate.of: 0 is not allowed; expected a whole number, 1 to 100000
          ${key}.failureRate.within: 10 has no unit; write 10s or 10ms
          ${key}.slowRate.slower: 1 has no unit; write 1s or 1ms
          ${key}.slowRate.above: "100%" is out of range; expected 0% to 99%
          ${key}.slowRate.after: unknown key; expected one of slower, above, of, within; that is a key of services.*.hedge
        `,
      ],
      [
        `${key}: { slowRate: 1s }`,
        `${key}.slowRate: "1s" is not a rate of slow answers; expected false, or a map like { slower: 1s }`,
      ],
    ])
  })
}
