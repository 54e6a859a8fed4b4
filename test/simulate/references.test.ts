import { expect } from 'chai'
import type { Candidate } from '../../sidecar/model/candidate.ts'
import { atRandom, firstOfTheLeast, firstToBeFree } from '../../simulate/references.ts'

describe('simulate/references', () => {
  const candidates = [2, 1, 1].map((inFlight, i): Candidate => {
    return { endpoint: { address: `host-${i + 1}`, weight: 1 }, inFlight, penalty: 0, elsewhere: 0, latencyMs: 0 }
  })
  const fit = () => true

  it('draws anyone', () => {
    const lots = [0, 0.34, 0.99]
    const picker = atRandom(candidates, () => lots.shift()!)
    expect([picker(fit), picker(fit), picker(fit)]).to.deep.equal(candidates)
  })

  it('takes the first of those with the least', () => {
    const picker = firstOfTheLeast(candidates, () => 0.9)
    expect([picker(fit), picker(fit)]).to.deep.equal([candidates[1], candidates[1]])
  })

  it('takes the one that will be free first', () => {
    const freeAt: Readonly<Record<string, number>> = { 'host-1': 5, 'host-2': 9, 'host-3': 7 }
    expect(firstToBeFree(address => freeAt[address]!)(candidates, () => 0)(fit)).to.equal(candidates[0])
  })
})
