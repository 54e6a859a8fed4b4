import { createServer } from 'node:http'
import { expect } from 'chai'
import type { Status } from '../../../sidecar/index.ts'
import { call, closing, field, startApp, talk } from '../../support/clients.ts'
import { openRaw, until } from '../../support/raw.ts'
import { inFrontOf, runSidecar } from '../../support/sidecar.ts'

const ADMIN = { admin: '127.0.0.1:0' }

describe('admin', () => {
  const keep = closing()

  async function start() {
    const app = await keep(startApp((_, response) => void response.end('fine')))
    const sidecar = await keep(
      runSidecar({ ...inFrontOf([app.address, '127.0.0.1:1'], { balance: 'round-robin', retries: false }), ...ADMIN }),
    )
    return { app, sidecar, ask: (path: string, method = 'GET') => call(sidecar.admin!, path, { method }) }
  }

  it('says that it lives and is ready', async () => {
    const { ask } = await start()
    for (const [path, text] of [
      ['/healthz', 'ok\n'],
      ['/readyz', 'ready\n'],
      ['/readyz?verbose', 'ready\n'],
    ] as const) {
      const reply = await ask(path)
      expect([reply.status, reply.text], path).to.deep.equal([200, text])
      expect(reply.headers).to.include({ 'cache-control': 'no-store', 'content-length': String(text.length) })
    }
    expect((await ask('/')).text).to.include('/healthz /readyz /metrics /status')
  })

  it('is not ready while it drains, but lives', async () => {
    const app = await keep(startApp((_, response) => void response.write('begun')))
    const sidecar = await keep(runSidecar({ ...inFrontOf([app.address]), ...ADMIN }))
    const client = await keep(openRaw(sidecar.address))
    await client.send('GET / HTTP/1.1\r\nHost: web\r\n\r\n')
    await until(() => sidecar.status().services[0]!.inFlight === 1)
    const drained = sidecar.drain(5000)
    const ready = await call(sidecar.admin!, '/readyz')
    expect([ready.status, ready.text]).to.deep.equal([503, 'draining\n'])
    expect((await call(sidecar.admin!, '/healthz')).status).to.equal(200)
    expect(JSON.parse((await call(sidecar.admin!, '/status')).text)).to.include({ state: 'draining' })
    client.close()
    expect(await drained).to.deep.equal({ cut: 0 })
  })

  it('tells the status, in just this form', async () => {
    const { sidecar, ask } = await start()
    for (let i = 0; i < 4; i++) await talk(sidecar.address, 'GET / HTTP/1.1\r\nHost: web\r\n\r\n')
    await talk(sidecar.address, 'x\r\n\r\n')
    await until(() => sidecar.status().listeners[0]!.connections === 0)
    const reply = await ask('/status')
    expect(reply.headers['content-type']).to.equal('application/json')
    const status = JSON.parse(reply.text) as Status
    const { version, pid, uptimeSeconds, state, listeners, services, ...rest } = status
    expect(rest).to.deep.equal({})
    expect(version).to.match(/^\d+\.\d+\.\d+/)
    expect(pid).to.equal(process.pid)
    expect(uptimeSeconds).to.be.within(0, 60)
    expect(state).to.equal('ready')
    expect(listeners).to.deep.equal([
      {
        address: sidecar.address,
        target: 'service web',
        connections: 0,
        accepted: 5,
        requests: 5,
        refused: { 'bad-method': 1 },
      },
    ])
    const [{ members, ...service }, ...others] = services as [Status['services'][number]]
    expect(others).to.deep.equal([])
    expect(service).to.deep.equal({
      name: 'web',
      balance: 'round-robin',
      inFlight: 0,
      queued: 0,
      requests: 4,
      responses: { '2xx': 2, '5xx': 2 },
      refused: { 'connect-failed': 2 },
      abandoned: 0,
      limit: 1024,
      waited: { count: 0, ms: 0 },
      held: false,
      breaker: null,
      panic: false,
      panics: 0,
      panicked: 0,
      retries: {},
      staleRetries: 0,
      unretried: {},
      retryBudget: 100,
      pins: {},
      hedges: { sent: 0, won: 0 },
      faults: null,
    })
    const [alive, dead] = members.map(({ latencyMs, address, ...member }) => ({ ...member, measured: latencyMs > 0 }))
    const ejection = { state: 'closed', opened: 0, spared: 0, retryInMs: 0 }
    const idle = {
      inFlight: 0,
      weight: 1,
      picked: 2,
      state: 'ready',
      ejection,
      breaker: null,
      health: null,
      reported: null,
    }
    const kept = { open: 1, idle: 1, opened: 1, reused: 1 }
    expect(alive).to.deep.equal({
      ...idle,
      succeeded: 2,
      failed: 0,
      penalty: 0,
      measured: true,
      connections: kept,
    })
    const none = { open: 0, idle: 0, opened: 2, reused: 0 }
    expect(dead).to.deep.equal({ ...idle, succeeded: 0, failed: 2, penalty: 2, measured: false, connections: none })
    expect(members[1]!.address).to.equal('127.0.0.1:1')
  })

  it('answers GET and HEAD at its own paths, and nothing else', async () => {
    const { ask } = await start()
    const head = await ask('/status', 'HEAD')
    expect([head.status, head.text]).to.deep.equal([200, ''])
    expect(Number(head.headers['content-length'])).to.be.greaterThan(100)
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const reply = await ask('/status', method)
      expect([reply.status, reply.headers.allow], method).to.deep.equal([405, 'GET, HEAD'])
    }
    for (const path of ['/nothing', '/healthz/', '/__proto__', '/constructor', '//status', 'http://other/status/x']) {
      expect((await ask(path)).status, path).to.equal(404)
    }
  })

  it('holds and releases members and services, and tells what is wrong with a wish', async () => {
    const { app, sidecar, ask } = await start()
    const get = async () => (await talk(sidecar.address, 'GET / HTTP/1.1\r\nHost: web\r\n\r\n'))[0]!
    const dead = `/services/web/members/${encodeURIComponent('127.0.0.1:1')}`
    expect((await ask(`${dead}/hold`, 'POST')).text).to.equal('127.0.0.1:1 of web is held\n')
    for (let i = 0; i < 6; i++) expect((await get()).status).to.equal(200)
    expect((await ask(`/services/WEB/members/${app.address}/hold`, 'POST')).status).to.equal(200)
    const refused = await get()
    expect([refused.status, field(refused, 'x-outrigger-reason'), field(refused, 'retry-after')]).to.deep.equal([
      503,
      'circuit-open',
      '1',
    ])
    expect(sidecar.status().services[0]!.members.map(({ state }) => state)).to.deep.equal(['held', 'held'])
    expect((await ask(`/services/web/members/${app.address}/release`, 'POST')).status).to.equal(200)
    expect((await get()).status).to.equal(200)
    expect((await ask('/services/web/hold', 'POST')).text).to.equal('web is held\n')
    expect((await get()).status).to.equal(503)
    expect(sidecar.status().services[0]!.held).to.equal(true)
    expect((await ask('/services/web/release', 'POST')).text).to.equal('web is released\n')
    expect((await get()).status).to.equal(200)

    for (const [path, status, text] of [
      ['/services/nobody/hold', 404, 'there is no service "nobody"\n'],
      ['/services/web/members/1.2.3.4:5/hold', 404, 'web has no member "1.2.3.4:5"\n'],
      ['/services/web/explode', 404, undefined],
      ['/services/%ff/hold', 404, 'there is no service "%ff"\n'],
    ] as const) {
      const reply = await ask(path, 'POST')
      expect(reply.status, path).to.equal(status)
      if (text !== undefined) expect(reply.text).to.equal(text)
    }
    const got = await ask('/services/web/hold')
    expect([got.status, got.headers.allow]).to.deep.equal([405, 'POST'])
  })

  it('does nothing that a page in a browser asks for', async () => {
    const { sidecar } = await start()
    for (const headers of [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'same-origin' },
    ]) {
      const reply = await call(sidecar.admin!, '/services/web/hold', { method: 'POST', headers })
      expect(reply.status).to.equal(403)
    }
    expect(sidecar.status().services[0]!.held).to.equal(false)
  })

  const attach = async (address: string, fields = '') => {
    const client = await keep(openRaw(address))
    await client.send(`GET /attach HTTP/1.1\r\nHost: x\r\n${fields}\r\n`)
    await client.until(() => client.bytes.includes('\r\n\r\n'))
    return { client, status: client.bytes.toString('latin1', 9, 12) }
  }

  it('attaches no page of a browser, nothing that waits behind another request, and 64 at most', async () => {
    const { sidecar } = await start()
    for (const field of ['Origin: null\r\n', 'Sec-Fetch-Site: same-origin\r\n'])
      expect((await attach(sidecar.admin!, field)).status).to.equal('403')
    const client = await keep(openRaw(sidecar.admin!))
    await client.send('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\nGET /attach HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(await client.until(() => client.bytes.includes('waits behind another'))).to.equal(true)
    const all = await Promise.all(Array.from({ length: 64 }, () => attach(sidecar.admin!)))
    expect(all.every(({ status }) => status === '200')).to.equal(true)
    expect((await attach(sidecar.admin!)).status).to.equal('503')
    for (const each of all) each.client.close()
    let status = ''
    for (let tries = 0; tries < 50 && status !== '200'; tries++) ({ status } = await attach(sidecar.admin!))
    expect(status).to.equal('200')
  })

  it('is off when it is off', async () => {
    const sidecar = await keep(runSidecar({ ...inFrontOf(['127.0.0.1:1']), admin: false }))
    expect(sidecar.admin).to.equal(undefined)
  })

  it('is part of the start: its address taken is the end of it', async () => {
    const other = createServer()
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    await keep(other)
    const { port } = other.address() as { port: number }
    const failed = await runSidecar({ ...inFrontOf(['127.0.0.1:1']), admin: `127.0.0.1:${port}` }).then(
      () => undefined,
      (error: Error) => error,
    )
    expect(failed).to.include({ name: 'BindError' })
    expect(failed!.message).to.match(
      /^cannot listen on 127\.0\.0\.1:\d+ \(the admin listener; .*another process listens there already/,
    )
  })
})
