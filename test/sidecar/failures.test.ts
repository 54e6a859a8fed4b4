// A bad peer never reaches the caller: real processes, killed, frozen, failing, under a crowd of clients.

import { expect } from 'chai'
import type { Status } from '../../sidecar/index.ts'
import { call, closing } from '../support/clients.ts'
import { type Crowd, type Peers, startCrowd, startPeers } from '../support/peers.ts'
import { pause, until } from '../support/raw.ts'
import { directory, inFrontOf, outrigger } from '../support/sidecar.ts'

const EVERY = 400
const HEALTH = { http: '/health', every: `${EVERY}ms`, timeout: '200ms' }

describe('failures of peers', function () {
  this.timeout(60_000)
  const keep = closing()

  /** The sidecar as a process of its own before these peers. */
  async function start(peers: readonly Peers[], service: object = {}) {
    const endpoints = peers.flatMap(({ addresses }) => addresses)
    const { file } = await keep(directory({ ...inFrontOf(endpoints, { ...service }), admin: '127.0.0.1:0' }))
    const command = await keep(outrigger(['run', file]))
    const { listeners, admin } = await command.ready()
    const web = async () => (JSON.parse((await call(admin!, '/status')).text) as Status).services[0]!
    const crowd = (clients: number, think?: number): Promise<Crowd> => {
      const started = startCrowd(listeners[0]!, clients, think)
      return keep(Promise.resolve({ ...started, close: started.stop })).then(() => started)
    }
    return { web, crowd }
  }

  async function meets(condition: () => Promise<boolean>, what: string, ms = 10_000): Promise<void> {
    const deadline = performance.now() + ms
    while (!(await condition())) {
      if (performance.now() > deadline) throw new Error(`${what}: not after ${ms} ms`)
      await pause(20)
    }
  }

  it('cost nothing when one of three is killed, five times, and it is back when it is back', async () => {
    const peers = await Promise.all([1, 2, 3].map(() => keep(startPeers(1))))
    const { web, crowd } = await start(peers, { health: HEALTH })
    const clients = await crowd(200, 50)
    const stateOf = async (i: number) => (await web()).members[i]!
    for (let round = 0; round < 5; round++) {
      const at = round % 3
      await pause(200)
      peers[at]!.signal('SIGKILL')
      await meets(async () => (await stateOf(at)).state !== 'ready', 'out')
      await pause(200)
      await peers[at]!.restart()
      const before = await stateOf(at)
      await meets(async () => (await stateOf(at)).succeeded > before.succeeded, 'back in rotation')
      const checks = (await stateOf(at)).health!.checks - before.health!.checks
      // A check and a half of the interval, and perhaps the one that was under way; asked only now and then, and later
      // when another lane of tests has the machine.
      expect(checks, 'checks until it was back').to.be.at.most(6)
      await meets(async () => (await stateOf(at)).state === 'ready', 'ready')
    }
    await clients.stop()
    expect(clients.requests).to.be.greaterThan(1_000)
    expect(Object.fromEntries(clients.failures)).to.deep.equal({})
  })

  it('cost no more than the time of an attempt and a retry when one freezes', async () => {
    const peers = await Promise.all([1, 2, 3].map(() => keep(startPeers(1))))
    const { web, crowd } = await start(peers, { timeouts: { perTry: '400ms' }, retries: { budget: '100%' } })
    const clients = await crowd(60, 20)
    await pause(300)
    clients.forget()
    peers[1]!.signal('SIGSTOP')
    await meets(async () => (await web()).members[1]!.state === 'ejected', 'ejected')
    await pause(500)
    peers[1]!.signal('SIGCONT')
    await meets(async () => (await web()).members[1]!.state === 'ready', 'back')
    await clients.stop()
    expect(Object.fromEntries(clients.failures)).to.deep.equal({})
    // The attempt and its repetition, and what a busy machine adds.
    expect(clients.slowest).to.be.within(390, 2_500)
  })

  for (const [share, what] of [
    [1, 'all'],
    [0.5, 'half'],
  ] as const) {
    it(`reach nearly nobody when one of ten fails ${what} of its requests in a millisecond, without retries`, async () => {
      const peers = await keep(startPeers(10))
      const { web, crowd } = await start([peers], { retries: false })
      const clients = await crowd(40, 20)
      await pause(300)
      peers.be({ at: 3, mode: 'bad', share })
      await pause(2_000)
      clients.forget()
      await pause(3_000)
      await clients.stop()
      const failed = [...clients.failures.values()].reduce((sum, n) => sum + n, 0)
      expect(clients.requests).to.be.greaterThan(1_000)
      expect(failed / clients.requests, `${failed} of ${clients.requests}`).to.be.at.most(0.002)
      expect((await web()).members[3]!.failed).to.be.greaterThan(0)
    })
  }

  it('of all of them give the callers their answers, do not multiply the load, and end with them', async () => {
    const peers = await keep(startPeers(5))
    const { crowd } = await start([peers])
    const clients = await crowd(40, 100)
    await pause(500)
    clients.forget()
    const before = (await peers.asked()).reduce((sum, n) => sum + n, 0)
    peers.be({ mode: 'bad', share: 1 })
    await pause(4_000)
    const asked = (await peers.asked()).reduce((sum, n) => sum + n, 0) - before
    expect(asked / clients.requests).to.be.at.most(1.3)
    expect([...clients.failures.keys()]).to.deep.equal(['503'])
    peers.be({ mode: 'good' })
    await pause(500)
    clients.forget()
    expect(await until(() => clients.requests > 200, 5_000)).to.equal(true)
    await clients.stop()
    expect(Object.fromEntries(clients.failures), 'half a second later').to.deep.equal({})
  })
})
