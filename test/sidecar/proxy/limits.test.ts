// What is over a limit is refused at once, and nothing else is.

import type { ServerResponse } from 'node:http'
import { expect } from 'chai'
import { type App, closing, field, responses, startApp, talk } from '../../support/clients.ts'
import { openRaw, type RawResponse, until } from '../../support/raw.ts'
import { comesToRest, inFrontOf, type Running, runSidecar } from '../../support/sidecar.ts'

const GET = 'GET / HTTP/1.1\r\nHost: web\r\n\r\n'

function refused(response: RawResponse | undefined, status: number, reason: string): void {
  expect([response?.status, response && field(response, 'x-outrigger-reason')]).to.deep.equal([status, reason])
}

describe('limits of a listener', () => {
  const keep = closing()

  async function start(limits: object): Promise<Running> {
    const app = await keep(startApp((request, response) => void response.end(`${request.url!.length}`)))
    return keep(runSidecar(inFrontOf([app.address], {}, { limits })))
  }

  it('connections', async () => {
    const sidecar = await start({ connections: 2 })
    const first = await keep(openRaw(sidecar.address))
    await keep(openRaw(sidecar.address))
    await until(() => sidecar.status().listeners[0]!.connections === 2)
    for (let i = 0; i < 20; i++) {
      const third = await keep(openRaw(sidecar.address))
      // Whether it speaks at once or never.
      if (i % 2 === 0) await third.send(GET)
      const [answer] = await responses(third, ['GET'])
      refused(answer, 503, 'connection-limit')
      expect(field(answer!, 'retry-after')).to.equal('1')
      expect(field(answer!, 'connection')).to.equal('close')
    }
    await first.send(GET)
    expect((await responses(first, ['GET']))[0]!.status).to.equal(200)
    first.close()
    await until(() => sidecar.status().listeners[0]!.connections === 1)
    expect((await talk(sidecar.address, GET))[0]!.status).to.equal(200)
    expect(sidecar.status().listeners[0]!.accepted).to.equal(23)
    expect(sidecar.status().listeners[0]!.refused).to.deep.equal({ 'connection-limit': 20 })
  })

  it('the target', async () => {
    const sidecar = await start({ target: '64B' })
    const ask = (length: number) => talk(sidecar.address, GET.replace('/', `/${'x'.repeat(length - 1)}`))
    expect((await ask(64))[0]!.body.toString()).to.equal('64')
    refused((await ask(65))[0], 414, 'target-too-long')
    // A head that is all target is 414 as well, whatever the limit of heads.
    refused((await ask(100_000))[0], 414, 'target-too-long')
  })

  it('the head', async () => {
    const sidecar = await start({ head: '1KiB' })
    const ask = (length: number) => {
      const filler = length - GET.length - 'X: \r\n'.length
      return talk(sidecar.address, GET.replace('\r\n\r\n', `\r\nX: ${'x'.repeat(filler)}\r\n\r\n`))
    }
    expect((await ask(1024))[0]!.status).to.equal(200)
    refused((await ask(1025))[0], 431, 'head-too-large')
    refused((await ask(1_000_000))[0], 431, 'head-too-large')
  })

  it('the fields', async () => {
    const sidecar = await start({ fields: 10 })
    const ask = (count: number) => talk(sidecar.address, GET.replace('\r\n', `\r\n${'A: b\r\n'.repeat(count - 1)}`))
    expect((await ask(10))[0]!.status).to.equal(200)
    refused((await ask(11))[0], 431, 'too-many-fields')
  })
})

describe('limits of a service', () => {
  const keep = closing()

  it('requests in flight, then a queue, then 503', async () => {
    const { app, sidecar, waiting } = await start({ inFlight: 2, queue: 2, queueTimeout: '10s' })
    const order: string[] = []
    const ask = async (path: string) => {
      const [answer] = await talk(sidecar.address, GET.replace('/', `/${path}`))
      order.push(`${path} ${answer!.status}`)
      return answer
    }
    const asked: Promise<unknown>[] = []
    const web = () => sidecar.status().services[0]!
    for (const path of 'abcd') {
      asked.push(ask(path))
      await until(() => web().inFlight + web().queued === asked.length)
    }
    expect(web()).to.include({ inFlight: 2, queued: 2 })
    await until(() => waiting.length === 2)
    const answer = await ask('e')
    refused(answer, 503, 'overload')
    expect(field(answer!, 'retry-after')).to.equal('1')
    expect(app.accepted).to.equal(2)
    // First come, first served.
    for (let i = 0; i < 4; i++) {
      await until(() => waiting.length > 0)
      waiting.shift()!.end()
      await asked[i]
    }
    expect(order).to.deep.equal(['e 503', 'a 200', 'b 200', 'c 200', 'd 200'])
    await comesToRest(sidecar)
  })

  it('the wait in the queue', async () => {
    const { sidecar, waiting } = await start({ inFlight: 1, queue: 5, queueTimeout: '100ms' })
    const first = talk(sidecar.address, GET)
    await until(() => waiting.length === 1)
    const began = performance.now()
    const [answer] = await talk(sidecar.address, GET)
    refused(answer, 503, 'queue-timeout')
    expect(field(answer!, 'retry-after')).to.equal('1')
    expect(performance.now() - began).to.be.within(95, 2000)
    waiting[0]!.end()
    expect((await first)[0]!.status).to.equal(200)
    await comesToRest(sidecar)
  })

  it('content that came while its request was queued', async () => {
    const { sidecar, waiting } = await start({ inFlight: 1, queue: 5, queueTimeout: '10s' })
    const first = talk(sidecar.address, GET)
    await until(() => waiting.length === 1)
    const content = Buffer.alloc(1_000_000, 'queued').toString()
    const client = await keep(openRaw(sidecar.address))
    await client.send(`PUT /echo HTTP/1.1\r\nHost: web\r\nContent-Length: ${content.length}\r\n\r\n${content}`)
    await until(() => sidecar.status().services[0]!.queued === 1)
    waiting[0]!.end()
    await first
    const [answer] = await responses(client, ['PUT'])
    expect(answer!.body.toString()).to.equal(content)
  })

  it('content that turned out wrong while its request was queued', async () => {
    const { app, sidecar, waiting } = await start({ inFlight: 1, queue: 5, queueTimeout: '10s' })
    const first = talk(sidecar.address, GET)
    await until(() => waiting.length === 1)
    const client = await keep(openRaw(sidecar.address))
    await client.send('PUT / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n')
    await until(() => sidecar.status().services[0]!.queued === 1)
    await client.send('no size\r\n')
    refused((await responses(client, ['PUT']))[0], 400, 'bad-chunk')
    expect(sidecar.status().services[0]!.queued).to.equal(0)
    waiting[0]!.end()
    expect((await first)[0]!.status).to.equal(200)
    expect(app.accepted).to.equal(1)
  })

  it('connections to an endpoint', async () => {
    const { sidecar, waiting } = await start({ connections: 1 })
    const first = talk(sidecar.address, GET)
    await until(() => waiting.length === 1)
    refused((await talk(sidecar.address, GET))[0], 503, 'connection-limit')
    waiting[0]!.end()
    await first
    const again = talk(sidecar.address, GET)
    await until(() => waiting.length === 2)
    waiting[1]!.end()
    expect((await again)[0]!.status).to.equal(200)
    expect(sidecar.status().services[0]!.members[0]!.connections).to.include({ open: 1, opened: 1, reused: 1 })
  })

  it('connections to an endpoint that closes each of them', async () => {
    const app = await keep(startApp((_, response) => void response.setHeader('connection', 'close').end('fine')))
    const limits = { connections: 2, inFlight: 2 }
    const sidecar = await keep(runSidecar(inFrontOf([app.address], { limits })))
    // Who waits in the queue gets the place in the moment in which its last owner is done with its connection.
    const answers = await Promise.all(Array.from({ length: 40 }, () => talk(sidecar.address, GET)))
    expect(answers.map(([answer]) => answer!.status)).to.deep.equal(Array(40).fill(200))
    await comesToRest(sidecar)
    expect(sidecar.status().services[0]!.members[0]!.connections).to.include({ open: 0, opened: 40 })
  })

  it('content by its stated length', async () => {
    const { app, sidecar } = await start({ body: '10B' })
    const ask = (length: number) =>
      talk(sidecar.address, `PUT /echo HTTP/1.1\r\nHost: web\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`)
    expect((await ask(10))[0]!.body.toString()).to.equal('x'.repeat(10))
    expect(app.accepted).to.equal(1)
    const [answer] = await ask(11)
    refused(answer, 413, 'body-too-large')
    expect(field(answer!, 'connection')).to.equal('close')
    // Nobody has to send what nobody will read.
    const [early] = await talk(sidecar.address, 'PUT / HTTP/1.1\r\nHost: web\r\nContent-Length: 99999999\r\n\r\n')
    refused(early, 413, 'body-too-large')
    expect(app.accepted).to.equal(1)
  })

  it('content in chunks, as soon as it is over', async () => {
    let got = ''
    let cancelled = false
    const app = await keep(
      startApp((request, response) => {
        if (request.url === '/echo') return void request.pipe(response)
        request.on('data', chunk => (got += chunk)).on('error', () => {})
        response.on('close', () => (cancelled = true))
      }),
    )
    const sidecar = await keep(runSidecar(inFrontOf([app.address], { limits: { body: '10B' } })))
    const head = 'PUT /echo HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n'
    const [whole] = await talk(sidecar.address, `${head}4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n`)
    expect(whole!.body.toString()).to.equal('0123456789')

    const client = await keep(openRaw(sidecar.address))
    await client.send(`${head.replace('/echo', '/')}4\r\n0123\r\n`)
    await until(() => got === '0123')
    await client.send('7\r\n')
    refused((await responses(client, ['PUT']))[0], 413, 'body-too-large')
    expect(await until(() => cancelled)).to.equal(true)
    expect(got).to.equal('0123')
    client.close()
    await comesToRest(sidecar)
  })

  async function start(limits: object) {
    const waiting: ServerResponse[] = []
    const app: App = await keep(
      startApp((request, response) => {
        if (request.url === '/echo') request.pipe(response)
        else waiting.push(response)
      }),
    )
    return { app, waiting, sidecar: await keep(runSidecar(inFrontOf([app.address], { limits }))) }
  }
})
