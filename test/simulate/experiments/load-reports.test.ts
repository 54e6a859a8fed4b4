import { expect } from 'chai'
import { measureLoadReports } from '../../../simulate/experiments/load-reports.ts'

describe('simulate/experiments/load-reports', () => {
  const setting = { seed: Date.now() % 2 ** 31, scale: 0.15 }
  const usual = { load: 0.8, sidecars: 20, balance: 'least-connections' } as const

  for (const discipline of ['shared', 'in turn'] as const) {
    it(`shortens the p99 when requests are served ${discipline}`, () => {
      const [row] = measureLoadReports(setting, [{ ...usual, discipline }])
      const told = `seed ${setting.seed}: ${JSON.stringify(row)}`
      expect(row!.ratio, told).to.be.below(0.9)
      expect(row!.with.mean, told).to.be.within(row!.alone.mean, row!.without.mean)
    })
  }
})
