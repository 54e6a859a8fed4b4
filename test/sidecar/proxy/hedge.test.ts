import { expect } from 'chai'
import { closing, talk } from '../../support/clients.ts'
import { type Answer, ok, startOrigin } from '../../support/origin.ts'
import { openRaw, until } from '../../support/raw.ts'
import { comesToRest, inFrontOf, runSidecar } from '../../support/sidecar.ts'

const GET = 'GET / HTTP/1.1\r\nHost: web\r\n\r\n'
const SLOW: Answer = [{ pause: 3_000 }, ok('slow')]

describe('hedging', () => {
  const keep = closing()

  /** The first origin is asked first. */
  async function start(
    answers: readonly Answer[],
    hedge: object = { after: '50ms', budget: '100%' },
    service: object = {},
  ) {
    const origins = await Promise.all(answers.map(answer => keep(startOrigin(answer))))
    const addresses = origins.map(({ address }) => address)
    const sidecar = await keep(runSidecar(inFrontOf(addresses, { balance: 'round-robin', hedge, ...service })))
    const ask = async (bytes = GET) => (await talk(sidecar.address, bytes, [bytes.split(' ')[0]!]))[0]!
    const counts = () => origins.map(({ requests }) => requests.length)
    return { origins, sidecar, ask, counts, web: () => sidecar.status().services[0]! }
  }

  it('asks another member when the first is slow, takes the first answer, and cancels the other', async () => {
    const { ask, origins, web, sidecar } = await start([SLOW, [ok('fast')]])
    const begun = performance.now()
    expect(String((await ask()).body)).to.equal('fast')
    expect(performance.now() - begun).to.be.within(45, 1_500)
    expect(await until(() => origins[0]!.connections[0]!.ending !== 'open'), 'cancelled').to.equal(true)
    await comesToRest(sidecar)
    expect(web().hedges).to.deep.equal({ sent: 1, won: 1 })
    const [loser, winner] = web().members
    expect(loser).to.include({ picked: 1, succeeded: 0, failed: 0, inFlight: 0 })
    expect(winner).to.include({ picked: 1, succeeded: 1 })
  })

  it('sends nothing twice when the first answers in time', async () => {
    const { ask, counts, web } = await start([[ok('first')], [ok('second')]])
    for (let i = 0; i < 4; i++) await ask()
    expect(counts()).to.deep.equal([2, 2])
    expect(web().hedges.sent).to.equal(0)
  })

  it('lets the first win when it answers first after all', async () => {
    const { ask, web, sidecar } = await start([[{ pause: 150 }, ok('first')], SLOW])
    expect(String((await ask()).body)).to.equal('first')
    expect(web().hedges).to.deep.equal({ sent: 1, won: 0 })
    await comesToRest(sidecar)
  })

  it('does not take an error while the other may do better, and mixes nothing of it into the answer', async () => {
    const error = `HTTP/1.1 500 No\r\nContent-Length: 200000\r\n\r\n${'e'.repeat(200_000)}`
    const { ask, web, sidecar } = await start([
      [{ pause: 100 }, error],
      [{ pause: 400 }, ok('good')],
    ])
    const response = await ask()
    expect([response.status, String(response.body)]).to.deep.equal([200, 'good'])
    await comesToRest(sidecar)
    expect(web().members.map(({ succeeded, failed }) => [succeeded, failed])).to.deep.equal([
      [0, 1],
      [1, 0],
    ])
  })

  it('gives the error in whole when both fail', async () => {
    const error = `HTTP/1.1 500 No\r\nContent-Length: 200000\r\n\r\n${'e'.repeat(200_000)}`
    const { ask, sidecar } = await start([
      [{ pause: 100 }, error],
      [{ pause: 100 }, 'reset'],
    ])
    const response = await ask()
    expect([response.status, response.body.length, response.complete]).to.deep.equal([500, 200_000, true])
    await comesToRest(sidecar)
  })

  it('is for requests that may be repeated', async () => {
    const { ask, counts } = await start([[{ pause: 200 }, ok('first')], [ok('second')]])
    const response = await ask('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1\r\n\r\nx')
    expect(String(response.body)).to.equal('first')
    expect(counts()).to.deep.equal([1, 0])
  })

  it('stays within its budget', async () => {
    const { ask, web } = await start(
      [
        [{ pause: 100 }, ok()],
        [{ pause: 100 }, ok()],
      ],
      {
        after: '10ms',
        budget: { share: '20%', perSecond: 0 },
      },
    )
    for (let i = 0; i < 20; i++) await ask()
    expect(web().hedges.sent).to.be.within(3, 4)
  })

  it('takes the delay from what the service usually needs', async () => {
    let slow = false
    const answer: Answer = () => (slow ? SLOW : [ok('usual')]) as never
    const { ask, web } = await start([answer, [ok('other')]], { after: 'p90', budget: '100%' })
    for (let i = 0; i < 150; i++) await ask()
    const before = web().hedges.sent
    slow = true
    const begun = performance.now()
    for (let i = 0; i < 2; i++) expect(String((await ask()).body)).to.equal('other')
    expect(performance.now() - begun).to.be.below(2_500)
    expect(web().hedges.sent).to.be.greaterThan(before)
  })

  it('ends both attempts with the client', async () => {
    const { origins, sidecar, counts } = await start([SLOW, SLOW])
    const client = await keep(openRaw(sidecar.address))
    await client.send(GET)
    expect(await until(() => counts().join() === '1,1')).to.equal(true)
    client.reset()
    await comesToRest(sidecar)
    for (const origin of origins) {
      expect(await until(() => origin.connections.every(({ ending }) => ending !== 'open'))).to.equal(true)
    }
  })
})
