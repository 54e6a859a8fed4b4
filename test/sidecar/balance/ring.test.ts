import { expect } from 'chai'
import { buildRing, seek } from '../../../sidecar/balance/ring.ts'
import type { Endpoint } from '../../../sidecar/model/endpoint.ts'

const endpoints = (count: number, weight = 1): Endpoint[] =>
  Array.from({ length: count }, (_, i) => ({ address: `10.1.0.${i}:80`, weight }))

describe('balance: ring', () => {
  it('is the same whatever the order of the endpoints', () => {
    const forward = endpoints(20)
    const backward = [...forward].reverse()
    const a = buildRing(forward)
    const b = buildRing(backward)
    expect([...a.points]).to.deep.equal([...b.points])
    expect([...a.owners].map(i => forward[i])).to.deep.equal([...b.owners].map(i => backward[i]))
  })

  it('is so even where two of them own the same point', () => {
    // Found by search: point 110 of the one is point 38 of the other.
    const [a, b] = ['10.0.1.39:80', '10.0.3.190:80'].map(address => ({ address, weight: 1 })) as [Endpoint, Endpoint]
    const owners = (pair: Endpoint[]) => [...buildRing(pair).owners].map(i => pair[i]!.address)
    const { points } = buildRing([a, b])
    expect(new Set(points).size).to.equal(points.length - 1)
    expect(owners([a, b])).to.deep.equal(owners([b, a]))
  })

  it('goes round: past the last point comes the first', () => {
    const ring = { points: Uint32Array.of(10, 20, 30), owners: Uint32Array.of(0, 1, 2) }
    expect([0, 10, 11, 20, 30, 31, 0xffffffff].map(p => seek(ring, p))).to.deep.equal([0, 0, 1, 1, 2, 0, 0])
  })

  it('has points in ascending order, in proportion to the weights, and for the lightest at least one', () => {
    const { points, owners } = buildRing([
      { address: 'a', weight: 10 },
      { address: 'b', weight: 20 },
      { address: 'c', weight: 0.001 },
    ])
    expect([...points]).to.deep.equal([...points].sort((a, b) => a - b))
    const counts = [0, 1, 2].map(i => owners.filter(o => o === i).length)
    expect(counts[1]).to.equal(2 * counts[0]!)
    expect(counts[0]).to.be.within(100, 260)
    expect(counts[2]).to.equal(1)
  })

  it('does not grow without bounds', () => {
    expect(buildRing(endpoints(2000, 100)).points.length).to.be.at.most(100_000)
  })

  it('moves no point of the others when one is added or weighs more', () => {
    const before = buildRing(endpoints(9))
    const known = new Set(before.points)
    const owned = (e: Endpoint[]) => {
      const { points, owners } = buildRing(e)
      return [...points].filter((_, i) => owners[i]! < 9 && owners[i] !== 3)
    }
    const heavier = endpoints(9).map((e, i) => (i === 3 ? { ...e, weight: 3 } : e))
    const rest = [...before.points].filter((_, i) => before.owners[i] !== 3)
    expect(owned(heavier)).to.deep.equal(rest)
    expect(owned(endpoints(10))).to.deep.equal(rest)
    expect(known.size).to.equal(before.points.length)
  })
})
