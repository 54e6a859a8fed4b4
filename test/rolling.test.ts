import { expect } from 'chai'
import { openSite } from './rolling/site.ts'
import { startVisitors } from './rolling/visitors.ts'
import { closing } from './support/clients.ts'
import { seeded } from './support/random.ts'
import { pause } from './support/raw.ts'
import { startRedis } from './support/redis.ts'

describe('rolling restart', function () {
  this.timeout(60_000)
  const keep = closing()
  const seed = Date.now() % 1_000_000

  it(`of all apps and sidecars, twice, under 100 clients: nothing fails, nothing is lost (seed ${seed})`, async () => {
    const redis = await keep(startRedis())
    const site = await keep(openSite({ redisUrl: redis.url, instances: 2, delay: 800 }))
    const visitors = startVisitors(site.edges, 100, 250, seeded(seed))
    await pause(500)
    for (let round = 0; round < 2; round++) {
      await Promise.all([site.rollEdges(), site.rollWebs(), site.rollOrders()])
    }
    await visitors.stop()
    expect(visitors.failures.slice(0, 20).join('\n')).to.equal('')
    expect(visitors.writes).to.be.above(100)
  })
})
