import { expect } from 'chai'
import { createChoose } from '../../../sidecar/cluster/choose.ts'
import { Member } from '../../../sidecar/cluster/member.ts'
import type { Picker } from '../../../sidecar/model/candidate.ts'

describe('cluster: choose', () => {
  const members = (...names: string[]) => names.map(address => new Member({ address, weight: 1 }, { now: 0 }))
  const first =
    (all: readonly Member[]): Picker<Member> =>
    isFit =>
      all.find(isFit)

  it('passes over those that drain', () => {
    const [a, b] = members('a', 'b') as [Member, Member]
    const choose = createChoose()
    expect(choose(first([a, b]), undefined, undefined)).to.equal(a)
    a.draining = true
    expect(choose(first([a, b]), undefined, undefined)).to.equal(b)
    b.draining = true
    expect(choose(first([a, b]), undefined, undefined)).to.equal(undefined)
  })

  it('takes another than the excluded one, and that one rather than none', () => {
    const [a, b] = members('a', 'b') as [Member, Member]
    const choose = createChoose()
    expect(choose(first([a, b]), undefined, a)).to.equal(b)
    b.draining = true
    expect(choose(first([a, b]), undefined, a)).to.equal(a)
    a.draining = true
    expect(choose(first([a, b]), undefined, a)).to.equal(undefined)
  })

  it('excludes for one pick only', () => {
    const [a, b] = members('a', 'b') as [Member, Member]
    const choose = createChoose()
    choose(first([a, b]), undefined, a)
    expect(choose(first([a, b]), undefined, undefined)).to.equal(a)
  })

  it('hands the key to the picker on every rung, and makes no predicate per pick', () => {
    const [a] = members('a') as [Member]
    const choose = createChoose()
    const keys: unknown[] = []
    const predicates = new Set<unknown>()
    const picker: Picker<Member> = (isFit, key) => {
      keys.push(key)
      predicates.add(isFit)
      return isFit(a) ? a : undefined
    }
    for (let n = 0; n < 3; n++) choose(picker, 'k', a)
    choose(picker, 'k', undefined)
    expect(keys).to.deep.equal(Array(7).fill('k'))
    expect(predicates.size).to.equal(2)
  })
})
