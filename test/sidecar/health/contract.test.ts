import { expect } from 'chai'
import { type CheckResult, TimeUp } from '../../../sidecar/health/check.ts'
import { createCheck } from '../../../sidecar/health/index.ts'
import { parseAddress } from '../../../sidecar/model/endpoint.ts'
import type { HealthCheck } from '../../../sidecar/model/resilience-settings.ts'
import { closing, startApp, startNet } from '../../support/clients.ts'
import { until } from '../../support/raw.ts'
import { directory } from '../../support/sidecar.ts'
import { http } from './settings.ts'

/** What every check must do, whatever it asks for. */
for (const settings of [http(), { kind: 'tcp' }] satisfies HealthCheck[]) {
  describe(`health: any check, here ${settings.kind}`, () => {
    const keep = closing()

    async function checker(address: string) {
      const checker = await keep(createCheck(settings))
      const check = (signal = new AbortController().signal) => checker.check(parseAddress(address)!, signal)
      return { check, close: () => checker.close() }
    }

    it('succeeds, and says how long it took', async () => {
      const app = await keep(startApp((_, response) => void response.end('fine')))
      const result = await (await checker(app.address)).check()
      expect(result.ok).to.equal(true)
      expect(result.ms).to.be.within(0.01, 1000)
    })

    it('is refused where nobody listens', async () => {
      const app = await startApp(() => {})
      await app.close()
      expect(await (await checker(app.address)).check()).to.deep.include({ ok: false, why: 'connect ECONNREFUSED' })
    })

    it('does so through a unix socket', async () => {
      const { path } = await keep(directory())
      const socket = `${path}/app.sock`
      const { check } = await checker(`unix:${socket}`)
      expect(await check()).to.deep.include({ ok: false, why: 'connect ENOENT' })
      const app = await keep(startApp((_, response) => void response.end('fine'), { path: socket }))
      expect((await check()).ok).to.equal(true)
      expect(app.accepted).to.equal(1)
    })

    it('names what is wrong with a name', async () => {
      const { check } = await checker('nowhere.invalid:80')
      const result = (await check()) as CheckResult & { why: string }
      expect(result.why).to.match(/^getaddrinfo E/)
    })

    it('ends at once when it is aborted before', async () => {
      const { check } = await checker('127.0.0.1:1')
      const late = AbortSignal.abort(new TimeUp(7))
      expect(await check(late)).to.deep.include({ ok: false, why: 'no connection within 7 ms' })
      expect(await check(AbortSignal.abort())).to.deep.include({ ok: false, why: 'stopped' })
    })

    it('leaves no connection behind once closed', async () => {
      const app = await keep(startApp((_, response) => void response.end('fine')))
      const { check, close } = await checker(app.address)
      for (let i = 0; i < 3; i++) expect((await check()).ok).to.equal(true)
      close()
      expect(await until(() => app.sockets.size === 0)).to.equal(true)
    })

    it('reaches a service by name and by IPv6', async function () {
      const app = await startApp((_, response) => void response.end('fine'), { host: '::1' }).catch(() => undefined)
      if (app === undefined) return this.skip()
      await keep(app)
      expect((await (await checker(app.address)).check()).ok).to.equal(true)
    })
  })
}

describe('health: a check by tcp, in particular', () => {
  const keep = closing()

  it('is content with a server that never says a word', async () => {
    const server = await keep(startNet(() => {}))
    const checker = createCheck({ kind: 'tcp' })
    expect((await checker.check({ host: '127.0.0.1', port: server.port }, new AbortController().signal)).ok).to.equal(
      true,
    )
    expect(await until(() => server.accepted === 1)).to.equal(true)
  })
})
