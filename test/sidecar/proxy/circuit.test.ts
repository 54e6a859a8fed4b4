// Breakers and injected faults as callers meet them.

import { expect } from 'chai'
import { call, closing, field, startApp, talk } from '../../support/clients.ts'
import { openRaw, pause, until } from '../../support/raw.ts'
import { comesToRest, inFrontOf, runSidecar } from '../../support/sidecar.ts'

const GET = 'GET / HTTP/1.1\r\nHost: web\r\n\r\n'

describe('circuit', () => {
  const keep = closing()

  async function start(service: object) {
    let mode: 'good' | 'bad' | 'hang' = 'bad'
    let asked = 0
    const app = await keep(
      startApp((_, response) => {
        asked++
        if (mode === 'hang') return
        response.statusCode = mode === 'good' ? 200 : 500
        response.end('answer')
      }),
    )
    const sidecar = await keep(runSidecar(inFrontOf([app.address], { retries: false, ...service })))
    const ask = async () => {
      const [response] = await talk(sidecar.address, GET)
      return { status: response!.status, reason: field(response!, 'x-outrigger-reason'), response: response! }
    }
    return {
      sidecar,
      ask,
      be: (to: typeof mode) => (mode = to),
      asked: () => asked,
      web: () => sidecar.status().services[0]!,
    }
  }

  for (const [where, service] of [
    ['of a member', { breaker: { consecutive: 3, open: '300ms..2s' } }],
    ['of a service', { serviceBreaker: { consecutive: 3, open: '300ms..2s' } }],
  ] as const) {
    it(`${where} opens, refuses at once with the time to wait, and closes by a trial`, async () => {
      const { ask, be, asked, web } = await start(service)
      for (let i = 0; i < 3; i++) expect(await ask()).to.include({ status: 500, reason: undefined })
      const { status, reason, response } = await ask()
      expect([status, reason, field(response, 'retry-after')]).to.deep.equal([503, 'circuit-open', '1'])
      expect(asked()).to.equal(3)
      const breaker = () => web().breaker ?? web().members[0]!.breaker!
      expect(breaker()).to.include({ state: 'open', opened: 1 })
      be('good')
      let answered = false
      expect(await until(() => breaker().retryInMs === 0, 3_000)).to.equal(true)
      for (let i = 0; i < 50 && !answered; i++) {
        answered = (await ask()).status === 200
        if (!answered) await pause(20)
      }
      expect([answered, breaker().state]).to.deep.equal([true, 'closed'])
    })
  }

  it('lets one trial through at a time, however many ask', async () => {
    const { ask, be, asked, sidecar } = await start({ breaker: { consecutive: 3, open: '200ms' } })
    for (let i = 0; i < 3; i++) await ask()
    be('hang')
    await until(() => sidecar.status().services[0]!.members[0]!.breaker!.retryInMs === 0)
    await pause(120)
    const clients = await Promise.all(Array.from({ length: 20 }, () => keep(openRaw(sidecar.address))))
    await Promise.all(clients.map(client => client.send(GET)))
    expect(await until(() => clients.filter(({ bytes }) => bytes.includes('circuit-open')).length === 19)).to.equal(
      true,
    )
    expect(asked()).to.equal(4)
    for (const client of clients) client.close()
    await comesToRest(sidecar)
  })

  it('counts no client that leaves', async () => {
    const { be, sidecar, web } = await start({ breaker: { consecutive: 1 } })
    be('hang')
    for (let i = 0; i < 3; i++) {
      const client = await keep(openRaw(sidecar.address))
      await client.send(GET)
      await until(() => web().inFlight === 1)
      client.reset()
      await comesToRest(sidecar)
    }
    expect(web().members[0]!.breaker!.state).to.equal('closed')
  })

  it('opens for what hangs, and then nobody waits', async () => {
    const { ask, be, web } = await start({ breaker: { consecutive: 2 }, timeouts: { perTry: '100ms' } })
    be('hang')
    for (let i = 0; i < 2; i++) expect((await ask()).reason).to.equal('upstream-timeout')
    expect((await ask()).reason).to.equal('circuit-open')
    expect(web().refused).to.deep.equal({ 'upstream-timeout': 2, 'circuit-open': 1 })
  })

  it('opens for what is slow', async () => {
    const app = await keep(startApp((_, response) => setTimeout(() => response.end('late'), 80)))
    const slowRate = { slower: '40ms', above: '50%', of: 4, within: '10s' }
    const config = inFrontOf([app.address], { breaker: { slowRate } })
    const sidecar = await keep(runSidecar(config))
    for (let i = 0; i < 4; i++) expect((await call(sidecar.address)).status).to.equal(200)
    expect((await call(sidecar.address)).headers['x-outrigger-reason']).to.equal('circuit-open')
  })
})

describe('faults', () => {
  const keep = closing()

  it('delay and abort what they are told, and the status shows it', async () => {
    const app = await keep(startApp((_, response) => void response.end('fine')))
    const faults = { delay: { share: '100%', for: '120ms' }, abort: { share: '50%', status: 418 } }
    const sidecar = await keep(runSidecar(inFrontOf([app.address], { faults })))
    const replies = []
    const begun = performance.now()
    for (let i = 0; i < 24; i++) replies.push(call(sidecar.address))
    const statuses = (await Promise.all(replies)).map(({ status }) => status)
    expect(performance.now() - begun).to.be.at.least(119)
    const aborted = statuses.filter(status => status === 418).length
    expect(aborted).to.be.within(2, 22)
    expect(statuses.filter(status => status === 200)).to.have.length(24 - aborted)
    const web = sidecar.status().services[0]!
    expect(web.faults).to.deep.include({ delayed: 24, aborted })
    expect(web.refused).to.deep.equal({ 'fault-injected': aborted })
    expect(web.members[0]!.picked).to.equal(24 - aborted)
  })
})
