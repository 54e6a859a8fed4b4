import { expect } from 'chai'
import { appGone } from '../../sidecar/app-gone.ts'

describe('the app beside has gone', () => {
  const now = () => performance.now()

  /** Whether it counts as gone within so many milliseconds. */
  async function gone(connections: number, apps: { count: number; endedAt: number } | undefined, ms: number) {
    const over = new AbortController()
    const timer = setTimeout(() => over.abort(), ms)
    const outbound = [{ connections }]
    await appGone(outbound, apps && { ...apps, add: () => false }, { begun: now(), over: over.signal })
    clearTimeout(timer)
    return !over.signal.aborted
  }

  it('at once when its attachment ended with the drain', async () => {
    expect(await gone(1, { count: 0, endedAt: now() - 500 }, 400)).to.equal(true)
    expect(await gone(1, { count: 0, endedAt: now() + 50 }, 400)).to.equal(true)
  })

  it('not while one is attached', async () => {
    expect(await gone(0, { count: 1, endedAt: now() }, 1_400)).to.equal(false)
  })

  it('when all is quiet, whoever was attached long ago', async () => {
    const long = { count: 0, endedAt: now() - 60_000 }
    const none = gone(0, undefined, 3_000)
    const all = await Promise.all([gone(0, long, 3_000), none, gone(1, long, 1_400), gone(0, long, 500)])
    expect(all).to.deep.equal([true, true, false, false])
  })
})
