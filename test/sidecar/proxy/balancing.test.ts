// The balancers at work: who really gets the requests.

import { expect } from 'chai'
import { Agent, type Dispatcher, request } from 'undici'
import { type App, closing, startApp } from '../../support/clients.ts'
import { openRaw, pause, until } from '../../support/raw.ts'
import { type Config, inFrontOf, type Running, runSidecar } from '../../support/sidecar.ts'

describe('balancing', () => {
  const keep = closing()
  let apps: App[]
  let asked: number[]
  let sidecar: Running
  let dispatcher: Dispatcher

  /** One app for each delay, in milliseconds; it answers with its number. */
  async function start(delays: readonly number[], service: Config = {}, { weights = [1], listener = {} } = {}) {
    apps = []
    asked = delays.map(() => 0)
    for (const [i, delay] of delays.entries()) {
      const app = startApp((request, response) => {
        asked[i]!++
        if (request.url === '/stream') response.write('begun')
        else setTimeout(() => response.end(String(i)), delay)
      })
      apps.push(await keep(app))
    }
    const endpoints = apps.map(({ address }, i) => ({ address, weight: weights[i] ?? 1 }))
    sidecar = await keep(runSidecar(inFrontOf(endpoints, service, listener)))
    dispatcher = await keep(new Agent())
  }

  async function ask(path = '/', headers: Record<string, string> = {}): Promise<number> {
    const { statusCode, body } = await request(`${sidecar.url}${path}`, { headers, dispatcher })
    const text = await body.text()
    if (statusCode !== 200) throw new Error(`${statusCode} ${text}`)
    return Number(text)
  }

  /** Asks `count` times, `atOnce` at a time; how often each app has been asked by now. */
  async function shares(count: number, atOnce: number): Promise<number[]> {
    let left = count
    const worker = async () => {
      while (left-- > 0) await ask()
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
    expect(members().map(member => member.picked)).to.deep.equal(asked)
    return asked
  }

  const members = () => sidecar.status().services[0]!.members

  it('least-connections gives a slow member less', async () => {
    await start([2, 2, 60])
    const [first, second, slow] = await shares(400, 12)
    expect(slow).to.be.lessThan(Math.min(first!, second!) / 3)
    expect(slow).to.be.greaterThan(0)
  })

  it('least-connections counts answers that stream, to their end', async () => {
    await start([0, 0])
    const client = await keep(openRaw(sidecar.address))
    await client.send('GET /stream HTTP/1.1\r\nHost: web\r\n\r\n')
    await client.until(() => client.bytes.includes('begun'))
    const busy = members().findIndex(member => member.inFlight === 1)
    for (let i = 0; i < 10; i++) expect(await ask()).to.equal(1 - busy)
    client.close()
    await until(() => members()[busy]!.inFlight === 0)
    const both = new Set<number>()
    for (let i = 0; i < 40; i++) both.add(await ask())
    expect(both.size).to.equal(2)
  })

  it('least-connections respects weights', async () => {
    await start([10, 10], {}, { weights: [3, 1] })
    const [heavy, light] = await shares(200, 8)
    expect(heavy! / light!).to.be.within(2, 4)
  })

  it('round-robin is exact', async () => {
    await start([0, 0, 0], { balance: 'round-robin' })
    expect(await shares(60, 1)).to.deep.equal([20, 20, 20])
    expect(await shares(60, 7)).to.deep.equal([40, 40, 40])
  })

  it('round-robin respects weights, exactly', async () => {
    await start([0, 0, 0], { balance: 'round-robin' }, { weights: [3, 2, 1] })
    expect(await shares(60, 1)).to.deep.equal([30, 20, 10])
  })

  for (const balance of ['two-choices', 'peak-ewma']) {
    it(`${balance} gives a slow member less`, async () => {
      await start([2, 2, 60], { balance })
      const [first, second, slow] = await shares(300, 12)
      expect(slow).to.be.lessThan(Math.min(first!, second!))
      expect(first! + second! + slow!).to.equal(300)
    })
  }

  const keyed: Record<string, { hash: unknown; to: (key: string) => [path: string, headers: Record<string, string>] }> =
    {
      header: { hash: { header: 'X-User' }, to: key => ['/', { 'x-user': key }] },
      cookie: { hash: { cookie: 'cart' }, to: key => [`/?${Math.random()}`, { cookie: `a=b; cart=${key}; c=d` }] },
      path: { hash: 'path', to: key => [`/${key}?${Math.random()}`, {}] },
      client: { hash: 'client', to: key => ['/', { 'x-forwarded-for': `10.0.0.${key}` }] },
    }

  for (const [name, { hash, to }] of Object.entries(keyed)) {
    it(`hash by ${name} keeps together what belongs together`, async () => {
      await start([0, 0, 0], { balance: { hash } }, { listener: { trust: 1 } })
      const home = new Map<string, number>()
      for (let round = 0; round < 3; round++) {
        for (let key = 0; key < 30; key++) {
          const member = await ask(...to(String(key)))
          if (round === 0) home.set(String(key), member)
          else expect(member, `key ${key}`).to.equal(home.get(String(key)))
        }
      }
      expect(new Set(home.values()).size).to.equal(3)
    })
  }

  it('hash without a key goes somewhere', async () => {
    await start([0, 0, 0], { balance: { hash: { header: 'x-user' } } })
    const seen = new Set<number>()
    for (let i = 0; i < 60; i++) seen.add(await ask())
    expect(seen.size).to.equal(3)
  })

  it('goes on while a member is away', async () => {
    await start([0, 0], { balance: 'round-robin' })
    await apps[1]!.close()
    await pause(10)
    for (let i = 0; i < 20; i++) expect(await ask()).to.equal(0)
    // Five in a row, and it is left alone.
    expect(members()[1]).to.include({ failed: 5, succeeded: 0 })
  })
})
