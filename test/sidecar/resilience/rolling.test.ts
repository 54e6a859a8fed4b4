import { expect } from 'chai'
import { Rolling } from '../../../sidecar/resilience/rolling.ts'
import { seeded } from '../../support/random.ts'

describe('resilience: rolling', () => {
  it('holds what is within the window, and lets go of it a tenth at a time', () => {
    const rolling = new Rolling(1_000)
    for (let now = 0; now < 1_000; now += 100) rolling.add(now % 200 === 0, now)
    expect([rolling.total, rolling.bad]).to.deep.equal([10, 5])
    rolling.advance(1_000)
    expect([rolling.total, rolling.bad]).to.deep.equal([9, 4])
    rolling.advance(1_899)
    expect([rolling.total, rolling.bad]).to.deep.equal([1, 0])
    rolling.advance(1_900)
    expect([rolling.total, rolling.bad]).to.deep.equal([0, 0])
  })

  it('never goes back, and takes what comes late for now', () => {
    const rolling = new Rolling(1_000)
    rolling.add(true, 5_000)
    rolling.add(true, 4_000)
    expect(rolling.total).to.equal(2)
    rolling.advance(100)
    expect(rolling.total).to.equal(2)
  })

  it('agrees with a list of everything, over random times', () => {
    const seed = Date.now() % 2 ** 31
    const random = seeded(seed)
    const rolling = new Rolling(1_000)
    const all: { slice: number; bad: boolean }[] = []
    let now = 0
    for (let n = 0; n < 5_000; n++) {
      now += random() < 0.01 ? random() * 5_000 : random() * 30
      const bad = random() < 0.3
      rolling.add(bad, now)
      const slice = Math.floor(now / 100)
      all.push({ slice, bad })
      const live = all.filter(each => each.slice > slice - 10)
      expect([rolling.total, rolling.bad], `seed ${seed}, ${n}`).to.deep.equal([
        live.length,
        live.filter(each => each.bad).length,
      ])
    }
  })
})
