import { randomInt } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { expect } from 'chai'
import { createSlots } from '../../../sidecar/health/slots.ts'
import type { HealthSettings } from '../../../sidecar/model/resilience-settings.ts'
import { seeded } from '../../support/random.ts'
import { until } from '../../support/raw.ts'
import { monitored } from './monitored.ts'

describe('health: monitor, its pace', () => {
  const { watching, startChecked } = monitored()

  it('finds a member that is back healthy within two intervals', async () => {
    let back = Number.POSITIVE_INFINITY
    const app = await startChecked(nth => (nth === 0 || performance.now() > back ? 200 : 503))
    const every = 400
    // The longest intervals that there are, and a member that comes back just after a check.
    const { verdicts, status } = await watching([app], { every, fall: 1 }, { random: () => 0.999 })
    expect(await until(() => verdicts.length === 1, 5000)).to.equal(true)
    back = performance.now()
    expect(await until(() => status()!.healthy, 5000)).to.equal(true)
    expect(performance.now() - back).to.be.below(2 * every)
    expect(app.at.filter(at => at > back)).to.have.length(2)
  })

  const seed = randomInt(2 ** 31)
  it(`spreads the first checks and those that follow (seed ${seed})`, async () => {
    const apps = await Promise.all(Array.from({ length: 40 }, () => startChecked()))
    const every = 300
    const began = performance.now()
    await watching(apps, { every }, { random: seeded(seed) })
    expect(await until(() => apps.every(({ at }) => at.length >= 3), 5000)).to.equal(true)
    const tenths = new Set(apps.map(({ at }) => Math.floor((at[0]! - began) / (every / 10))))
    expect(tenths.size).to.be.above(5)
    const intervals = apps.map(({ at }) => at[2]! - at[1]!)
    expect(Math.max(...intervals) - Math.min(...intervals)).to.be.above(every * 0.2)
  })

  it('asks no more members at once than there are slots', async () => {
    let asking = 0
    let most = 0
    const answer = (_: number, response: ServerResponse) => {
      most = Math.max(most, ++asking)
      setTimeout(() => {
        asking--
        response.end()
      }, 5)
      return undefined
    }
    const apps = await Promise.all(Array.from({ length: 100 }, () => startChecked(answer)))
    const slots = createSlots(7)
    // One by one they take 100 * 5 / 7 ms; they are all due at once.
    const first = await watching(apps.slice(0, 50), { every: 100 }, { slots, random: seeded(1) })
    const second = await watching(apps.slice(50), { every: 100 }, { slots, random: seeded(2) })
    expect(await until(() => apps.every(({ at }) => at.length >= 3), 10_000)).to.equal(true)
    expect(most).to.equal(7)
    expect([...first.verdicts, ...second.verdicts]).to.deep.equal([])
    first.monitor.stop()
    second.monitor.stop()
    expect(await until(() => slots.taken === 0 && slots.waiting === 0)).to.equal(true)
  })

  describe('without traffic', () => {
    /** Milliseconds per check, from the second to the seventh. */
    async function pace(settings: Partial<HealthSettings>, traffic: () => number, answer?: (nth: number) => number) {
      const app = await startChecked(answer)
      const { monitor } = await watching([app], { every: 20, ...settings }, { traffic })
      expect(await until(() => app.at.length >= 7, 10_000)).to.equal(true)
      monitor.stop()
      return (app.at[6]! - app.at[1]!) / 5
    }

    it('asks a healthy member every sixth time', async () => {
      let requests = 0
      const busy = await pace({}, () => ++requests)
      const quiet = await pace({}, () => requests)
      // A timer may be late, never early.
      expect(quiet).to.be.at.least(6 * 20 - 10)
      expect(busy).to.be.below(quiet / 2)
    })

    it('asks an unhealthy one as ever, and one that is in doubt', async () => {
      for (const fall of [1, 100]) {
        const failing = () =>
          pace(
            { fall },
            () => 0,
            () => 503,
          )
        // A quiet one takes 6 x 20 ms. A machine with other work to do gets a second try.
        expect(Math.min(await failing(), await failing())).to.be.below(60)
      }
    })

    it('is back at the usual pace with the first request', async () => {
      const app = await startChecked()
      let requests = 0
      const every = 100
      await watching([app], { every }, { traffic: () => requests })
      expect(await until(() => app.at.length === 2, 5000)).to.equal(true)
      requests++
      expect(await until(() => app.at.length === 3, 5000)).to.equal(true)
      expect(app.at[1]! - app.at[0]!).to.be.at.least(6 * every - 20)
      expect(app.at[2]! - app.at[1]!).to.be.below(3 * every)
    })
  })
})
