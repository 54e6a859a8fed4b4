import { expect } from 'chai'
import { createMonitor } from '../../../sidecar/health/monitor.ts'
import { createSlots } from '../../../sidecar/health/slots.ts'
import { createVerdict } from '../../../sidecar/resilience/rise-fall.ts'
import { startApp } from '../../support/clients.ts'
import { pause, until } from '../../support/raw.ts'
import { directory } from '../../support/sidecar.ts'
import { middle, monitored } from './monitored.ts'
import { health, http } from './settings.ts'

describe('health: monitor', () => {
  const { keep, watching, startChecked, startRefusing } = monitored()

  it('counts checks, and tells nothing while a healthy member is well', async () => {
    const app = await startChecked()
    const { verdicts, checked, status } = await watching([app], { every: 10 })
    expect(status()).to.deep.equal({ healthy: true, checks: 0, failures: 0, last: 'not checked yet', lastMs: 0 })
    expect(await checked(5)).to.equal(true)
    const { checks, lastMs, ...rest } = status()!
    expect(rest).to.deep.equal({ healthy: true, failures: 0, last: 'ok' })
    expect(lastMs).to.be.within(0.01, 1000)
    expect(checks).to.be.within(5, app.at.length)
    expect(verdicts).to.deep.equal([])
    expect(app.app.accepted).to.equal(1)
  })

  it('falls and rises as the results say', async () => {
    const script = '++--+---+-++---'
    const app = await startChecked(nth => (script[nth] === '-' ? 503 : 200))
    const turns: number[] = []
    const { verdicts, checked } = await watching(
      [app],
      { every: 10 },
      { onVerdict: () => void turns.push(app.at.length) },
    )
    expect(await checked(script.length)).to.equal(true)
    expect(turns).to.deep.equal([8, 12, 15])
    expect(verdicts).to.deep.equal([])
  })

  it('says why', async () => {
    const refusing = await startRefusing()
    const hanging = await startChecked(() => undefined)
    const failing = await startChecked(() => 503)
    const back = await startChecked(nth => (nth < 3 ? 500 : 200))
    const { verdicts, status } = await watching([refusing, hanging, failing, back], { every: 20, timeout: 40 })
    expect(await until(() => verdicts.length >= 5, 5000)).to.equal(true)
    expect(verdicts.sort()).to.deep.equal([
      '0 unhealthy: connect ECONNREFUSED',
      '1 unhealthy: no answer within 40 ms',
      '2 unhealthy: status 503, expected 2xx',
      '3 healthy: ok',
      '3 unhealthy: status 500, expected 2xx',
    ])
    expect(status(1)).to.include({ healthy: false, last: 'no answer within 40 ms' })
    expect(status(1)!.lastMs).to.be.at.least(39)
  })

  it('watches by tcp, and through a unix socket', async () => {
    const { path } = await keep(directory())
    const app = await keep(startApp((_, response) => void response.end(), { path: `${path}/app.sock` }))
    const { verdicts, checked } = await watching([app], { every: 10, initial: 'unhealthy', check: { kind: 'tcp' } })
    expect(await checked(3)).to.equal(true)
    expect(verdicts).to.deep.equal(['0 healthy: ok'])
  })

  it('admits with the first success, and looks soon when nothing is let in before', async () => {
    const app = await startChecked()
    const began = performance.now()
    const { verdicts, status } = await watching(
      [app],
      { every: 60_000, initial: 'unhealthy', rise: 5 },
      { random: () => 0.999 },
    )
    expect(status()!.healthy).to.equal(false)
    expect(await until(() => verdicts.length > 0, 5000)).to.equal(true)
    expect(performance.now() - began).to.be.below(1000)
    expect(verdicts).to.deep.equal(['0 healthy: ok'])
  })

  it('never asks a member twice at once, however long it takes', async () => {
    let asking = 0
    let most = 0
    const app = await startChecked((_, response) => {
      most = Math.max(most, ++asking)
      response.on('close', () => asking--)
      setTimeout(() => response.end(), 30)
      return undefined
    })
    const { checked } = await watching([app], { every: 5, timeout: 1000 })
    expect(await checked(10)).to.equal(true)
    expect(most).to.equal(1)
  })

  it('takes an idle connection that the server has closed for no failure', async () => {
    const app = await startChecked()
    app.app.server.keepAliveTimeout = 1
    const { checked, status, verdicts } = await watching([app], { every: 15 })
    for (let checks = 1; checks <= 20; checks++) {
      expect(await checked(checks)).to.equal(true)
      app.app.server.closeIdleConnections()
    }
    expect(app.app.accepted).to.be.above(5)
    expect(status()).to.include({ failures: 0, last: 'ok' })
    expect(verdicts).to.deep.equal([])
  })

  it('follows the addresses: new ones are asked, gone ones let go, what is known of the others stays', async () => {
    const apps = await Promise.all([startChecked(), startChecked(() => 503), startChecked()])
    const { monitor, verdicts, addresses, checked, status } = await watching(apps.slice(0, 2), { every: 10, fall: 2 })
    expect(await checked(3, 1)).to.equal(true)
    expect(verdicts).to.deep.equal(['1 unhealthy: status 503, expected 2xx'])
    expect(await checked(1)).to.equal(true)
    const { checks } = status(1)!
    const gone = addresses[0]!
    addresses.splice(0, 1, apps[2]!.address)
    monitor.refresh()
    expect(monitor.statusOf(gone)).to.equal(undefined)
    expect(status(1)!.checks).to.be.at.least(checks)
    expect(status(1)!.healthy).to.equal(false)
    expect(status(0)!.checks).to.equal(0)
    expect(await checked(2)).to.equal(true)
    expect(await until(() => apps[0]!.app.sockets.size === 0)).to.equal(true)
    const asked = apps[0]!.at.length
    expect(await checked(status(1)!.checks + 3, 1)).to.equal(true)
    expect(apps[0]!.at.length).to.equal(asked)
  })

  it('begins anew with an address that was gone', async () => {
    const app = await startChecked(() => 503)
    const { monitor, verdicts, addresses, status } = await watching([app], { every: 10, fall: 1 })
    expect(await until(() => verdicts.length === 1)).to.equal(true)
    const [address] = addresses.splice(0)
    monitor.refresh()
    addresses.push(address!)
    monitor.refresh()
    expect(status()).to.include({ healthy: true, checks: 0 })
    expect(await until(() => verdicts.length === 2)).to.equal(true)
  })

  it('once stopped asks nobody, tells nothing and leaves no connection', async () => {
    const well = await startChecked()
    const hanging = await startChecked(() => undefined)
    const slots = createSlots(1)
    const { monitor, verdicts, status } = await watching([well, hanging, well], { every: 10, fall: 1 }, { slots })
    expect(await until(() => well.at.length > 0 && hanging.at.length > 0 && slots.waiting > 0, 5000)).to.equal(true)
    monitor.stop()
    const asked = well.at.length
    expect(await until(() => well.app.sockets.size + hanging.app.sockets.size === 0)).to.equal(true)
    expect(await until(() => slots.taken + slots.waiting === 0)).to.equal(true)
    monitor.refresh()
    await pause(100)
    expect([well.at.length, hanging.at.length]).to.deep.equal([asked, 1])
    expect([verdicts, status()]).to.deep.equal([[], undefined])
  })

  it('can be started again, and twice', async () => {
    const app = await startChecked()
    const { monitor, checked, status } = await watching([app], { every: 10 })
    monitor.start()
    expect(await checked(3)).to.equal(true)
    monitor.stop()
    monitor.start()
    expect(status()!.checks).to.equal(0)
    expect(await checked(3)).to.equal(true)
  })

  it('asks nobody before it is started', async () => {
    const app = await startChecked()
    const parts = { addresses: () => [app.address], traffic: () => 0, onVerdict: () => {}, verdict: createVerdict }
    const monitor = createMonitor(health(), { ...parts, random: middle, slots: createSlots(), now: () => 0 })
    monitor.refresh()
    expect(monitor.statusOf(app.address)).to.equal(undefined)
    monitor.stop()
  })

  describe('takes what goes wrong within for a failed check', () => {
    it('an address that is none', async () => {
      const { verdicts } = await watching([{ address: 'nonsense' }], { every: 10 })
      expect(await until(() => verdicts.length > 0)).to.equal(true)
      expect(verdicts).to.deep.equal(['0 unhealthy: not an address'])
    })

    it('a request that cannot be made', async () => {
      const { verdicts } = await watching([await startChecked()], { every: 10, check: http({ path: '/a b' }) })
      expect(await until(() => verdicts.length > 0)).to.equal(true)
      expect(verdicts[0]).to.match(/^0 unhealthy: .*unescaped/)
    })

    it('and goes on when the news of it cannot be told', async () => {
      const app = await startChecked(() => 503)
      const thrown = () => {
        throw new Error('no ear')
      }
      const { checked, status } = await watching([app], { every: 10, fall: 3 }, { onVerdict: thrown })
      expect(await until(() => status()!.last.endsWith('told, and failed: no ear'))).to.equal(true)
      expect(await checked(6)).to.equal(true)
      expect(status()!.healthy).to.equal(false)
    })
  })
})
