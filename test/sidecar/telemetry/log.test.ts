import { expect } from 'chai'
import { closing, startApp, talk } from '../../support/clients.ts'
import { openRaw, until } from '../../support/raw.ts'
import { inFrontOf, runSidecar } from '../../support/sidecar.ts'

describe('access log', () => {
  const keep = closing()

  async function start(access: boolean) {
    const lines: Record<string, unknown>[] = []
    const write = (what: object, message: string) => void lines.push({ ...what, message })
    const log = { info: write, warn: write, error: write }
    const app = await keep(startApp(({ url }, response) => (url === '/never' ? undefined : response.end('fine'))))
    const config = { ...inFrontOf([app.address]), log: { level: 'info', access } }
    const sidecar = await keep(runSidecar(config, { log }))
    return { app, sidecar, lines: () => lines.filter(line => line.message === 'exchange'), all: lines }
  }

  it('has one line per exchange, without the query', async () => {
    const { app, sidecar, lines } = await start(true)
    await talk(sidecar.address, 'GET /path?token=secret HTTP/1.1\r\nHost: shop.example:80\r\n\r\n')
    const [{ ms, ...line }] = lines() as [Record<string, unknown>]
    expect(ms).to.be.within(0.01, 5000)
    expect(line).to.deep.equal({
      message: 'exchange',
      listener: sidecar.address,
      service: 'web',
      member: app.address,
      client: '127.0.0.1',
      method: 'GET',
      host: 'shop.example:80',
      path: '/path',
      status: 200,
      reason: '',
      left: false,
      staleRetries: 0,
      retries: 0,
    })
    expect(JSON.stringify(lines())).not.to.include('secret')
  })

  it('tells of refusals, of clients that left, and of what was no request', async () => {
    const { sidecar, lines } = await start(true)
    await talk(sidecar.address, 'CONNECT other:80 HTTP/1.1\r\nHost: other:80\r\n\r\n', ['GET'])
    expect(lines()[0]).to.include({
      method: 'CONNECT',
      path: 'other:80',
      status: 403,
      reason: 'tunnel-refused',
      service: '',
    })
    const client = await keep(openRaw(sidecar.address))
    await client.send('GET /never HTTP/1.1\r\nHost: web\r\n\r\n')
    await until(() => sidecar.status().services[0]!.inFlight === 1)
    client.close()
    await until(() => lines().length === 2)
    expect(lines()[1]).to.include({ path: '/never', status: 0, reason: '', left: true, service: 'web' })
    await talk(sidecar.address, 'x\r\n\r\n')
    expect(lines()[2]).to.include({ method: '', path: '', status: 400, reason: 'bad-method', client: '127.0.0.1' })
  })

  it('is off by default, and nothing else is said per request', async () => {
    const { sidecar, all } = await start(false)
    const before = all.length
    await talk(sidecar.address, 'GET / HTTP/1.1\r\nHost: web\r\n\r\n')
    await talk(sidecar.address, 'x\r\n\r\n')
    expect(all.length).to.equal(before)
  })
})
