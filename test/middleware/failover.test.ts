// A master dies under load, whole middleware in front: answers are 200 or 503, nobody hangs, it ends without a restart,
// and nothing that was confirmed is lost but what Redis itself has lost.
import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from 'chai'
import type { RedisSource } from '../../middleware/index.ts'
import { closing } from '../support/clients.ts'
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts'
import { until } from '../support/redis-process.ts'
import { startRedisSentinel } from '../support/redis-sentinel.ts'
import { ours } from './contenders.ts'
import { next, outcomes, type Walk, type Walker, walk } from './walkers.ts'

/** A request loads and writes: two commands of 250 ms at most, and what a busy machine adds. */
const LONGEST = 2 * 250 + 700
const WALKERS = 12

describe('failover', () => {
  const open = closing()
  // It takes two seconds, and nobody has to wait for it before it is needed.
  let starting: Promise<RedisCluster>
  before(() => {
    // By default what was confirmed may wait for the disk in the process that we kill.
    starting = startRedisCluster('--appendonly', 'yes', '--appendfsync', 'no')
    starting.catch(() => {})
  })
  after(async () => (await starting).close())
  const start = async (redis: RedisSource, options: object = {}) => {
    const site = await open(ours.serve(redis as string, app => app.get('/next', next), options))
    const walking = await walk(site, WALKERS)
    await open({ close: () => walking.stop() })
    await sleep(100)
    return walking
  }
  const allServed = (walking: Walk) =>
    until('all are served', () => walking.walkers.every(({ firstSince }) => firstSince !== undefined))

  describe('by Sentinel', () => {
    for (const way of ['killed', 'frozen'] as const) {
      const strike = { killed: 'kill', frozen: 'freeze' } as const
      it(`loses nothing when the master is ${way} and the replica has all`, async () => {
        const sentinel = await open(startRedisSentinel())
        const walking = await start(sentinel.options)
        await walking.pause()
        await sentinel.level()
        await sentinel.master[strike[way]]()
        walking.mark()
        walking.resume()
        await sentinel.promoted()
        await allServed(walking)
        await walking.pause()
        const { '200': served, '503': refused, ...others } = outcomes(walking.walkers)
        assert.isAbove(served!, 0)
        assert.isAbove(refused!, 0)
        assert.deepEqual(others, {})
        assert.isBelow(walking.slowest, LONGEST)
        for (const { lost, id } of walking.walkers) assert.equal(lost, 0, id)
      })
    }

    it('amid writes loses what the replica had not received, and nothing else', async () => {
      const sentinel = await open(startRedisSentinel())
      const walking = await start(sentinel.options)
      await sentinel.master.kill()
      walking.mark()
      // Nobody writes to it before it is promoted.
      const stored = async ({ id }: Walker) =>
        JSON.parse((await sentinel.replica.client.get(`sess:${id}`)) ?? '{"n":0}').n
      const had: number[] = await Promise.all(walking.walkers.map(stored))
      assert.isAbove(Math.max(...had), 1)
      await sentinel.promoted()
      await allServed(walking)
      for (const [nth, { firstSince, lost, promised }] of walking.walkers.entries()) {
        assert.isAtLeast(firstSince!, had[nth]! + 1, 'the replica had it, and it was not served')
        assert.isAtMost(lost, Math.max(0, promised - had[nth]!))
      }
      assert.hasAnyKeys(outcomes(walking.walkers), ['200', '503'])
      assert.notProperty(outcomes(walking.walkers), '0')
      assert.isBelow(walking.slowest, LONGEST)
    })
  })

  describe('of a Cluster', () => {
    let cluster: RedisCluster
    before(async () => {
      cluster = await starting
    })

    /** `at`: sessions of the first master; `elsewhere`: of the others. */
    const parted = ({ walkers }: Walk) => ({
      at: walkers.filter(({ id }) => cluster.homeOf(`sess:${id}`) === 0),
      elsewhere: walkers.filter(({ id }) => cluster.homeOf(`sess:${id}`) !== 0),
    })
    /** A third of the ids each, so that none of the masters is without a session. */
    const spread = () => {
      let nth = 0
      const tags = [0, 1, 2].map(home => {
        for (let n = 0; ; n++) if (cluster.homeOf(`{${n}}`) === home) return n
      })
      return { genid: () => `{${tags[nth++ % 3]}}${Math.random()}` }
    }

    for (const way of ['frozen', 'killed'] as const) {
      it(`leaves the sessions of other masters alone when one is ${way}`, async () => {
        const walking = await start({ cluster: cluster.nodes }, spread())
        const { at, elsewhere } = parted(walking)
        await walking.pause()
        const [first] = cluster.masters
        await open({ close: () => first!.thaw() })
        if (way === 'killed') await first!.kill()
        else first!.freeze()
        walking.mark()
        // So many failures in a row open a breaker, and that of the others is another.
        walking.resume(walker => at.includes(walker))
        await until('it is known to be away', () => (outcomes(at)['503'] ?? 0) > 20)
        walking.resume()
        await until('the others go on', () => (outcomes(elsewhere)['200'] ?? 0) > 100)
        const [away, here] = [outcomes(at), outcomes(elsewhere)]
        assert.deepEqual(Object.keys(away), ['503'])
        assert.deepEqual(Object.keys(here), ['200'])
        assert.isBelow(walking.slowest, LONGEST)
        if (way === 'killed') await first!.start('speaks')
        else first!.thaw()
        await allServed(walking)
        for (const { lost, id } of walking.walkers) assert.equal(lost, 0, id)
        await cluster.well()
      })
    }

    it('is not noticed while a slot is moved: no error, nothing lost', async () => {
      const walking = await start(cluster.nodes, { genid: () => `{moved}${Math.random()}`, deadline: 2_000 })
      const from = cluster.homeOf('{moved}')
      walking.mark()
      const more = async () => {
        const sum = () => walking.walkers.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
        const goal = sum() + 100
        await until('a hundred more', () => sum() >= goal || outcomes(walking.walkers)['503'])
      }
      await cluster.migrate('{moved}', (from + 1) % 3, more)
      await more()
      assert.deepEqual([...walking.reasons], [])
      assert.deepEqual(Object.keys(outcomes(walking.walkers)), ['200'])
      for (const { lost, id } of walking.walkers) assert.equal(lost, 0, id)
    })
  })
})
