import { expect } from 'chai'
import { createLayer, type Retrying } from '../../simulate/retrying.ts'
import { createTimeline } from '../../simulate/timeline.ts'

describe('simulate/retrying', () => {
  /** Attempts and failures of so many requests, 1 ms apart, of which every attempt fails. */
  function attempts(way: Retrying, requests: number): { sent: number; failed: number; last: number } {
    const timeline = createTimeline()
    const layer = createLayer(way, timeline, () => 0.5)
    let sent = 0
    let failed = 0
    for (let n = 0; n < requests; n++) {
      timeline.at(n, () =>
        layer(
          done => {
            sent++
            timeline.at(timeline.now + 1, () => done(false))
          },
          ok => {
            if (!ok) failed++
          },
        ),
      )
    }
    timeline.run()
    return { sent, failed, last: timeline.now }
  }

  it('repeats as often as it may, after a wait that grows', () => {
    const { sent, failed, last } = attempts({ retries: 3, budget: undefined, members: 1 }, 1)
    expect([sent, failed]).to.deep.equal([4, 1])
    // Half of 25, 50 and 100 ms, and four attempts of 1 ms.
    expect(last).to.equal(12.5 + 25 + 50 + 4)
  })

  it('repeats what the budget allows', () => {
    const budget = { share: 0.2, perSecond: 0 }
    expect(attempts({ retries: 3, budget, members: 1 }, 1_000)).to.include({ sent: 1_200, failed: 1_000 })
  })

  it('repeats nothing once all members are known to fail', () => {
    const { sent } = attempts({ retries: 3, budget: undefined, members: 3 }, 1_000)
    expect(sent).to.be.within(1_001, 1_010)
  })

  it('does not repeat what was served', () => {
    const timeline = createTimeline()
    const layer = createLayer({ retries: 3, budget: undefined, members: 1 }, timeline, () => 0.5)
    const served: boolean[] = []
    let sent = 0
    layer(
      done => done(++sent === 2),
      ok => served.push(ok),
    )
    timeline.run()
    expect([sent, served]).to.deep.equal([2, [true]])
  })
})
