import { expect } from 'chai'
import { createRetryBudget, type RetryBudget } from '../../../sidecar/resilience/retry-budget.ts'

const SECOND = 1000
/** A clock that began long ago: nothing may depend on where it stands. */
const START = 7_654_321

function withdrawAll(budget: RetryBudget, now: number): number {
  let taken = 0
  while (budget.withdraw(now)) taken++
  return taken
}

function deposit(budget: RetryBudget, times: number, now: number) {
  for (let i = 0; i < times; i++) budget.deposit(now)
}

describe('resilience: retry budget', () => {
  it('has its reserve at once, and no more', () => {
    const budget = createRetryBudget({ share: 0.2, perSecond: 10 })
    expect(budget.left(START)).to.equal(100)
    expect(withdrawAll(budget, START)).to.equal(100)
    expect(budget.left(START)).to.equal(0)
    expect(budget.withdraw(START)).to.equal(false)
  })

  it('adds a share of the requests', () => {
    const budget = createRetryBudget({ share: 0.2, perSecond: 0 })
    expect(budget.withdraw(START)).to.equal(false)
    deposit(budget, 4, START)
    expect(budget.left(START)).to.equal(0)
    deposit(budget, 1, START)
    expect(budget.left(START)).to.equal(1)
    expect(budget.withdraw(START)).to.equal(true)
    expect(budget.withdraw(START)).to.equal(false)
  })

  it('does not count a repetition as a request', () => {
    const budget = createRetryBudget({ share: 1, perSecond: 0 })
    deposit(budget, 3, START)
    expect(withdrawAll(budget, START)).to.equal(3)
    expect(budget.left(START)).to.equal(0)
  })

  it('gives back after ten seconds what was taken, and forgets what was put in', () => {
    const budget = createRetryBudget({ share: 0.5, perSecond: 1 })
    deposit(budget, 20, START)
    expect(withdrawAll(budget, START)).to.equal(20)
    expect(budget.left(START + 9 * SECOND)).to.equal(0)
    expect(budget.left(START + 10 * SECOND)).to.equal(10)
  })

  it('is never negative, though requests leave the window before their repetitions', () => {
    const budget = createRetryBudget({ share: 1, perSecond: 0 })
    deposit(budget, 50, START)
    expect(withdrawAll(budget, START + 5 * SECOND)).to.equal(50)
    expect(budget.left(START + 12 * SECOND)).to.equal(0)
    deposit(budget, 49, START + 12 * SECOND)
    expect(budget.left(START + 12 * SECOND)).to.equal(0)
    deposit(budget, 2, START + 12 * SECOND)
    expect(budget.left(START + 12 * SECOND)).to.equal(1)
  })

  it('saves nothing up: an idle hour leaves the reserve', () => {
    const budget = createRetryBudget({ share: 0.2, perSecond: 10 })
    deposit(budget, 1000, START)
    expect(budget.left(START)).to.equal(300)
    expect(budget.left(START + 3600 * SECOND)).to.equal(100)
  })

  it('holds repetitions to the share under a steady load of which all fails', () => {
    const budget = createRetryBudget({ share: 0.2, perSecond: 10 })
    let repeated = 0
    const seconds = 300
    for (let ms = 0; ms < seconds * SECOND; ms++) {
      budget.deposit(START + ms)
      if (budget.withdraw(START + ms)) repeated++
    }
    const perSecond = 0.2 * 1000 + 10
    // The window is a slice short of ten seconds when a new slice begins.
    expect(repeated / seconds).to.be.within(perSecond * 0.98, perSecond * 1.12)
  })

  it('counts in whole numbers whatever the share', () => {
    for (let percent = 1; percent <= 100; percent++) {
      const budget = createRetryBudget({ share: percent / 100, perSecond: 0 })
      deposit(budget, 100, START)
      expect(budget.left(START), `${percent} %`).to.equal(percent)
    }
  })

  it('takes a reserve of less than one a second', () => {
    expect(withdrawAll(createRetryBudget({ share: 0, perSecond: 0.1 }), START)).to.equal(1)
  })

  it('allows nothing when it is told so', () => {
    const budget = createRetryBudget({ share: 0, perSecond: 0 })
    deposit(budget, 1000, START)
    expect(budget.withdraw(START)).to.equal(false)
  })
})
