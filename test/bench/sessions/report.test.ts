import { assert } from 'chai'
import { cells, contenders } from '../../../bench/sessions/cells.ts'
import { sentIn } from '../../../bench/sessions/redis.ts'
import { sessionsReport } from '../../../bench/sessions/report.ts'
import type { SessionResults, SessionSample } from '../../../bench/sessions/suite.ts'

describe('bench/sessions', () => {
  it('takes the bare app off within a round, and holds what is left against what is left', () => {
    // In the second round everything cost 100 us more: no ratio may show it.
    const results = run([
      ...[100, 200].map((cpu, round) => sample('express', round, cpu)),
      ...[300, 400].map((cpu, round) => sample('express-session', round, cpu)),
      ...[150, 250].map((cpu, round) => sample('outrigger', round, cpu)),
    ])
    const { text, markdown, succeeded } = sessionsReport(results)
    assert.isTrue(succeeded)
    for (const shown of [text, markdown]) {
      assert.match(shown, /outrigger +\|? *200\.0 +\|? *50\.0 .*0\.25x/)
      assert.match(shown, /read-1k.*<= 0\.5x.*0\.25x.*met/)
    }
  })

  it('leaves out what failed, says so, and fails when it was ours', () => {
    const failed = { ...sample('outrigger', 0, 10), problem: 'no request was answered' }
    const { text, succeeded } = sessionsReport(run([sample('express', 0, 100), failed]))
    assert.isFalse(succeeded)
    assert.include(text, 'outrigger failed: no request was answered')
    assert.notMatch(text, /outrigger +10\.0/)
  })

  it('counts what was sent to Redis, not what its scripts call', () => {
    const stats = (calls: Record<string, number>) =>
      Object.entries(calls)
        .map(([name, count]) => `cmdstat_${name}:calls=${count},usec=9\r\n`)
        .join('')
    assert.equal(sentIn(stats({ getex: 10, evalsha: 10, get: 10, set: 9, info: 3 })), 20)
    assert.equal(sentIn(stats({ get: 10, set: 10, expire: 10 })), 30)
    assert.equal(sentIn(''), 0)
  })
})

function sample(proxy: string, round: number, cpu: number): SessionSample {
  const figures = { cpu, perSecond: 1_000, p50: 1, p99: 2 }
  return { cell: 'read-1k', proxy, round, figures, problem: undefined, elsewhere: 0, commands: 1 }
}

function run(samples: SessionSample[]): SessionResults {
  const setup = { date: '2026-11-25', machine: 'm', node: 'v20', redis: 'Redis 7', load: 'own', rounds: 2, seconds: 4 }
  return { suite: 'sessions', setup, contenders: contenders.map(each => ({ ...each, version: '' })), cells, samples }
}
