// What is sent again, and above all what is not: origins on bare sockets count every request that reaches them.

import { expect } from 'chai'
import { closing, field, talk } from '../../support/clients.ts'
import { type Act, type Answer, ok, startOrigin } from '../../support/origin.ts'
import { openRaw, until } from '../../support/raw.ts'
import { type Config, comesToRest, inFrontOf, runSidecar } from '../../support/sidecar.ts'

const BUSY = 'HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy'
const GET = 'GET / HTTP/1.1\r\nHost: web\r\n\r\n'
const POST = 'POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 4\r\n\r\nbody'
const KEYED = POST.replace('\r\n\r\n', '\r\nIdempotency-Key: 7\r\n\r\n')

describe('retries', () => {
  const keep = closing()

  /** Round-robin, so that the first one is asked first; it never goes out, so that it is asked each time. */
  async function start(answers: readonly Answer[], service: Config = {}, listener: Config = {}) {
    const origins = await Promise.all(answers.map(answer => keep(startOrigin(answer))))
    const usual = { balance: 'round-robin', ejection: false, panic: '0%', ...service }
    const config = inFrontOf(
      origins.map(({ address }) => address),
      usual,
      listener,
    )
    const sidecar = await keep(runSidecar(config))
    const ask = async (bytes: string) => (await talk(sidecar.address, bytes, [bytes.split(' ')[0]!]))[0]!
    const counts = () => origins.map(({ requests }) => requests.length)
    return { origins, sidecar, ask, counts, web: () => sidecar.status().services[0]! }
  }

  for (const [what, acts, after] of [
    ['an answer of 503', [BUSY], '503'],
    ['a reset before the answer', ['reset'], '502'],
    ['an end before the answer', ['fin'], '502'],
    ['half of a head', ['HTTP/1.1 200 OK\r\nContent-', 'reset'], '502'],
    ['an answer that is not HTTP', ['220 smtp.example\r\n'], '502'],
  ] as const) {
    it(`send a GET to another member after ${what}`, async () => {
      const { ask, counts, web, sidecar } = await start([acts as readonly Act[], [ok('fine')]])
      for (let i = 0; i < 3; i++) {
        const response = await ask(GET)
        expect([response.status, String(response.body)]).to.deep.equal([200, 'fine'])
      }
      expect(counts()).to.deep.equal([2, 3])
      expect(web().retries).to.deep.equal({ [after]: 2 })
      await comesToRest(sidecar)
    })
  }

  it('give the client the last answer when none is better', async () => {
    const { ask, counts, web } = await start([
      [BUSY],
      [BUSY.replaceAll('Busy', 'Full').replace('busy', 'full')],
      [ok()],
    ])
    const response = await ask(GET)
    expect([response.status, String(response.body)]).to.deep.equal([503, 'full'])
    expect(counts()).to.deep.equal([1, 1, 0])
    expect(web().unretried).to.deep.equal({ attempts: 1 })
  })

  it('go on for as many attempts as they are told, never to a member that has failed it', async () => {
    const { ask, counts } = await start([[BUSY], [BUSY], [BUSY], [ok()]], { retries: { attempts: 3 } })
    expect((await ask(GET)).status).to.equal(200)
    expect(counts()).to.deep.equal([1, 1, 1, 1])
  })

  it('never send a POST twice, wherever its answer breaks off', async () => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Way: long enough\r\n\r\nok'
    for (let cut = 0; cut < answer.length; cut++) {
      for (const how of ['reset', 'fin'] as const) {
        const acts = cut === 0 ? [how] : [answer.slice(0, cut), how]
        const { ask, counts, sidecar } = await start([acts, acts])
        await ask(POST).catch(() => undefined)
        expect(counts(), `cut at ${cut} by ${how}`).to.deep.equal([1, 0])
        await sidecar.close()
      }
    }
  })

  it('never send a POST twice, wherever the origin stops reading it', async () => {
    for (const acts of [['now', 'reset'], ['now', 'fin'], ['now', BUSY, 'fin'], [BUSY]] as readonly Act[][]) {
      const { ask, counts, sidecar } = await start([acts, acts])
      await ask(`POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 30000\r\n\r\n${'x'.repeat(30_000)}`).catch(() => {})
      expect(counts(), String(acts[1] ?? acts[0])).to.deep.equal([1, 0])
      await sidecar.close()
    }
  })

  it('send a POST again when nobody accepted the connection: nothing was sent', async () => {
    const { origins, ask, web, counts } = await start([[ok()], [ok('fine')], [ok('fine')]])
    await origins[0]!.close()
    for (let i = 0; i < 3; i++) expect((await ask(POST)).status).to.equal(200)
    expect(web().retries).to.deep.equal({ connect: 1 })
    expect(counts().reduce((sum, n) => sum + n, 0)).to.equal(3)
    expect(origins.slice(1).flatMap(o => o.requests.map(({ body }) => String(body)))).to.deep.equal(
      Array(3).fill('body'),
    )
  })

  it('ask one member after the other while connections fail, whatever the attempts', async () => {
    const { origins, ask } = await start([[ok()], [ok()], [ok()], [ok('fine')]], { retries: { attempts: 1 } })
    for (const origin of origins.slice(0, 3)) await origin.close()
    for (let i = 0; i < 8; i++) expect((await ask(POST)).status).to.equal(200)
  })

  for (const [what, bytes, service, listener] of [
    ['an Idempotency-Key', KEYED, {}, {}],
    ['a service that says so', POST, { retries: { idempotent: true } }, {}],
    ['a route that says so', POST, {}, { service: undefined, routes: [{ service: 'web', idempotent: true }] }],
  ] as const) {
    it(`send a POST again with ${what}, its body included`, async () => {
      const { ask, counts, origins } = await start([[BUSY], [ok('fine')]], service, listener)
      expect((await ask(bytes)).status).to.equal(200)
      expect(counts()).to.deep.equal([1, 1])
      expect(String(origins[1]!.requests[0]!.body)).to.equal('body')
    })
  }

  it('send a chunked body again, trailers included', async () => {
    const { ask, origins } = await start([[BUSY], [ok('fine')]])
    const put =
      'PUT / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n'
    expect((await ask(put)).status).to.equal(200)
    const [request] = origins[1]!.requests
    expect([String(request!.body), request!.trailers]).to.deep.equal(['abcde', [['X-Sum', '1']]])
  })

  it('go on with an upload that is under way, when an answer comes before its end', async () => {
    const { sidecar, origins } = await start([['now', BUSY], [ok('fine')]])
    const client = await keep(openRaw(sidecar.address))
    await client.send('PUT / HTTP/1.1\r\nHost: web\r\nContent-Length: 6\r\n\r\nabc')
    expect(await until(() => origins[1]!.requests.length === 1)).to.equal(true)
    await client.send('def')
    await client.until(() => client.bytes.includes('fine'))
    expect(String(client.bytes)).to.match(/^HTTP\/1.1 200 OK/)
    expect(String(origins[1]!.requests[0]!.body)).to.equal('abcdef')
  })

  it('cannot send again what was too large to keep, and count it', async () => {
    const { ask, counts, web } = await start([[BUSY], [ok()]], { retries: { body: '1KiB' } })
    const put = (size: number) =>
      ask(`PUT / HTTP/1.1\r\nHost: web\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`)
    expect((await put(100_000)).status).to.equal(503)
    expect(counts()).to.deep.equal([1, 0])
    expect(web().unretried).to.deep.equal({ body: 1 })
  })

  it('send nothing again once a part of an answer has reached the client', async () => {
    const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
    const { ask, counts } = await start([[early, BUSY], [ok()]])
    expect((await ask(GET)).status).to.equal(503)
    expect(counts()).to.deep.equal([1, 0])
  })

  it('are off when they are off', async () => {
    const { ask, counts } = await start([[BUSY], [ok()]], { retries: false })
    expect((await ask(GET)).status).to.equal(503)
    expect(counts()).to.deep.equal([1, 0])
  })

  it('follow only what they are told to follow', async () => {
    const { ask, counts } = await start([[BUSY], [ok()]], { retries: { on: ['connect', 502] } })
    expect((await ask(GET)).status).to.equal(503)
    expect(counts()).to.deep.equal([1, 0])
    const limited = 'HTTP/1.1 429 Slow Down\r\nContent-Length: 0\r\n\r\n'
    const other = await start([[limited], [ok()]], { retries: { on: [429] } })
    expect((await other.ask(GET)).status).to.equal(200)
  })

  it('stop when the budget is spent, which they share', async () => {
    const { ask, counts, web } = await start([[BUSY], [ok()]], {
      retries: { budget: { share: '20%', perSecond: 0 } },
    })
    const statuses = []
    for (let i = 0; i < 20; i++) statuses.push((await ask(GET)).status)
    const retried = web().retries['503'] ?? 0
    expect(retried).to.be.within(2, 4)
    expect(statuses.filter(status => status === 503)).to.have.length(web().unretried.budget!)
    expect(counts()[0]! + counts()[1]!).to.equal(20 + retried)
  })

  it('wait for the Retry-After of a member when there is no other', async () => {
    const later = 'HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n'
    const { ask } = await start([(_, nth) => [nth === 0 ? later : ok('fine')]])
    const begun = performance.now()
    expect((await ask(GET)).status).to.equal(200)
    expect(performance.now() - begun).to.be.at.least(990)
  })

  it('do not wait for it when there is another, or when the time would be over', async () => {
    const later = 'HTTP/1.1 503 Busy\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n'
    const { ask } = await start([[later], [ok('fine')]])
    expect((await ask(GET)).status).to.equal(200)
    const alone = await start([[later]], { timeouts: { total: '2s' } })
    const response = await alone.ask(GET)
    expect([response.status, field(response, 'retry-after')]).to.deep.equal([503, '30'])
    expect(alone.web().unretried).to.deep.equal({ time: 1 })
  })

  it('wait no longer than the total before the request has ended', async () => {
    const later = (value: string) => `HTTP/1.1 503 Busy\r\nRetry-After: ${value}\r\nContent-Length: 0\r\n\r\n`
    for (const value of ['4', '3600', '999999999']) {
      const { sidecar, web, counts } = await start([['now', later(value)]], { timeouts: { total: '1s' } })
      const client = await keep(openRaw(sidecar.address))
      await client.send('PUT / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\nab')
      expect(await client.until(() => client.bytes.includes('HTTP/1.1 503'), 900), value).to.equal(true)
      expect([web().unretried, counts()]).to.deep.equal([{ time: 1 }, [1]])
      client.close()
      await sidecar.close()
    }
  })

  it('do not charge the total to the member that was asked last', async () => {
    const { ask, web } = await start(
      [
        [{ pause: 200 }, BUSY],
        [{ pause: 600 }, ok()],
      ],
      { timeouts: { total: '400ms' } },
    )
    await ask(GET)
    expect(web().members.map(({ failed }) => failed)).to.deep.equal([1, 0])
  })

  it('are given up with the client that leaves between two attempts', async () => {
    const later = 'HTTP/1.1 503 Busy\r\nRetry-After: 20\r\nContent-Length: 0\r\n\r\n'
    const { sidecar, counts, web } = await start([[later]])
    const client = await keep(openRaw(sidecar.address))
    await client.send(GET)
    await until(() => web().retries['503'] === 1)
    client.reset()
    await comesToRest(sidecar)
    expect([counts(), web().abandoned]).to.deep.equal([[1], 1])
  })

  it('go to a member that works, whatever most of the others have failed lately', async () => {
    // Found by the demo: one member had refused connections a moment ago when the next began to answer 503.
    const { origins, ask } = await start([[ok()], [BUSY], [ok('fine')]])
    await origins[0]!.close()
    for (let i = 0; i < 30; i++) expect((await ask(GET)).status).to.equal(200)
  })

  it('do not multiply the load when all members fail', async () => {
    const { ask, counts, web } = await start([[BUSY], [BUSY], [BUSY]], { retries: { attempts: 3 } })
    for (let i = 0; i < 50; i++) expect((await ask(GET)).status).to.equal(503)
    expect(counts().reduce((sum, n) => sum + n, 0)).to.be.at.most(55)
    expect(web().unretried['all-failing']).to.be.at.least(45)
  })
})
