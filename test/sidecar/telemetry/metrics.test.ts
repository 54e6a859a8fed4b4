import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { METRICS } from '../../../sidecar/telemetry/metrics.ts'
import { call, closing, startApp, startNet, talk } from '../../support/clients.ts'
import { openRaw, until } from '../../support/raw.ts'
import { inFrontOf, runSidecar } from '../../support/sidecar.ts'
import { readExposition } from './exposition.ts'

describe('metrics', () => {
  const keep = closing()

  async function start(paths: Record<string, number> = {}, service = {}) {
    const app = await keep(
      startApp(({ url }, response) => {
        const status = paths[url!] ?? 200
        if (status > 0) response.writeHead(status).end()
      }),
    )
    const config = inFrontOf([app.address], service)
    const sidecar = await keep(runSidecar({ ...config, admin: '127.0.0.1:0' }))
    const ask = (path: string) => talk(sidecar.address, `GET ${path} HTTP/1.1\r\nHost: web\r\n\r\n`)
    const scrape = async () => {
      const reply = await call(sidecar.admin!, '/metrics')
      expect(reply.headers['content-type']).to.equal('text/plain; version=0.0.4; charset=utf-8')
      const families = readExposition(reply.text)
      return {
        families,
        of: (name: string, labels: Record<string, string> = {}) => {
          const samples = [...families.values()]
            .flatMap(family => family.samples)
            .filter(sample => sample.name === name)
          const fits = samples.filter(sample =>
            Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
          )
          return fits.length === 1 ? fits[0]!.value : fits.map(sample => sample.value)
        },
      }
    }
    return { app, sidecar, ask, scrape }
  }

  it('are well formed before there is anything to tell', async () => {
    const { scrape } = await start()
    const { families, of } = await scrape()
    expect([...families.keys()]).to.have.members(METRICS.map(metric => metric.name))
    expect(of('outrigger_requests_total', { service: 'web' })).to.equal(0)
    expect(of('process_resident_memory_bytes')).to.be.greaterThan(1e6)
  })

  it('agree with the traffic', async () => {
    const { app, sidecar, ask, scrape } = await start(
      { '/404': 404, '/500': 500, '/503': 503, '/never': 0 },
      { retries: false },
    )
    for (const path of ['/', '/', '/', '/404', '/500', '/500', '/503']) await ask(path)
    await talk(sidecar.address, 'x\r\n\r\n')
    const leaver = await keep(openRaw(sidecar.address))
    await leaver.send('GET /never HTTP/1.1\r\nHost: web\r\n\r\n')
    await until(() => sidecar.status().services[0]!.inFlight === 1)
    const during = await scrape()
    expect(during.of('outrigger_requests_in_flight')).to.equal(1)
    expect(during.of('outrigger_member_in_flight', { member: app.address })).to.equal(1)
    expect(during.of('outrigger_listener_connections')).to.equal(1)
    leaver.close()
    await until(() => sidecar.status().services[0]!.inFlight === 0)
    const { of } = await scrape()
    const web = { service: 'web' }
    expect(of('outrigger_requests_total', web)).to.equal(8)
    for (const [status, count] of [
      ['2xx', 3],
      ['4xx', 1],
      ['5xx', 3],
    ] as const) {
      expect(of('outrigger_responses_total', { class: status }), status).to.equal(count)
    }
    expect(of('outrigger_abandoned_total', web)).to.equal(1)
    expect(of('outrigger_requests_in_flight', web)).to.equal(0)
    expect(of('outrigger_request_duration_seconds_count', web)).to.equal(8)
    expect(of('outrigger_request_duration_seconds_sum', web)).to.be.within(0.0001, 5)
    const member = { ...web, member: app.address }
    expect(of('outrigger_member_picked_total', member)).to.equal(8)
    expect(of('outrigger_member_outcomes_total', { ...member, judgement: 'success' })).to.equal(4)
    expect(of('outrigger_member_outcomes_total', { ...member, judgement: 'failure' })).to.equal(3)
    expect(of('outrigger_upstream_connections_opened_total', member)).to.equal(1)
    expect(of('outrigger_upstream_connections_reused_total', member)).to.equal(7)
    expect(of('outrigger_upstream_connections', member)).to.equal(0)
    expect(of('outrigger_listener_connections_accepted_total', { listener: sidecar.address })).to.equal(9)
    expect(of('outrigger_listener_refusals_total', { reason: 'bad-method' })).to.equal(1)
  })

  it('count refusals by reason, and repeated requests', async () => {
    const { sidecar, ask, scrape } = await start({ '/never': 0 }, { timeouts: { head: '50ms' }, retries: false })
    await ask('/never')
    await ask('/never')
    const { of } = await scrape()
    expect(of('outrigger_refusals_total', { service: 'web', reason: 'upstream-timeout' })).to.equal(2)
    expect(of('outrigger_responses_total', { class: '5xx' })).to.equal(2)
    await sidecar.close()

    let served = 0
    const origin = await keep(
      startNet(socket => {
        let first = true
        socket.on('data', () => {
          if (!first) return socket.resetAndDestroy()
          first = false
          served++
          socket.write('HTTP/1.1 204 Fine\r\n\r\n')
        })
      }),
    )
    const other = await keep(runSidecar({ ...inFrontOf([origin.address]), admin: '127.0.0.1:0' }))
    for (let i = 0; i < 3; i++) await talk(other.address, 'GET / HTTP/1.1\r\nHost: web\r\n\r\n')
    expect(served).to.equal(3)
    const text = await other.metrics()
    const [stale] = readExposition(text).get('outrigger_stale_retries_total')!.samples
    expect(stale!.value).to.equal(2)
    expect(text).to.include('outrigger_member_outcomes_total')
  })

  it('have no label that a client could choose', async () => {
    const { sidecar, scrape } = await start()
    for (let i = 0; i < 5; i++) {
      await talk(sidecar.address, `GET /unheard-of-${i}?x=${i} HTTP/1.1\r\nHost: odd-${i}\r\nX: unheard-of\r\n\r\n`)
      await talk(sidecar.address, `UNHEARD-OF / HTTP/1.1\r\nHost: odd-${i}\r\n\r\n`, ['GET'])
    }
    const { families } = await scrape()
    const labels = [...families.values()].flatMap(family => family.samples.map(sample => JSON.stringify(sample.labels)))
    expect(labels.join()).not.to.match(/unheard-of|odd-/i)
  })

  it('are all documented, with their labels', () => {
    const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8')
    const documented = [...page.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name)
    expect(documented).to.deep.equal(METRICS.map(metric => metric.name))
  })
})
