import { expect } from 'chai'
import { Clock, Timer } from '../../../sidecar/http1/clock.ts'
import { seeded } from '../../support/random.ts'

const TICK = 20

describe('http1: clock', () => {
  let time: number
  let clock: Clock
  let fired: [name: string, at: number][]

  function begin(at: number): void {
    time = at
    clock = new Clock(() => time)
    fired = []
  }
  beforeEach(() => begin(1000))

  const timer = (name: string) => new Timer(() => fired.push([name, time]))

  /** As the interval does: every tick, with whatever phase the clock was begun. */
  function pass(ms: number): void {
    for (const until = time + ms; time < until; ) {
      time = Math.min(until, time + TICK)
      clock.advance()
    }
  }

  /** How late it fires, when it is armed somewhere between two ticks. */
  function lateness(ms: number, phase: number, within: number): number {
    begin(1000 + phase)
    const one = timer('one')
    time += within
    clock.arm(one, ms)
    const due = time + ms
    time -= within
    pass(ms + 10 * TICK)
    expect(fired, `${ms} ms, phase ${phase}, ${within} within`).to.have.length(1)
    return fired[0]![1] - due
  }

  it('is never early, and late by at most two ticks, at every phase', () => {
    let latest = 0
    for (const ms of [0, 1, 5, 16, 19, 20, 21, 39, 40, 41, 333, 1000, 9999]) {
      for (let phase = 0; phase < TICK; phase++) {
        for (const within of [0, 1, 10, 19, 20]) {
          const late = lateness(ms, phase, within)
          expect(late, `${ms} ms, phase ${phase}, ${within} within`).to.be.within(0, 2 * TICK)
          latest = Math.max(latest, late)
        }
      }
    }
    expect(latest).to.be.above(TICK)
  })

  it('keeps its word beyond one round of the wheel', () => {
    for (const ms of [10_219, 10_220, 10_221, 10_240, 10_241, 20_480, 60_000, 3_600_000]) {
      expect(lateness(ms, 7, 3), `${ms} ms`).to.be.within(0, 2 * TICK)
    }
  })

  it('counts from the exact time once somebody asked for it', () => {
    const one = timer('one')
    time += 15_000
    expect(clock.precise()).to.equal(16_000)
    expect(clock.now).to.equal(16_000)
    clock.arm(one, 100)
    clock.advance()
    expect(fired).to.deep.equal([])
    pass(100 + 2 * TICK)
    expect(fired).to.have.length(1)
  })

  it('fires once', () => {
    clock.arm(timer('one'), 50)
    pass(60_000)
    expect(fired).to.have.length(1)
  })

  it('forgets what is disarmed', () => {
    const one = timer('one')
    clock.arm(one, 50)
    pass(20)
    one.disarm()
    pass(30_000)
    expect(fired).to.deep.equal([])
    clock.arm(one, 50)
    clock.arm(one, Number.POSITIVE_INFINITY)
    pass(30_000)
    expect(fired).to.deep.equal([])
  })

  it('can be armed again after it was disarmed, in its old place and in another', () => {
    for (const again of [10, 50, 5000]) {
      begin(1000)
      const one = timer('one')
      clock.arm(one, 1000)
      one.disarm()
      clock.arm(one, again)
      pass(again + 2 * TICK)
      expect(fired, `${again} ms`).to.have.length(1)
      pass(20_000)
      expect(fired, `${again} ms`).to.have.length(1)
    }
  })

  it('can be put off again and again, as long as bytes come', () => {
    const one = timer('one')
    for (let n = 0; n < 1000; n++) {
      clock.arm(one, 100)
      pass(90)
    }
    expect(fired).to.deep.equal([])
    pass(10 + 2 * TICK)
    expect(fired).to.have.length(1)
  })

  it('can be brought forward', () => {
    const one = timer('one')
    clock.arm(one, 20_000)
    clock.arm(one, 100)
    pass(100 + 2 * TICK)
    expect(fired).to.have.length(1)
  })

  it('fires all that are due together, and leaves none of a slot behind', () => {
    const timers = Array.from({ length: 50 }, (_, i) => timer(String(i)))
    for (const each of timers) clock.arm(each, 200)
    for (const each of timers.filter((_, i) => i % 3 === 0)) each.disarm()
    pass(200 + 2 * TICK)
    expect(fired.map(([name]) => Number(name)).sort((a, b) => a - b)).to.deep.equal(
      timers.map((_, i) => i).filter(i => i % 3 !== 0), //
    )
  })

  it('finds all that is due after a long pause, and nothing else', () => {
    for (const pause of [5_000, 10_239, 10_240, 10_241, 10_260, 100_000, 7_777_777]) {
      begin(1003)
      const due = [0, 20, 1000, 4900].map(ms => [timer(`due ${ms}`), ms] as const)
      const later = [pause + 1000, pause + 20_000].map(ms => [timer(`later ${ms}`), ms] as const)
      for (const [each, ms] of [...due, ...later]) clock.arm(each, ms)
      time += pause
      clock.advance()
      expect(fired.map(([name]) => name).sort(), `${pause} ms`).to.deep.equal(due.map(([, ms]) => `due ${ms}`).sort())
      pass(20_000 + 2 * TICK)
      expect(fired, `${pause} ms`).to.have.length(6)
    }
  })

  it('lets a timer arm itself as it fires', () => {
    const times: number[] = []
    const one: Timer = new Timer(() => {
      times.push(time)
      clock.arm(one, 100)
    })
    clock.arm(one, 100)
    pass(5000)
    const gaps = times.slice(1).map((at, i) => at - times[i]!)
    expect(times.length).to.be.within(Math.floor(5000 / (100 + 2 * TICK)), 50)
    for (const gap of gaps) expect(gap).to.be.within(100, 100 + 2 * TICK)
  })

  it('does not go round for ever when a timer arms itself for no time at all', () => {
    let count = 0
    const one: Timer = new Timer(() => {
      count++
      clock.arm(one, 0)
    })
    clock.arm(one, 0)
    pass(1000)
    expect(count).to.be.within(20, 50)
    time += 1_000_000
    clock.advance()
    expect(count).to.be.below(52)
  })

  it('lets a timer arm, bring forward and disarm the others of its slot', () => {
    for (let order = 0; order < 2; order++) {
      begin(1000)
      const [sooner, later, gone] = [timer('sooner'), timer('later'), timer('gone')]
      const first: Timer = new Timer(() => {
        clock.arm(later, 300)
        clock.arm(sooner, 0)
        gone.disarm()
        clock.arm(first, 100)
        fired.push(['first', time])
        first.disarm()
      })
      const all = [later, gone, sooner, timer('other')]
      for (const each of order === 0 ? [first, ...all] : [...all, first]) clock.arm(each, 200)
      pass(1000)
      const names = fired.map(([name]) => name)
      // Which of a slot comes first is nobody's business; what comes after the first must have been heeded.
      const after = names.slice(names.indexOf('first'))
      expect(names.filter(name => name === 'first')).to.have.length(1)
      expect(names.filter(name => name === 'other')).to.have.length(1)
      expect(after).to.include.members(['sooner', 'later'])
      expect(after).not.to.include('gone')
    }
  })

  it('agrees with a list, whatever is done to a hundred timers', () => {
    const random = seeded(3)
    for (let round = 0; round < 5; round++) {
      begin(1000 + random() * 100)
      const due = new Map<Timer, number>()
      const timers = Array.from({ length: 100 }, () => {
        const one: Timer = new Timer(() => {
          const late = time - (due.get(one) ?? Number.NaN)
          expect(late).to.be.within(0, 2 * TICK + 0.001)
          due.delete(one)
          if (random() < 0.3) set(one)
        })
        return one
      })
      const set = (one: Timer) => {
        const ms = Math.floor(random() ** 3 * 15_000)
        clock.arm(one, ms)
        due.set(one, time + ms)
      }
      for (let step = 0; step < 1500; step++) {
        // Armed between two ticks, as everything is that comes from a socket.
        const within = random() * TICK
        time += within
        for (let n = Math.floor(random() * 6); n > 0; n--) {
          const one = timers[Math.floor(random() * timers.length)]!
          if (random() < 0.2) {
            one.disarm()
            due.delete(one)
          } else set(one)
        }
        time += TICK - within
        clock.advance()
        if (due.size > 0) expect(Math.min(...due.values())).to.be.above(time - 2 * TICK - 0.001)
      }
    }
  })

  it('runs by itself, and stops', done => {
    const real = new Clock(() => performance.now()).start()
    const started = performance.now()
    // The clock itself keeps no process alive.
    const alive = setTimeout(() => {}, 10_000)
    const one = new Timer(() => {
      clearTimeout(alive)
      real.stop()
      const took = performance.now() - started
      done(took >= 50 && took < 2000 ? undefined : new Error(`it took ${took} ms`))
    })
    real.arm(one, 50)
  })
})
