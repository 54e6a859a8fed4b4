import { expect } from 'chai'
import { Member, type Told } from '../../../sidecar/cluster/member.ts'
import type { Outcome } from '../../../sidecar/model/outcome.ts'

const TAU = 10_000

describe('cluster: member', () => {
  let told: Told
  let member: Member
  beforeEach(() => {
    told = { now: 1000 }
    member = new Member({ address: 'a:80', weight: 1 }, told)
  })

  function exchange(outcome: Outcome): void {
    member.begin()
    member.end(outcome)
  }
  const answered = (ms: number, status = 200): Outcome => ({ kind: 'answered', status, ms })

  it('counts what was picked, what is in flight, and what came of it', () => {
    for (let n = 0; n < 6; n++) member.begin()
    member.end(answered(1))
    member.end(answered(1, 404))
    member.end(answered(1, 503))
    member.end({ kind: 'unreachable', code: 'ECONNREFUSED' })
    member.end({ kind: 'abandoned' })
    const { picked, inFlight, succeeded, failed } = member
    expect({ picked, inFlight, succeeded, failed }).to.deep.equal({ picked: 6, inFlight: 1, succeeded: 2, failed: 2 })
  })

  it('has no latency before the first answer', () => {
    expect(member.latencyMs).to.equal(0)
    exchange({ kind: 'abandoned' })
    exchange({ kind: 'timed-out', phase: 'head' })
    told.now += 1000
    expect(member.latencyMs).to.equal(0)
  })

  it('believes a slower answer at once', () => {
    exchange(answered(10))
    expect(member.latencyMs).to.equal(10)
    exchange(answered(500))
    expect(member.latencyMs).to.equal(500)
  })

  it('believes a faster one only as the slower fades', () => {
    exchange(answered(500))
    exchange(answered(10))
    expect(member.latencyMs).to.equal(500)
    told.now += TAU
    exchange(answered(10))
    expect(member.latencyMs).to.be.closeTo(500 / Math.E + 10 * (1 - 1 / Math.E), 1e-9)
  })

  it('decays with time alone, however often it is read', () => {
    exchange(answered(100))
    for (let n = 0; n < 10; n++) {
      told.now += TAU / 10
      expect(member.latencyMs).to.be.closeTo(100 * Math.exp(-(n + 1) / 10), 1e-9)
    }
  })

  it('knows that it was measured when the answer took no time by the clock', () => {
    exchange(answered(0))
    expect(member.latencyMs).to.be.within(1e-6, 0.1)
  })

  it('does not take a quick failure for speed, but a slow one for slowness', () => {
    exchange(answered(1, 503))
    expect(member.latencyMs).to.equal(0)
    exchange(answered(100))
    told.now += 3 * TAU
    const before = member.latencyMs
    exchange(answered(1, 503))
    expect(member.latencyMs).to.equal(before)
    exchange(answered(300, 503))
    expect(member.latencyMs).to.equal(300)
  })
})
