import { expect } from 'chai'
import { rendezvous } from '../../../sidecar/balance/rendezvous.ts'
import type { Candidate } from '../../../sidecar/model/candidate.ts'

const candidate = (address: string, weight = 1): Candidate => ({
  endpoint: { address, weight },
  inFlight: 0,
  penalty: 0,
  elsewhere: 0,
  latencyMs: 0,
})
const KEYS = Array.from({ length: 10_000 }, (_, i) => `session-${i}`)
const all = () => true

function sharesOf(candidates: readonly Candidate[], fit: (c: Candidate) => boolean = all): Map<string, string> {
  const pick = rendezvous(candidates)
  return new Map(KEYS.map(key => [key, pick(fit, key)!.endpoint.address]))
}

const count = (homes: Map<string, string>, address: string) =>
  [...homes.values()].filter(each => each === address).length

describe('rendezvous', () => {
  const [a, b, c] = [candidate('10.0.0.7:1'), candidate('10.0.0.8:1'), candidate('10.0.0.9:1')]

  it('spreads keys evenly, and by weight', () => {
    const even = sharesOf([a, b, c])
    for (const { endpoint } of [a, b, c]) expect(count(even, endpoint.address)).to.be.closeTo(3333, 200)
    const uneven = sharesOf([a, candidate('10.0.0.8:1', 2), c])
    expect(count(uneven, '10.0.0.8:1')).to.be.closeTo(5000, 200)
  })

  it('depends neither on the order nor on the load', () => {
    const busy = { ...a, inFlight: 500, penalty: 7 }
    expect(sharesOf([c, busy, b])).to.deep.equal(sharesOf([a, b, c]))
  })

  it('moves the keys of one that is not fit to all others alike, and no other key', () => {
    const before = sharesOf([a, b, c])
    const after = sharesOf([a, b, c], each => each !== c)
    const moved = KEYS.filter(key => before.get(key) !== after.get(key))
    expect(moved.every(key => before.get(key) === c.endpoint.address)).to.equal(true)
    expect(moved).to.have.length(count(before, c.endpoint.address))
    expect(moved.filter(key => after.get(key) === a.endpoint.address).length).to.be.closeTo(moved.length / 2, 150)
    expect(after).to.deep.equal(sharesOf([a, b]))
  })

  it('picks nobody without a key, or with nobody fit', () => {
    expect(rendezvous([a, b])(all)).to.equal(undefined)
    expect(rendezvous([a, b])(() => false, 'k')).to.equal(undefined)
    expect(rendezvous([])(all, 'k')).to.equal(undefined)
    expect(rendezvous([a])(all, '')).to.equal(a)
  })
})
