import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from 'chai'
import { createGuard } from '../../middleware/stores/guard.ts'

describe('guard', () => {
  const guard = () => createGuard({}, { judge: () => 'away' })
  const fail = async () => {
    await sleep(5)
    throw new Error('reset')
  }
  const isServed = async (it: ReturnType<typeof guard>) => it.run(async () => true).catch(() => false)

  it('opens for the first pause, however many commands were under way as the connection broke', async () => {
    const it = guard()
    await Promise.allSettled(Array.from({ length: 100 }, () => it.run(fail)))
    assert.deepInclude(it.counts, { commands: 100, failures: 100, opened: 1 })
    const start = performance.now()
    while (!(await isServed(it))) await sleep(10)
    assert.isBelow(performance.now() - start, 1_000)
  })

  it('makes a longer pause after a trial that fails', async () => {
    const it = guard()
    await Promise.allSettled(Array.from({ length: 5 }, () => it.run(fail)))
    await sleep(520)
    await it.run(fail).catch(() => {})
    assert.equal(it.counts.commands, 6)
    await sleep(600)
    assert.isFalse(await isServed(it))
    await sleep(500)
    assert.isTrue(await isServed(it))
  })

  it('does not go by the clock on the wall', async () => {
    const it = guard()
    await Promise.allSettled(Array.from({ length: 5 }, () => it.run(fail)))
    const { now } = Date
    Date.now = () => now() - 3_600_000
    try {
      await sleep(520)
      assert.isTrue(await isServed(it))
    } finally {
      Date.now = now
    }
  })
})
