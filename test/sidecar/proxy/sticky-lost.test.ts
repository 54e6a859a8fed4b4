// What becomes of clients that are kept at one member, when that one dies, fails or is busy.

import { expect } from 'chai'
import { closing } from '../../support/clients.ts'
import { type Peers, startPeers } from '../../support/peers.ts'
import { openRaw, until } from '../../support/raw.ts'
import { type Config, comesToRest, inFrontOf, type Running, runSidecar } from '../../support/sidecar.ts'
import { type Answering, type Apps, Browser, STICKY, startSticky } from './browser.ts'

describe('sticky', () => {
  const keep = closing()
  const start = (service?: Config, apps?: Apps) => startSticky(keep, service, apps)

  describe('when a member dies', () => {
    let peers: Peers[] = []

    before(async () => {
      peers = await Promise.all([startPeers(1), startPeers(1), startPeers(1)])
    })
    after(() => {
      for (const peer of peers) peer.close()
    })

    async function startThree(
      sticky: Config = {},
      more: Config = {},
    ): Promise<{ sidecar: Running; asked: () => Promise<number[]> }> {
      const service = { sticky: { ...STICKY, ...sticky }, ...more }
      const addresses = peers.map(({ addresses }) => addresses[0]!)
      const sidecar = await keep(runSidecar(inFrontOf(addresses, service)))
      const members = () => sidecar.status().services[0]!.members
      let before = [0, 0, 0]
      return {
        sidecar,
        /** Since the last time. */
        async asked() {
          const now = members().map(({ succeeded }) => succeeded)
          const since = now.map((count, i) => count - before[i]!)
          before = now
          return since
        },
      }
    }

    it('its clients go to the others, none fails, nobody else moves, and none moves back', async () => {
      const { sidecar, asked } = await startThree()
      const browsers = Array.from({ length: 30 }, () => new Browser())
      const round = async () => {
        const replies = await Promise.all(browsers.map(browser => browser.get(sidecar.address)))
        expect(replies.map(({ status, text }) => `${status} ${text}`)).to.deep.equal(Array(30).fill('200 fine'))
        return { by: await asked(), set: replies.filter(({ headers }) => headers['set-cookie']).length }
      }
      const first = await round()
      expect(first.set).to.equal(30)
      for (const count of first.by) expect(count).to.be.within(5, 15)
      expect(await round()).to.deep.equal({ by: first.by, set: 0 })
      peers[1]!.signal('SIGKILL')
      // The first of them meet a dead port, those behind an ejected member.
      const after = await round()
      expect(after.set).to.equal(first.by[1])
      expect([after.by[1], after.by[0]! + after.by[2]!]).to.deep.equal([0, 30])
      for (const i of [0, 2]) expect(after.by[i]).to.be.greaterThan(first.by[i]!)
      await peers[1]!.restart()
      expect(await round()).to.deep.equal({ by: after.by, set: 0 })
      await comesToRest(sidecar)
    })

    const health = { http: '/health', every: '500ms', timeout: '500ms', fall: 1, rise: 1 }

    it('strictly, its clients are told so, and are back when it is', async () => {
      const { sidecar } = await startThree({ onLost: 'strict' }, { health, panic: '0%' })
      const browsers = Array.from({ length: 6 }, () => new Browser())
      const statuses = () => Promise.all(browsers.map(async each => (await each.get(sidecar.address)).status))
      expect(await statuses()).to.deep.equal(Array(6).fill(200))
      peers[0]!.signal('SIGKILL')
      const { services } = sidecar.status()
      expect(services).to.have.length(1)
      const member = () => sidecar.status().services[0]!.members[0]!
      expect(await until(() => member().state === 'unhealthy', 5000)).to.equal(true)
      const lost = await Promise.all(browsers.map(each => each.get(sidecar.address)))
      const reasons = lost.map(({ status, headers }) => `${status} ${headers['x-outrigger-reason'] ?? 'fine'}`)
      expect(reasons.sort()).to.deep.equal([...Array(4).fill('200 fine'), ...Array(2).fill('503 pinned-member-lost')])
      expect(lost.find(({ status }) => status === 503)!.headers).to.include({ 'retry-after': '1' })
      await peers[0]!.restart()
      expect(await until(() => member().state !== 'unhealthy', 5000)).to.equal(true)
      expect(await statuses()).to.deep.equal(Array(6).fill(200))
      expect(sidecar.status().services[0]!.pins).to.include({ refused: 2, issued: 6 })
    })
  })

  describe('when its member fails a request', () => {
    /** Fails what has `x-fail`, at the member that is named there. */
    const failing: Answering = (name, { headers }, response) =>
      void response.writeHead(headers['x-fail'] === name ? 503 : 200).end(name)

    it('a repetition goes to another one, and the client with it', async () => {
      const { to, web } = await start({}, { answer: failing })
      const browser = new Browser()
      const home = await browser.at(to)
      const reply = await browser.get(to, '/', { 'x-fail': home })
      expect([reply.status, reply.text === home]).to.deep.equal([200, false])
      expect(await browser.at(to)).to.equal(reply.text)
      expect(web().pins).to.deep.equal({ issued: 1, moved: 1, followed: 1 })
    })

    it('strictly, a repetition goes to the same one', async () => {
      const { to, web } = await start({ sticky: { ...STICKY, onLost: 'strict' } }, { answer: failing })
      const browser = new Browser()
      const home = await browser.at(to)
      const reply = await browser.get(to, '/', { 'x-fail': home })
      expect([reply.status, reply.text]).to.deep.equal([503, home])
      expect(web().retries).to.deep.equal({ 503: 1 })
      expect(await browser.at(to)).to.equal(home)
    })

    it('strictly, what it asks for by Retry-After is waited for, or passed on', async () => {
      let failures = 0
      const { to } = await start(
        { sticky: { ...STICKY, onLost: 'strict' } },
        {
          answer: (name, { headers }, response) => {
            if (headers['x-after'] === undefined || failures++ > 0) return void response.end(name)
            response.writeHead(503, { 'retry-after': String(headers['x-after']) }).end('later')
          },
        },
      )
      const browser = new Browser()
      const home = await browser.at(to)
      const since = performance.now()
      expect(await browser.at(to, '/', { 'x-after': '1' })).to.equal(home)
      expect(performance.now() - since).to.be.greaterThan(990)
      failures = 0
      const { status, headers, text } = await browser.get(to, '/', { 'x-after': '3600' })
      expect([status, headers['retry-after'], text]).to.deep.equal([503, '3600', 'later'])
    })

    it('there is no hedge for who is pinned', async () => {
      const slow: Answering = (name, _, response) => void setTimeout(() => response.end(name), 40)
      const { to, web } = await start({ hedge: { after: '5ms', budget: '100%' } }, { answer: slow })
      const browser = new Browser()
      const home = await browser.at(to)
      const hedged = web().hedges.sent
      for (let i = 0; i < 4; i++) expect(await browser.at(to)).to.equal(home)
      expect([hedged, web().hedges.sent]).to.deep.equal([1, 1])
    })
  })

  describe('when its member is busy', () => {
    async function startBusy(limits: Config) {
      const release: (() => void)[] = []
      const started = await start(
        { limits: { endpointInFlight: 2, queueTimeout: '2s', ...limits } },
        {
          answer: (name, { url }, response) => {
            if (url === '/hold') release.push(() => response.end(name))
            else response.end(name)
          },
        },
      )
      const browser = new Browser()
      const home = await browser.at(started.to)
      const held = [browser.at(started.to, '/hold'), browser.at(started.to, '/hold')]
      expect(await until(() => release.length === 2)).to.equal(true)
      return { ...started, browser, home, held, release }
    }

    it('its clients wait for it, in order, while others are served', async () => {
      const { browser, home, held, release, to, web } = await startBusy({})
      const waiting = [browser.get(to), browser.get(to), browser.get(to)]
      expect(await until(() => web().queued === 3)).to.equal(true)
      expect(await new Browser().at(to)).not.to.equal(home)
      release[0]!()
      expect((await Promise.all(waiting)).map(({ text }) => text)).to.deep.equal([home, home, home])
      release[1]!()
      expect(await Promise.all(held)).to.deep.equal([home, home])
      expect([web().queued, web().waited.count, web().pins.moved]).to.deep.equal([0, 3, undefined])
    })

    it('they wait no longer than others, and no more of them than may', async () => {
      const { browser, home, held, release, to, web } = await startBusy({ queue: 1, queueTimeout: '100ms' })
      const late = browser.get(to)
      expect(await until(() => web().queued === 1)).to.equal(true)
      expect((await browser.get(to)).headers['x-outrigger-reason']).to.equal('overload')
      expect((await late).headers['x-outrigger-reason']).to.equal('queue-timeout')
      for (const each of release) each()
      await Promise.all(held)
      expect(await browser.at(to)).to.equal(home)
    })

    it('one that leaves while it waits leaves nothing behind', async () => {
      const { browser, held, release, to, sidecar, web } = await startBusy({})
      const client = await openRaw(to)
      await client.send(`GET / HTTP/1.1\r\nHost: web\r\nCookie: pin=${browser.cookies.get('pin')}\r\n\r\n`)
      expect(await until(() => web().queued === 1)).to.equal(true)
      client.close()
      expect(await until(() => web().queued === 0)).to.equal(true)
      for (const each of release) each()
      await Promise.all(held)
      await comesToRest(sidecar)
    })

    it('they go elsewhere when it dies meanwhile', async () => {
      const { browser, home, held, release, to, web, apps, addressOf } = await startBusy({ queueTimeout: '5s' })
      const waiting = browser.get(to)
      expect(await until(() => web().queued === 1)).to.equal(true)
      await apps.find(({ address }) => address === addressOf(home))!.close()
      const { status, text } = await waiting
      expect([status, text === home]).to.deep.equal([200, false])
      // Those that it had were sent again too.
      expect(await until(() => release.length === 4)).to.equal(true)
      for (const each of release) each()
      expect((await Promise.all(held)).includes(home)).to.equal(false)
    })
  })
})
