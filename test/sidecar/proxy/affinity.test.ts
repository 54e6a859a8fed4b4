import { expect } from 'chai'
import { seeded } from '../../support/random.ts'
import { clients, HOUR, Hop, KEY, PIN_COOKIE, spreadOf } from './crowd.ts'

const MEMBERS = ['10.0.0.7:3001', '10.0.0.8:3001', '10.0.0.9:3001']
const [A, B, C] = MEMBERS as [string, string, string]

async function refusal(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'none',
    (thrown: { reason: string }) => thrown.reason,
  )
}

describe('affinity: ten thousand clients', () => {
  it('by cookie: those of a member that dies go evenly to the others, nobody else moves, then or when it is back', async () => {
    const one = new Hop(MEMBERS)
    const two = new Hop([C, A, B], {}, { random: seeded(7) })
    const crowd = clients(10_000)
    for (const client of crowd) await one.ask(client)
    for (const count of Object.values(spreadOf(crowd))) expect(count).to.be.closeTo(3333, 40)

    // The other proxy knows nothing of them but what they bring.
    const first = crowd.map(({ at }) => at)
    for (const client of crowd) await two.ask(client)
    expect(crowd.map(({ at }) => at)).to.deep.equal(first)
    expect(two.counts).to.deep.equal({ followed: 10_000 })

    for (const proxy of [one, two]) proxy.cluster.setHealthy(B, false, 'killed', proxy.now)
    for (const [i, client] of crowd.entries()) await (i % 2 === 0 ? one : two).ask(client)
    const second = crowd.map(({ at }) => at)
    const orphans = crowd.filter((_, i) => first[i] === B)
    expect(crowd.filter((_, i) => first[i] !== B && second[i] !== first[i])).to.have.length(0)
    expect(spreadOf(orphans)[A]).to.be.closeTo(orphans.length / 2, 40)
    expect(spreadOf(orphans)[C]).to.be.closeTo(orphans.length / 2, 40)

    for (const proxy of [one, two]) proxy.cluster.setHealthy(B, true, 'restarted', proxy.now)
    for (const [i, client] of crowd.entries()) await (i % 2 === 0 ? two : one).ask(client)
    expect(crowd.map(({ at }) => at)).to.deep.equal(second)
    expect((one.counts.moved ?? 0) + (two.counts.moved ?? 0)).to.equal(orphans.length)
  }).timeout(20_000)

  it('by hash: the same, but that they go home when it is back', async () => {
    const by = { kind: 'hashed', from: 'cookie', name: 'sid' } as const
    const one = new Hop(MEMBERS, { by })
    const two = new Hop([C, A, B], { by })
    const crowd = clients(10_000)
    for (const [i, client] of crowd.entries()) client.cookies.sid = `s%3A${i}`
    for (const client of crowd) await one.ask(client)
    for (const count of Object.values(spreadOf(crowd))) expect(count).to.be.closeTo(3333, 200)
    const first = crowd.map(({ at }) => at)
    for (const proxy of [one, two]) proxy.cluster.setHealthy(B, false, 'killed', proxy.now)
    for (const [i, client] of crowd.entries()) await (i % 2 === 0 ? one : two).ask(client)
    const second = crowd.map(({ at }) => at)
    expect(crowd.filter((_, i) => first[i] !== B && second[i] !== first[i])).to.have.length(0)
    const orphans = crowd.filter((_, i) => first[i] === B)
    expect(spreadOf(orphans)[A]).to.be.closeTo(orphans.length / 2, 150)
    for (const [i, client] of crowd.entries()) await (i % 2 === 0 ? two : one).ask(client)
    expect(crowd.map(({ at }) => at)).to.deep.equal(second)
    for (const proxy of [one, two]) proxy.cluster.setHealthy(B, true, 'restarted', proxy.now)
    for (const client of crowd) await two.ask(client)
    expect(crowd.map(({ at }) => at)).to.deep.equal(first)
  }).timeout(20_000)
})

describe('affinity: by cookie', () => {
  async function pinned(sticky = {}, more = {}) {
    const proxy = new Hop(MEMBERS, sticky, more)
    const [client] = clients(1)
    const reply = await proxy.ask(client!)
    return { proxy, client: client!, reply, home: client!.at }
  }

  it('is set once, and only again when the pin has grown old', async () => {
    const { proxy, client, reply } = await pinned()
    expect(reply.head).to.match(/\r\nSet-Cookie: pin=[\w-]{44}; Path=\/; HttpOnly; SameSite=Lax\r\n\r\nbody$/)
    const set = async (after: number) => {
      proxy.now += after
      return (await proxy.ask(client)).head.includes('Set-Cookie')
    }
    expect([await set(0), await set(HOUR / 4), await set(1000), await set(HOUR / 4), await set(1000)]).to.deep.equal([
      false,
      false,
      true,
      false,
      true,
    ])
    expect(proxy.counts).to.deep.equal({ issued: 1, followed: 5 })
  })

  it('is renewed for as long as it lives, and no longer', async () => {
    const { proxy, client } = await pinned()
    for (let hours = 0; hours < 24; hours += 0.5) {
      proxy.now += HOUR / 2
      expect((await proxy.ask(client)).result).to.equal('followed')
    }
    proxy.now += 1000
    const reply = await proxy.ask(client)
    expect(reply.result).to.equal('issued')
    expect(proxy.counts).to.include({ expired: 1, issued: 2 })
    proxy.now += HOUR + 1000
    await proxy.ask(client)
    expect(proxy.counts).to.include({ expired: 2, issued: 3 })
  })

  it('is not seen by the member, valid or not; the other cookies are', async () => {
    const { proxy, client } = await pinned()
    client.cookies = { a: '"1 2"', ...client.cookies, b: 'x=y' }
    expect((await proxy.ask(client)).request).to.equal('GET / HTTP/1.1\r\nHost: web\r\nCookie: a="1 2"; b=x=y\r\n\r\n')
    client.cookies.pin = 'nonsense'
    expect((await proxy.ask(client)).request).not.to.include('nonsense')
  })

  it('that is forged, cut, of another key or service, or too old is none', async () => {
    const { proxy, client } = await pinned()
    const pin = client.cookies.pin!
    const elsewhere = await pinned({ by: { ...PIN_COOKIE, keys: ['another key, which is long too'] } })
    const forged = [
      pin.slice(1),
      `${pin.slice(0, -1)}${pin.endsWith('A') ? 'B' : 'A'}`,
      '',
      elsewhere.client.cookies.pin!,
    ]
    for (const value of forged) {
      client.cookies = { pin: value }
      const { result, head } = await proxy.ask(client)
      expect([result, head.includes('Set-Cookie: pin=')], value).to.deep.equal(['issued', true])
    }
    expect(proxy.counts).to.deep.equal({ issued: 5, invalid: 4 })
  })

  it('of several the first that is ours counts, and not all are tried', async () => {
    const { proxy, client, home } = await pinned()
    const good = client.cookies.pin!
    const bad = 'A'.repeat(44)
    const ask = (values: string[]) =>
      proxy.ask({ cookies: {}, at: '' }, { fields: [`Cookie: ${values.map(value => `pin=${value}`).join('; ')}`] })
    for (let i = 0; i < 6; i++) expect((await ask([bad, bad, bad, good])).at).to.equal(home)
    expect((await ask([...Array<string>(100).fill(bad), good])).result).to.equal('issued')
  })

  it('is signed anew once there is a new key, at the same member', async () => {
    const { proxy: old, client, home } = await pinned()
    const next = 'another key, which is new'
    const both = new Hop(MEMBERS, { by: { ...PIN_COOKIE, keys: [next, KEY] } })
    const reply = await both.ask(client)
    expect([reply.at, reply.result, reply.head.includes('Set-Cookie')]).to.deep.equal([home, 'followed', true])
    const only = new Hop(MEMBERS, { by: { ...PIN_COOKIE, keys: [next] } })
    expect(await only.ask(client)).to.include({ at: home, result: 'followed' })
    expect((await old.ask(client)).result).to.equal('issued')
  })

  it('has the attributes that are asked for, and Secure where they need it or the client came by TLS', async () => {
    const line = async (cookie: object, fields: string[] = []) => {
      const proxy = new Hop(MEMBERS, { by: { ...PIN_COOKIE, ...cookie } })
      const { head } = await proxy.ask({ cookies: {}, at: '' }, { fields })
      return /Set-Cookie: [^=]+=[\w-]{44}(.*)\r\n/.exec(head)![1]
    }
    expect(await line({}, ['X-Forwarded-Proto: https'])).to.equal('; Path=/; HttpOnly; SameSite=Lax; Secure')
    expect(await line({}, ['X-Forwarded-Proto: http'])).to.equal('; Path=/; HttpOnly; SameSite=Lax')
    expect(await line({ domain: 'shop.example', path: '/a', sameSite: 'strict' })).to.equal(
      '; Domain=shop.example; Path=/a; HttpOnly; SameSite=Strict',
    )
    expect(await line({ sameSite: 'none', partitioned: true })).to.equal(
      '; Path=/; HttpOnly; SameSite=None; Partitioned; Secure',
    )
    expect(await line({ name: '__Host-pin' })).to.equal('; Path=/; HttpOnly; SameSite=Lax; Secure')
  })

  it('is not left by an answer that fails, nor where a shared cache would keep it', async () => {
    const proxy = new Hop(MEMBERS)
    const ask = (asking: object) => proxy.ask({ cookies: {}, at: '' }, asking)
    expect((await ask({ status: 503 })).head).not.to.include('Set-Cookie')
    for (const value of ['public, max-age=60', 's-maxage=5', 'max-age=1,public']) {
      expect((await ask({ answer: [`Cache-Control: ${value}`] })).head, value).not.to.include('Set-Cookie')
    }
    for (const value of ['private', 'max-age=60', 'x="republic"']) {
      expect((await ask({ answer: [`Cache-Control: ${value}`] })).head, value).to.include('Set-Cookie')
    }
  })

  it('is not for the member to set', async () => {
    const { proxy, client } = await pinned()
    const { head } = await proxy.ask(client, { answer: ['Set-Cookie: pin=mine', 'Set-Cookie: a=1', 'X: 2'] })
    expect(head).to.equal('HTTP/1.1 200 X\r\nSet-Cookie: a=1\r\nX: 2\r\n\r\nbody')
  })

  it('follows the member that has answered when its own had failed, unless that has failed too', async () => {
    const { proxy, client, home } = await pinned()
    const reply = await proxy.ask(client, { tried: [home], status: 502 })
    expect(reply.at).not.to.equal(home)
    expect(reply.head).not.to.include('Set-Cookie')
    expect((await proxy.ask(client)).at).to.equal(home)
    const moved = await proxy.ask(client, { tried: [home] })
    expect([moved.result, (await proxy.ask(client)).at]).to.deep.equal(['moved', moved.at])
  })

  it('strictly, is refused while its member is lost, and at home when that is back', async () => {
    const { proxy, client, home } = await pinned({ onLost: 'strict' })
    proxy.cluster.setHealthy(home, false, 'test', proxy.now)
    for (let i = 0; i < 3; i++) expect(await refusal(proxy.ask(client))).to.equal('pinned-member-lost')
    expect(await refusal(proxy.ask({ cookies: {}, at: '' }))).to.equal('none')
    proxy.cluster.setHealthy(home, true, 'test', proxy.now)
    expect(await proxy.ask(client, { tried: [home] })).to.include({ at: home, result: 'followed' })
    const others = MEMBERS.filter(address => address !== home).map(address => ({ address, weight: 1 }))
    proxy.cluster.update(others, proxy.now)
    proxy.now += 299_000
    expect((await proxy.ask(client)).at).to.equal(home)
    proxy.now += 1000
    expect(await refusal(proxy.ask(client))).to.equal('pinned-member-lost')
    expect(proxy.counts).to.include({ refused: 4, followed: 2 })
  })

  it('goes on to work at a member that leaves, until the deadline; then it gets another', async () => {
    const { proxy, client, home } = await pinned()
    const others = MEMBERS.filter(address => address !== home).map(address => ({ address, weight: 1 }))
    proxy.cluster.update(others, proxy.now)
    for (const fresh of clients(20)) expect((await proxy.ask(fresh)).at).not.to.equal(home)
    proxy.now += 299_000
    expect(await proxy.ask(client)).to.include({ at: home, result: 'followed' })
    proxy.now += 1000
    expect((await proxy.ask(client)).result).to.equal('moved')
    expect((await proxy.ask(client)).result).to.equal('followed')
  })
})

describe('affinity: by what the app gives its client', () => {
  const by = { kind: 'learned', from: 'cookie', name: 'sid', idle: HOUR, entries: 3 } as const
  const login = (id: string) => ({ answer: [`Set-Cookie: sid=${id}; Path=/; HttpOnly`] })

  it('learns the id from the answer, adds nothing, and goes where it came from', async () => {
    const proxy = new Hop(MEMBERS, { by })
    const crowd = clients(3)
    for (const [i, client] of crowd.entries()) await proxy.ask(client, login(`s${i}`))
    expect(new Set(crowd.map(({ at }) => at)).size).to.equal(3)
    for (const client of crowd) {
      const home = client.at
      const { head, at, request } = await proxy.ask(client)
      expect(at).to.equal(home)
      expect(head).to.equal('HTTP/1.1 200 X\r\n\r\nbody')
      expect(request).to.include(`Cookie: sid=${client.cookies.sid}`)
    }
    expect(proxy.counts).to.deep.equal({ issued: 3, followed: 3 })
  })

  it('goes along with an id that changes, and with a client that moves', async () => {
    const proxy = new Hop(MEMBERS, { by })
    const [client] = clients(1)
    await proxy.ask(client!, login('before'))
    const home = client!.at
    await proxy.ask(client!, login('after'))
    for (let i = 0; i < 5; i++) expect((await proxy.ask(client!)).at).to.equal(home)
    proxy.cluster.setHealthy(home, false, 'test', proxy.now)
    const { at, result } = await proxy.ask(client!)
    expect([at === home, result]).to.deep.equal([false, 'moved'])
    proxy.cluster.setHealthy(home, true, 'test', proxy.now)
    expect(await proxy.ask(client!)).to.include({ at, result: 'followed' })
  })

  it('forgets the one not used for longest, and those that stay away: then the hash decides, as in other sidecars', async () => {
    const proxy = new Hop(MEMBERS, { by })
    const another = new Hop(MEMBERS, { by })
    const crowd = clients(4)
    for (const [i, client] of crowd.slice(0, 3).entries()) await proxy.ask(client, login(`s${i}`))
    await proxy.ask(crowd[0]!)
    await proxy.ask(crowd[3]!, login('s3'))
    for (const i of [0, 2, 3]) expect((await proxy.ask(crowd[i]!)).result, `s${i}`).to.equal('followed')
    expect(await proxy.ask(crowd[1]!)).to.include({ at: proxy.cluster.home('s1'), result: '' })
    expect((await another.ask(crowd[1]!)).at).to.equal(proxy.cluster.home('s1'))
    proxy.now += HOUR + 1
    expect((await proxy.ask(crowd[0]!)).at).to.equal(proxy.cluster.home('s0'))
    expect(proxy.counts.expired).to.equal(1)
  })

  it('is not filled by ids that clients invent', async () => {
    const proxy = new Hop(MEMBERS, { by })
    const [client] = clients(1)
    await proxy.ask(client!, login('real'))
    const home = client!.at
    for (let i = 0; i < 50; i++) await proxy.ask({ cookies: { sid: `fake${i}` }, at: '' })
    expect(await proxy.ask(client!)).to.include({ at: home, result: 'followed' })
  })

  it('learns from a header too', async () => {
    const proxy = new Hop(MEMBERS, { by: { ...by, from: 'header', name: 'mcp-session-id' } })
    const { at } = await proxy.ask({ cookies: {}, at: '' }, { answer: ['Mcp-Session-Id: 7'] })
    for (let i = 0; i < 5; i++) {
      expect((await proxy.ask({ cookies: {}, at: '' }, { fields: ['MCP-SESSION-ID: 7'] })).at).to.equal(at)
    }
  })

  it('strictly, refuses those that it knows and no others', async () => {
    const proxy = new Hop(MEMBERS, { by, onLost: 'strict' })
    const [client] = clients(1)
    await proxy.ask(client!, login('known'))
    proxy.cluster.setHealthy(client!.at, false, 'test', proxy.now)
    expect(await refusal(proxy.ask(client!))).to.equal('pinned-member-lost')
    for (let i = 0; i < 10; i++)
      expect(await refusal(proxy.ask({ cookies: { sid: `u${i}` }, at: '' }))).to.equal('none')
  })
})

describe('affinity: by hash', () => {
  for (const [from, name, ask] of [
    ['header', 'x-session', { fields: ['X-Session: 7'] }],
    ['cookie', 'sid', { fields: ['Cookie: a=1; sid=7'] }],
    ['query', 'sid', { target: '/poll?a=sid&sid=7&sid=8' }],
  ] as const) {
    it(`of the ${from} keeps together what has the same, and leaves the rest to the balancer`, async () => {
      const proxy = new Hop(MEMBERS, { by: { kind: 'hashed', from, name } })
      const home = proxy.cluster.home('7')
      for (let i = 0; i < 6; i++) {
        const { at, head } = await proxy.ask({ cookies: {}, at: '' }, ask)
        expect([at, head]).to.deep.equal([home, 'HTTP/1.1 200 X\r\n\r\nbody'])
      }
      expect(proxy.counts).to.deep.equal({ followed: 6 })
      const crowd = clients(6)
      for (const client of crowd) await proxy.ask(client)
      expect(Object.keys(spreadOf(crowd))).to.have.members(MEMBERS)
    })
  }

  it('strictly, is refused while its member is lost', async () => {
    const proxy = new Hop(MEMBERS, { by: { kind: 'hashed', from: 'header', name: 'x' }, onLost: 'strict' })
    proxy.cluster.setHeld(proxy.cluster.home('7')!, true, proxy.now)
    expect(await refusal(proxy.ask({ cookies: {}, at: '' }, { fields: ['X: 7'] }))).to.equal('pinned-member-lost')
  })
})
