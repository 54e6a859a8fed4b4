// What members say of their load, over real connections: taken, counted, and not passed on.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import express from 'express'
import { load } from '../../../middleware/process/load.ts'
import { call, closing, field, startApp, talk } from '../../support/clients.ts'
import { type Answer, ok, startOrigin } from '../../support/origin.ts'
import { openRaw, until } from '../../support/raw.ts'
import { type Config, comesToRest, inFrontOf, runSidecar } from '../../support/sidecar.ts'

const GET = 'GET / HTTP/1.1\r\nHost: web\r\n\r\n'
const report = (inFlight: unknown) => `Endpoint-Load-Metrics: TEXT named_metrics.in_flight=${inFlight}`

describe('load reports', () => {
  const keep = closing()

  async function start(answers: readonly Answer[], service: Config = {}) {
    const origins = await Promise.all(answers.map(answer => keep(startOrigin(answer))))
    const sidecar = await keep(
      runSidecar(
        inFrontOf(
          origins.map(({ address }) => address),
          service,
        ),
      ),
    )
    const ask = async () => (await talk(sidecar.address, GET, ['GET']))[0]!
    const member = (i = 0) => sidecar.status().services[0]!.members[i]!
    const counts = () => origins.map(({ requests }) => requests.length)
    return { sidecar, ask, member, counts }
  }

  it('are taken out of the answer, counted and shown', async () => {
    const line = 'endpoint-load-metrics: TEXT application_utilization=0.7, named_metrics.in_flight=12'
    const { sidecar, ask, member } = await start([[ok('fine', 'A: 1', line, 'B: 2')]])
    expect(member().reported).to.equal(null)
    const response = await ask()
    expect([response.status, String(response.body)]).to.deep.equal([200, 'fine'])
    expect(response.fields.map(([name]) => name)).to.not.include('endpoint-load-metrics')
    expect([field(response, 'a'), field(response, 'b')]).to.deep.equal(['1', '2'])
    const { agoMs, ...reported } = member().reported!
    expect(reported).to.deep.equal({ taken: 1, unusable: 0, inFlight: 12, utilization: 0.7, elsewhere: 11 })
    expect(agoMs).to.be.within(0, 5_000)
    await comesToRest(sidecar)
  })

  it('pass as they came with loadReports: false, for a sidecar in front', async () => {
    const behind = await start([[ok('fine', report(12))]], { loadReports: false })
    const response = await behind.ask()
    expect(field(response, 'endpoint-load-metrics')).to.equal('TEXT named_metrics.in_flight=12')
    expect(behind.member().reported).to.equal(null)
    const front = await keep(runSidecar(inFrontOf([behind.sidecar.address])))
    const [answer] = await talk(front.address, GET, ['GET'])
    expect(field(answer!, 'endpoint-load-metrics')).to.equal(undefined)
    expect(front.status().services[0]!.members[0]!.reported!.inFlight).to.equal(12)
  })

  it('are taken out of interim answers and trailers too', async () => {
    const interim = `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n${report(5)}\r\n\r\n`
    const chunked = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n${report(5)}\r\nX-T: 1\r\n\r\n`
    const { sidecar } = await start([[interim, chunked]])
    const client = await keep(openRaw(sidecar.address))
    await client.send(GET)
    expect(await client.until(() => client.bytes.includes('X-T: 1\r\n\r\n'))).to.equal(true)
    expect(String(client.bytes))
      .to.include('Link: </a>')
      .and.not.match(/load-metrics/i)
  })

  it('send the requests to whom others leave alone', async () => {
    const { ask, counts } = await start([[ok('a', report(40))], [ok('b', report(1))], [ok('c', report(40))]])
    for (let i = 0; i < 3; i++) await ask()
    // At first everybody gets one. From then on the reports decide, for as long as they are young.
    for (let i = 0; i < 12; i++) await ask()
    const [a, b, c] = counts()
    expect(b).to.be.above(a! + c!)
  })

  for (const [what, line] of Object.entries({
    NaN: report('NaN'),
    'a negative number': report(-5),
    '1e308': report('1e308'),
    'no number': 'Endpoint-Load-Metrics: TEXT application_utilization=0.1',
    'broken JSON': 'Endpoint-Load-Metrics: JSON {"named_metrics":',
    '60 KB': `Endpoint-Load-Metrics: TEXT ${'x=1,'.repeat(15_000)}named_metrics.in_flight=1`,
    protobuf: 'Endpoint-Load-Metrics-Bin: CQAAAAAAAOA/',
  })) {
    it(`that say ${what} are unusable, and change nothing`, async () => {
      const { ask, member } = await start([[ok('fine', line)]])
      const response = await ask()
      expect([response.status, String(response.body)]).to.deep.equal([200, 'fine'])
      expect(response.fields.some(([name]) => /load-metrics/i.test(name))).to.equal(false)
      expect(member().reported).to.deep.equal({
        ...{ taken: 0, unusable: 1, inFlight: null, utilization: null, agoMs: null, elsewhere: 0 },
      })
    })
  }

  it('of load() arrive, and count what others have under way', async () => {
    let letGo = () => {}
    const gone = new Promise<void>(resolve => (letGo = resolve))
    const app = express().use(load())
    app.get('/wait', async (_, res) => void res.send(await gone.then(() => 'waited')))
    app.get('/', (_, res) => void res.send('fine'))
    const { address } = await keep(startApp(app))
    const sidecar = await keep(runSidecar(inFrontOf([address])))
    const others = Array.from({ length: 5 }, () => call(address, '/wait'))
    const member = () => sidecar.status().services[0]!.members[0]!
    expect(
      await until(() => {
        void call(sidecar.address, '/')
        return member().reported?.inFlight === 6
      }, 5_000),
    ).to.equal(true)
    letGo()
    await Promise.all(others)
    await comesToRest(sidecar)
  })

  it('come with shedding, whose 503s go to another member: no client sees one', async () => {
    const apps: ChildProcess[] = []
    try {
      const ports = await Promise.all(
        ['120', '0', '0'].map(async LATE => {
          const child = fork(fileURLToPath(new URL('late-app.mjs', import.meta.url)), { env: { ...process.env, LATE } })
          apps.push(child)
          return (await once(child, 'message'))[0].port as number
        }),
      )
      const sidecar = await keep(runSidecar(inFrontOf(ports.map(port => `127.0.0.1:${port}`))))
      const statuses = new Map<number, number>()
      const shed = async () => {
        apps[0]!.send('?')
        return (await once(apps[0]!, 'message'))[0].shed as number
      }
      const deadline = performance.now() + 10_000
      do {
        const answers = await Promise.all(Array.from({ length: 6 }, () => call(sidecar.address, '/')))
        for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1)
      } while ((await shed()) === 0 && performance.now() < deadline)
      expect([...statuses.keys()]).to.deep.equal([200])
      const { retries } = sidecar.status().services[0]!
      expect(retries['503'], 'shed by the late one').to.be.above(0)
    } finally {
      for (const app of apps) app.disconnect()
    }
  })
})
