import { expect } from 'chai'
import { Breaker, type BreakerState } from '../../../sidecar/resilience/breaker.ts'
import { consecutive } from '../../../sidecar/resilience/consecutive.ts'
import { createTripwire } from '../../../sidecar/resilience/index.ts'

const RULES = { consecutive: 3, failureRate: undefined, slowRate: undefined }
const SETTINGS = { ...RULES, open: { least: 1_000, most: 8_000 }, trials: 1 }

describe('resilience: breaker', () => {
  /** Dice that never add to the wait, unless they are given. */
  function create(settings: Partial<typeof SETTINGS> = {}, { dice = 0, mayTrip = (): boolean => true } = {}) {
    const states: BreakerState[] = []
    const all = { ...SETTINGS, ...settings }
    const parts = { tripwire: createTripwire(all), random: () => dice, mayTrip }
    const breaker = new Breaker(all, { ...parts, onChange: state => states.push(state) })
    const ask = (ok: boolean, now: number) => {
      if (!breaker.allows(now)) throw new Error(`it does not allow at ${now}`)
      breaker.settle(breaker.enter(now), ok ? 'success' : 'failure', 5, now)
    }
    const trip = (now: number) => {
      for (let n = 0; n < 3; n++) ask(false, now)
    }
    return { breaker, states, ask, trip }
  }

  it('lets everything through while it is closed, and counts failures in a row', () => {
    const { breaker, ask } = create()
    for (let n = 0; n < 20; n++) ask(n % 3 === 0, n)
    expect(breaker.state).to.equal('closed')
    ask(false, 30)
    expect(breaker.state).to.equal('closed')
    ask(true, 31)
    ask(false, 32)
    ask(false, 33)
    ask(false, 34)
    expect([breaker.state, breaker.opened, breaker.until]).to.deep.equal(['open', 1, 1_034])
  })

  it('takes what is neutral for nothing', () => {
    const { breaker } = create()
    for (let n = 0; n < 5; n++) breaker.settle(breaker.enter(n), n % 2 === 0 ? 'failure' : 'neutral', 5, n)
    expect(breaker.state).to.equal('open')
  })

  it('lets nothing through while it is open, and asking changes nothing', () => {
    const { breaker, trip, states } = create()
    trip(0)
    for (let n = 0; n < 1_000; n++) expect(breaker.allows(n)).to.equal(false)
    for (let n = 0; n < 5; n++) expect(breaker.allows(1_000)).to.equal(true)
    expect([breaker.state, states]).to.deep.equal(['open', ['open']])
  })

  it('lets exactly as many trials through as it is told, and closes when all have succeeded', () => {
    const { breaker, trip, states } = create({ trials: 3 })
    trip(0)
    const eras = [1, 2, 3].map(() => {
      expect(breaker.allows(1_500)).to.equal(true)
      return breaker.enter(1_500)
    })
    expect(breaker.allows(1_500)).to.equal(false)
    breaker.settle(eras[0]!, 'success', 5, 1_600)
    expect(breaker.allows(1_600), 'a place is not for one more').to.equal(false)
    breaker.settle(eras[1]!, 'neutral', 5, 1_600)
    expect(breaker.allows(1_600), 'a trial that decided nothing is made again').to.equal(true)
    const again = breaker.enter(1_600)
    breaker.settle(again, 'success', 5, 1_700)
    expect(breaker.state).to.equal('half-open')
    breaker.settle(eras[2]!, 'success', 5, 1_800)
    expect([breaker.state, states]).to.deep.equal(['closed', ['open', 'half-open', 'closed']])
  })

  it('opens again when a trial fails, twice as long each time, up to the most', () => {
    const { breaker, ask, trip } = create()
    trip(0)
    const waits: number[] = []
    for (let now = 1_000; waits.length < 6; ) {
      ask(false, now)
      waits.push(breaker.until - now)
      now = breaker.until
    }
    expect(waits).to.deep.equal([2_000, 4_000, 8_000, 8_000, 8_000, 8_000])
  })

  it('adds up to half of the wait by the dice, and never opens earlier', () => {
    const { breaker, trip } = create({}, { dice: 0.999 })
    trip(0)
    expect(breaker.until).to.be.closeTo(1_499.5, 0.1)
  })

  it('begins anew after a calm time only', () => {
    const { breaker, ask, trip } = create()
    trip(0)
    ask(true, 1_000)
    trip(2_000)
    expect(breaker.until - 2_000, 'soon after').to.equal(2_000)
    ask(true, 4_000)
    trip(14_000)
    expect(breaker.until - 14_000, 'ten seconds later').to.equal(1_000)
  })

  it('ignores results of an older era', () => {
    const { breaker, trip, ask } = create()
    const early = [1, 2, 3, 4].map(() => breaker.enter(0))
    trip(0)
    const trial = breaker.enter(1_000)
    breaker.settle(early[0]!, 'failure', 5, 1_001)
    breaker.settle(early[1]!, 'success', 5, 1_002)
    expect(breaker.state).to.equal('half-open')
    breaker.settle(trial, 'success', 5, 1_003)
    expect(breaker.state).to.equal('closed')
    for (const era of early.slice(2)) breaker.settle(era, 'failure', 5, 1_004)
    ask(false, 1_005)
    ask(false, 1_006)
    expect(breaker.state, 'two failures of this era').to.equal('closed')
  })

  it('is not stranded by a trial that hangs', () => {
    const { breaker, trip } = create()
    trip(0)
    const hung = breaker.enter(1_000)
    expect(breaker.allows(10_999)).to.equal(false)
    expect(breaker.allows(11_000)).to.equal(true)
    const second = breaker.enter(11_000)
    expect(breaker.allows(11_001)).to.equal(false)
    breaker.settle(second, 'success', 5, 11_002)
    expect(breaker.state).to.equal('closed')
    breaker.settle(hung, 'failure', 5, 11_003)
    expect(breaker.state).to.equal('closed')
  })

  it('takes what a trial brings whose place was given away for nothing', () => {
    const { breaker, trip } = create({ trials: 2 })
    trip(0)
    const old = breaker.enter(1_000)
    const live = [breaker.enter(11_000), breaker.enter(11_000)]
    breaker.settle(old, 'neutral', 5, 11_001)
    expect(breaker.allows(11_001), 'two are live').to.equal(false)
    breaker.settle(old, 'failure', 5, 11_002)
    expect(breaker.state).to.equal('half-open')
    for (const era of live) breaker.settle(era, 'success', 5, 11_003)
    expect(breaker.state).to.equal('closed')
  })

  it('lets a trial through after the least wait when nobody else can serve', () => {
    const { breaker, ask, trip } = create()
    trip(0)
    ask(false, 1_000)
    ask(false, 3_000)
    expect(breaker.until).to.equal(7_000)
    expect([breaker.allows(3_999, true), breaker.allows(4_000, true), breaker.allows(4_000)]).to.deep.equal([
      false,
      true,
      false,
    ])
  })

  it('stays closed when it may not trip, and says how often that was', () => {
    let may = false
    const { breaker, trip, ask } = create({}, { mayTrip: () => may })
    trip(0)
    ask(false, 1)
    expect([breaker.state, breaker.spared]).to.deep.equal(['closed', 2])
    may = true
    ask(false, 2)
    expect(breaker.state).to.equal('open')
  })

  it('tries at once, and waits least again, when it is pardoned', () => {
    const { breaker, ask, trip } = create()
    trip(0)
    ask(false, 1_000)
    ask(false, 3_000)
    breaker.pardon(3_500)
    expect([breaker.state, breaker.allows(3_500)]).to.deep.equal(['open', true])
    ask(false, 3_500)
    expect(breaker.until).to.equal(4_500)
  })

  it('tries at once when it is hastened, and waits as long as ever when that fails', () => {
    const { breaker, ask, trip } = create()
    trip(0)
    breaker.hasten(100)
    expect(breaker.allows(100)).to.equal(true)
    ask(false, 100)
    expect(breaker.until).to.equal(2_100)
  })

  it('closes at once when it is released, with nothing held against it', () => {
    const { breaker, ask, trip } = create()
    trip(0)
    breaker.release(10)
    expect(breaker.state).to.equal('closed')
    ask(false, 11)
    ask(false, 12)
    expect(breaker.state).to.equal('closed')
    const late = breaker.enter(12)
    breaker.release(13)
    breaker.settle(late, 'failure', 5, 14)
    expect(breaker.state, 'released while closed: the count is gone').to.equal('closed')
  })

  it('needs only a rule and a state machine: any tripwire will do', () => {
    const breaker = new Breaker(SETTINGS, { tripwire: consecutive(1), random: () => 0 })
    breaker.settle(breaker.enter(0), 'failure', Number.POSITIVE_INFINITY, 0)
    expect(breaker.state).to.equal('open')
  })
})
