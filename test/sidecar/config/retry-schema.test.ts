import { expect } from 'chai'
import type { RetrySettings } from '../../../sidecar/model/resilience-settings.ts'
import { itRefuses, serviceOf } from './told.ts'

const RETRIES: RetrySettings = {
  attempts: 1,
  on: ['connect', 'stale', 502, 503, 504],
  idempotent: false,
  backoff: { least: 25, most: 250 },
  budget: { share: 0.2, perSecond: 10 },
  body: 65_536,
}

describe('config: retries', () => {
  it('are on by default, and none with false', () => {
    expect(serviceOf('').retries).to.deep.equal(RETRIES)
    expect(serviceOf('retries: {}').retries).to.deep.equal(RETRIES)
    expect(serviceOf('retries: false').retries).to.deep.equal({ ...RETRIES, attempts: 0 })
  })

  it('take every key', () => {
    expect(
      serviceOf('retries: { attempts: 10, on: [429], idempotent: true, backoff: 0ms, budget: 5%, body: 0B }').retries,
    ).to.deep.equal({
      attempts: 10,
      on: [429],
      idempotent: true,
      backoff: { least: 0, most: 0 },
      budget: { share: 0.05, perSecond: 10 },
      body: 0,
    })
    expect(serviceOf('retries: { backoff: 1s..2s, body: 1MiB }').retries).to.deep.include({
      backoff: { least: 1_000, most: 2_000 },
      body: 1_048_576,
    })
  })

  it('take every status that may pass, each once', () => {
    expect(serviceOf('retries: { on: [stale, 408, 425, 429, 500, 505, 599, 500, stale] }').retries.on).to.deep.equal([
      'stale',
      408,
      425,
      429,
      500,
      505,
      599,
    ])
  })

  it('have a budget of a share, or of a map', () => {
    const budgetOf = (budget: string) => serviceOf(`retries: { budget: ${budget} }`).retries.budget
    expect(budgetOf('0%')).to.deep.equal({ share: 0, perSecond: 10 })
    expect(budgetOf('{}')).to.deep.equal({ share: 0.2, perSecond: 10 })
    expect(budgetOf('{ perSecond: 0 }')).to.deep.equal({ share: 0.2, perSecond: 0 })
    expect(budgetOf('{ share: 100%, perSecond: 1 }')).to.deep.equal({ share: 1, perSecond: 1 })
  })

  const reason =
    'is not a reason to retry; expected connect, stale or a status: 408, 425, 429, or 500 to 599 without 501'
  itRefuses([
    ['retries: 1', 'retries: 1 is not a way to retry; expected false, or a map like { attempts: 1 }'],
    ['retries: true', 'retries: true is not a way to retry; expected false, or a map like { attempts: 1 }'],
    [
      'retries: { attempts: 11, idempotent: yes, backoff: 25..250, budget: 20, body: 64, bakoff: 1s }',
      `
        retries.attempts: 11 is not allowed; expected a whole number, 0 to 10
        retries.idempotent: "yes" is not a switch; expected true or false
        retries.backoff: "25..250" has no unit; write 25s..250s or 25ms..250ms
        retries.budget: 20 has no unit; write 20%, or a map like { share: 20%, perSecond: 10 }
        retries.body: 64 has no unit; write 64KiB or 64B
        retries.bakoff: unknown key; expected one of attempts, on, idempotent, backoff, budget, body. Did you mean "backoff"?
      `,
    ],
    [
      'retries: { on: [conect, 404, 501, 600, "503", 5xx, 503.5, true] }',
      `
        retries.on[0]: "conect" ${reason}. Did you mean "connect"?
        retries.on[1]: 404 ${reason}
        retries.on[2]: 501 ${reason}
        retries.on[3]: 600 ${reason}
        retries.on[4]: "503" ${reason}. Did you mean 503, without quotes?
        retries.on[5]: "5xx" ${reason}
        retries.on[6]: 503.5 ${reason}
        retries.on[7]: true ${reason}
      `,
    ],
    ['retries: { on: 503 }', 'retries.on: 503 is not a list of reasons; expected a list like [connect, stale, 503]'],
    ['retries: { on: [] }', 'retries.on: is empty; for no retries, write retries: false'],
    ['retries: { body: 2MiB }', 'retries.body: "2MiB" is out of range; expected 0B to 1MiB'],
    [
      'retries: { budget: { share: 0.2, perSecond: -1, pershare: 1 } }',
      `
        retries.budget.share: 0.2 has no unit; write 20% or 0.2%
        retries.budget.perSecond: -1 is not allowed; expected a whole number, 0 to 1000000
        retries.budget.pershare: unknown key; expected one of share, perSecond
      `,
    ],
    ['retries: { budget: 120% }', 'retries.budget: "120%" is out of range; expected 0% to 100%'],
    [
      'retries: { budget: [] }',
      'retries.budget: a list is not a share; expected 0% to 100%, as a number and %, or a map like { share: 20%, perSecond: 10 }',
    ],
  ])
})
