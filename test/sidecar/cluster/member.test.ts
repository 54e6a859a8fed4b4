import { expect } from 'chai'
import { Member, type Told } from '../../../sidecar/cluster/member.ts'
import type { Outcome } from '../../../sidecar/model/outcome.ts'

const TAU = 10_000

describe('cluster: member', () => {
  let told: Told
  let member: Member
  beforeEach(() => {
    told = { now: 1000, listed: 1, failing: 0 }
    member = new Member({ address: 'a:80', weight: 1 }, told)
  })

  function exchange(outcome: Outcome): void {
    member.begin()
    member.end(outcome)
  }
  const answered = (ms: number, status = 200): Outcome => ({ kind: 'answered', status, ms })

  it('takes a wait in vain for a latency of at least that', () => {
    const head = 'head' as const
    for (const outcome of [
      { kind: 'timed-out', phase: head },
      { kind: 'broken', phase: head, detail: 'closed' },
      { kind: 'abandoned', waiting: true },
    ] as Outcome[]) {
      const one = new Member({ address: 'b:80', weight: 1 }, told)
      one.begin()
      one.end(outcome, 900)
      expect(one.latencyMs, outcome.kind).to.equal(900)
      one.begin()
      one.end(outcome, 100)
      expect(one.latencyMs, 'it may raise the average, no more').to.equal(900)
    }
    for (const outcome of [
      { kind: 'abandoned' },
      { kind: 'unreachable', code: 'ECONNREFUSED' },
      { kind: 'timed-out', phase: 'body' },
    ] as Outcome[]) {
      member.begin()
      member.end(outcome, 900)
      expect(member.latencyMs, JSON.stringify(outcome)).to.equal(0)
    }
  })

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

describe('cluster: penalty', () => {
  const FAILED: Outcome = { kind: 'answered', status: 503, ms: 1 }

  function service(count: number): { told: Told; members: Member[]; fail(i: number): void } {
    const told: Told = { now: 0, listed: count, failing: 0 }
    const members = Array.from({ length: count }, (_, i) => new Member({ address: `${i}:80`, weight: 1 }, told))
    const fail = (i: number) => {
      members[i]!.begin()
      members[i]!.end(FAILED)
    }
    return { told, members, fail }
  }

  it('counts failures as load for five seconds', () => {
    const { told, members, fail } = service(3)
    fail(0)
    told.now = 2_000
    fail(0)
    expect(members.map(m => m.penalty)).to.deep.equal([2, 0, 0])
    told.now = 4_999
    expect(members[0]!.penalty).to.equal(2)
    told.now = 5_000
    expect(members[0]!.penalty).to.equal(1)
    told.now = 7_000
    expect([members[0]!.penalty, told.failing]).to.deep.equal([0, 0])
  })

  it('does not count what is no failure of the member', () => {
    const { members } = service(3)
    const outcomes: Outcome[] = [
      { kind: 'answered', status: 404, ms: 1 },
      { kind: 'answered', status: 429, ms: 1, retryAfter: 1_000 },
      { kind: 'answered', status: 501, ms: 1 },
      { kind: 'abandoned' },
    ]
    for (const outcome of outcomes) {
      members[0]!.begin()
      members[0]!.end(outcome)
    }
    expect([members[0]!.penalty, members[0]!.restUntil]).to.deep.equal([0, 0])
  })

  it('is nothing while most members are failing, and something again when they are not', () => {
    const { told, members, fail } = service(3)
    fail(0)
    told.now = 3_000
    fail(1)
    expect(members.map(m => m.penalty)).to.deep.equal([0, 0, 0])
    told.now = 5_500
    members[0]!.failures()
    expect(members.map(m => m.penalty)).to.deep.equal([0, 1, 0])
  })

  it('counts a member as failing only while a failure is the latest it did', () => {
    const { told, members, fail } = service(3)
    fail(0)
    fail(1)
    expect(told.failing).to.equal(2)
    members[0]!.begin()
    members[0]!.end({ kind: 'answered', status: 200, ms: 1 })
    expect([told.failing, members.map(m => m.penalty)]).to.deep.equal([1, [1, 1, 0]])
  })

  it('is forgotten with a member that leaves', () => {
    const { told, members, fail } = service(3)
    fail(0)
    members[0]!.forget()
    members[0]!.forget()
    expect([told.failing, members[0]!.penalty]).to.deep.equal([0, 0])
  })

  it('lets a member rest that has asked for it by 503 and Retry-After, a minute at most', () => {
    const { told, members } = service(1)
    told.now = 1_000
    const [member] = members as [Member]
    for (const [retryAfter, until] of [
      [5_000, 6_000],
      [3_600_000, 61_000],
    ] as const) {
      member.begin()
      member.end({ kind: 'answered', status: 503, ms: 1, retryAfter })
      expect(member.restUntil).to.equal(until)
    }
  })
})
