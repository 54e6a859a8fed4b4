import { expect } from 'chai'
import type { HedgeSettings } from '../../../sidecar/model/resilience-settings.ts'
import { itRefuses, serviceOf } from './told.ts'

const HEDGE: HedgeSettings = { after: { percentile: 0.95 }, budget: { share: 0.1, perSecond: 0 } }

describe('config: hedge', () => {
  it('is off by default, and on with a map', () => {
    expect(serviceOf('').hedge).to.equal(undefined)
    expect(serviceOf('hedge: false').hedge).to.equal(undefined)
    expect(serviceOf('hedge: {}').hedge).to.deep.equal(HEDGE)
  })

  it('comes after a time, or after a percentile', () => {
    const afterOf = (after: string) => serviceOf(`hedge: { after: ${after} }`).hedge?.after
    expect(afterOf('100ms')).to.deep.equal({ ms: 100 })
    expect(afterOf('p50')).to.deep.equal({ percentile: 0.5 })
    expect(afterOf('p99')).to.deep.equal({ percentile: 0.99 })
    expect(afterOf('p99.9')).to.deep.equal({ percentile: 0.999 })
  })

  it('has a budget of a share, or of a map', () => {
    const budgetOf = (budget: string) => serviceOf(`hedge: { budget: ${budget} }`).hedge?.budget
    expect(budgetOf('5%')).to.deep.equal({ share: 0.05, perSecond: 0 })
    expect(budgetOf('{ perSecond: 2 }')).to.deep.equal({ share: 0.1, perSecond: 2 })
  })

  const neither =
    'is not a duration; expected 1ms to 24h, as a number and one of ms, s, m, h, d, or a percentile, p50 to p99.9'
  itRefuses([
    ['hedge: true', 'hedge: true is not a hedge; expected false, or a map like { after: p95 }'],
    ['hedge: 100ms', 'hedge: "100ms" is not a hedge; expected false, or a map like { after: p95 }'],
    ['hedge: { afer: p95 }', 'hedge.afer: unknown key; expected one of after, budget. Did you mean "after"?'],
    ['hedge: { after: 100 }', 'hedge.after: 100 has no unit; write 100s or 100ms, or a percentile, p50 to p99.9'],
    ['hedge: { after: 0ms }', 'hedge.after: "0ms" is out of range; expected 1ms to 24h, or a percentile, p50 to p99.9'],
    ['hedge: { after: p49 }', 'hedge.after: "p49" is out of range; expected p50 to p99.9'],
    ['hedge: { after: p100 }', 'hedge.after: "p100" is out of range; expected p50 to p99.9'],
    ['hedge: { after: P95 }', `hedge.after: "P95" ${neither}. Did you mean "p95"?`],
    ['hedge: { after: 95% }', `hedge.after: "95%" ${neither}. Did you mean "p95"?`],
    ['hedge: { after: 95th }', `hedge.after: "95th" ${neither}. Did you mean "p95"?`],
    ['hedge: { after: slow }', `hedge.after: "slow" ${neither}`],
    ['hedge: { after: [] }', `hedge.after: a list ${neither}`],
    ['hedge: { budget: 10 }', 'hedge.budget: 10 has no unit; write 10%, or a map like { share: 10%, perSecond: 0 }'],
  ])
})
