// What a service decides as a whole, over real sockets. Found by reading the finished code against its intention.

import { expect } from 'chai'
import { closing, field, talk } from '../../support/clients.ts'
import { type Answer, ok, startOrigin } from '../../support/origin.ts'
import { openRaw, until } from '../../support/raw.ts'
import { type Config, comesToRest, inFrontOf, runSidecar } from '../../support/sidecar.ts'

const GET = 'GET / HTTP/1.1\r\nHost: web\r\n\r\n'
const BUSY = 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n'

describe('service', () => {
  const keep = closing()

  async function start(answers: readonly Answer[], service: Config = {}) {
    const origins = await Promise.all(answers.map(answer => keep(startOrigin(answer))))
    const addresses = origins.map(({ address }) => address)
    const config = { ...inFrontOf(addresses, { balance: 'round-robin', ...service }), admin: '127.0.0.1:0' }
    const lines: [string, Record<string, unknown>][] = []
    const write = (what: object, message: string) => void lines.push([message, what as Record<string, unknown>])
    const sidecar = await keep(runSidecar(config, { log: { info: write, warn: write, error: write } }))
    const ask = async (bytes = GET) => (await talk(sidecar.address, bytes, [bytes.split(' ')[0]!]))[0]!
    return { origins, sidecar, ask, lines, web: () => sidecar.status().services[0]! }
  }

  it('learns its limit from answers only: a refused connection says nothing', async () => {
    const { origins, ask, web } = await start([[ok()]], { limits: { adaptive: true }, retries: false, ejection: false })
    await ask()
    await origins[0]!.close()
    for (let i = 0; i < 150; i++) await ask()
    expect(web().limit).to.be.within(4, 1024)
  })

  it('holds the deadline of a caller against nobody', async () => {
    const { ask, web } = await start([['ended'], ['ended']], { breaker: { consecutive: 2 }, retries: false })
    for (let i = 0; i < 6; i++) {
      const late = await ask('GET / HTTP/1.1\r\nHost: web\r\nX-Request-Deadline-Ms: 30\r\n\r\n')
      expect(field(late, 'x-outrigger-reason')).to.equal('total-timeout')
    }
    expect(web().members.map(({ state, failed }) => [state, failed])).to.deep.equal([
      ['ready', 0],
      ['ready', 0],
    ])
  })

  it('sends nothing for a caller that has no time left', async () => {
    const { ask, origins } = await start([[ok()]])
    await ask('GET / HTTP/1.1\r\nHost: web\r\nX-Request-Deadline-Ms: 0\r\n\r\n')
    expect(origins[0]!.requests).to.have.length(0)
  })

  it('believes no Idempotency-Key that the server will not see', async () => {
    const { ask, origins } = await start([[BUSY], [ok()]])
    const head = 'POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\nIdempotency-Key: 7\r\n'
    expect((await ask(`${head}Connection: idempotency-key\r\n\r\n`)).status).to.equal(503)
    expect(origins.map(({ requests }) => requests.length)).to.deep.equal([1, 0])
  })

  it('passes no deadline on that Connection names, and keeps it', async () => {
    const { ask, origins } = await start([['ended']], { retries: false })
    const fields = 'X-Request-Deadline-Ms: 200\r\nConnection: x-request-deadline-ms\r\n'
    expect((await ask(`GET / HTTP/1.1\r\nHost: web\r\n${fields}\r\n`)).status).to.equal(504)
    expect(origins[0]!.requests[0]!.head).not.to.match(/deadline/i)
  })

  it('sends nothing again on a fresh connection when it is told not to', async () => {
    for (const retries of [{ on: ['connect'] }, false]) {
      const { ask, origins } = await start([(_, nth) => (nth === 1 ? ['fin'] : [ok()])], { retries })
      expect((await ask()).status).to.equal(200)
      expect((await ask()).status).to.equal(502)
      expect(origins[0]!.requests).to.have.length(2)
    }
  })

  it('gives a member nothing before its first good check when it starts as unhealthy, also when it is alone', async () => {
    let well = false
    const answer: Answer = ({ target }) => (target === '/ready' && !well ? [BUSY] : [ok('fine')])
    const health = { http: '/ready', every: '60ms', timeout: '50ms', initial: 'unhealthy' }
    const { ask, web, origins } = await start([answer], { health })
    expect(await until(() => web().members[0]!.health!.checks > 3, 5_000)).to.equal(true)
    const refused = await ask()
    expect([refused.status, field(refused, 'x-outrigger-reason')]).to.deep.equal([503, 'no-healthy-endpoint'])
    expect(web().panic).to.equal(false)
    well = true
    expect(await until(() => web().members[0]!.state === 'ready', 5_000)).to.equal(true)
    expect((await ask()).status).to.equal(200)
    expect(origins[0]!.requests.filter(({ target }) => target === '/')).to.have.length(1)
  })

  it('lets a request wait for one of the members that are left, and in when another is back', async () => {
    const { sidecar, web } = await start([['ended'], ['ended']], { limits: { endpointInFlight: 1 } })
    const held = `/services/web/members/${web().members[1]!.address}`
    await talk(sidecar.admin!, `POST ${held}/hold HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`, ['POST'])
    const clients = await Promise.all([1, 2].map(() => keep(openRaw(sidecar.address))))
    for (const client of clients) await client.send(GET)
    expect(await until(() => web().inFlight === 1 && web().queued === 1)).to.equal(true)
    await talk(sidecar.admin!, `POST ${held}/release HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`, ['POST'])
    expect(await until(() => web().inFlight === 2 && web().queued === 0)).to.equal(true)
    for (const client of clients) client.close()
    await comesToRest(sidecar)
  })

  it('takes no lease for a hedge that its budget does not allow', async () => {
    const hedge = { after: '10ms', budget: { share: '0%', perSecond: 0 } }
    const { ask, web } = await start(
      [
        [{ pause: 60 }, ok()],
        [{ pause: 60 }, ok()],
      ],
      { hedge },
    )
    for (let i = 0; i < 4; i++) await ask()
    expect(web().members.reduce((sum, { picked }) => sum + picked, 0)).to.equal(4)
  })

  it('does not count the time of an upload as latency', async () => {
    const { sidecar, web } = await start([[ok()]])
    const client = await keep(openRaw(sidecar.address))
    await client.send('PUT / HTTP/1.1\r\nHost: web\r\nContent-Length: 2\r\n\r\na')
    await new Promise(resolve => setTimeout(resolve, 400))
    await client.send('b')
    await client.until(() => client.bytes.includes('200 OK'))
    expect(web().members[0]!.latencyMs).to.be.within(0.001, 300)
  })

  it('tells the log what changes: held, released, out of reach', async () => {
    const { origins, sidecar, ask, lines } = await start([[ok()]], { retries: false })
    for (const what of ['hold', 'release']) {
      await talk(sidecar.admin!, `POST /services/web/${what} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`, [
        'POST',
      ])
    }
    await origins[0]!.close()
    await ask()
    await ask()
    const told = lines.map(([message, { member, why }]) => [message, member, why]).slice(1)
    expect(told).to.deep.equal([
      ['held', '', 'by hand'],
      ['released', '', 'by hand'],
      ['out of reach', origins[0]!.address, 'connect ECONNREFUSED'],
    ])
  })
})
