import { expect } from 'chai'
import { balancers } from '../../sidecar/balance/index.ts'
import { exponential } from '../../simulate/dice.ts'
import { type Fleet, sendFleet } from '../../simulate/fleet.ts'
import { atRandom } from '../../simulate/references.ts'

describe('simulate/fleet', () => {
  const seed = Date.now() % 2 ** 31
  const fleet: Fleet = {
    ...{ name: 'test', sidecars: 3, hosts: 4, balancer: atRandom, reports: false, discipline: 'shared' },
    ...{ load: 0.5, mean: 10, service: exponential, requests: 60_000 },
  }

  for (const discipline of ['in turn', 'shared'] as const) {
    it(`serves ${discipline} as M/M/1 does, when hosts are drawn at random`, () => {
      const found = sendFleet({ ...fleet, discipline }, { seed, scale: 1 })
      expect(found.count).to.be.within(50_000, 57_000)
      expect(found.mean(), `seed ${seed}`).to.be.within(18, 22)
    })
  }

  it('is not moved by reports where one sidecar sees all', () => {
    const one = { ...fleet, sidecars: 1, balancer: balancers['least-connections'] }
    const [without, told] = [false, true].map(reports => sendFleet({ ...one, reports }, { seed, scale: 0.1 }))
    expect(told!.mean(), `seed ${seed}`).to.equal(without!.mean())
  })
})
