// Nobody is waited for longer than was configured, and nobody who moves is cut.

import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
import { expect } from 'chai'
import { closing, field, hostAndPort, responses, startApp, startNet, talk } from '../../support/clients.ts'
import { openRaw, pause, until } from '../../support/raw.ts'
import { comesToRest, inFrontOf, runSidecar } from '../../support/sidecar.ts'

const GET = 'GET / HTTP/1.1\r\nHost: web\r\n\r\n'
const SHORT = 150
/** What a busy machine may add. */
const LATE = 2000

describe('timeouts of the client', () => {
  const keep = closing()

  async function start(
    timeouts: object,
    listener: Parameters<typeof startApp>[0] = (_, response) => response.end('fine'),
  ) {
    const app = await keep(startApp(listener))
    return keep(runSidecar(inFrontOf([app.address], {}, { timeouts })))
  }

  it('a head that does not end is 408', async () => {
    const sidecar = await start({ head: `${SHORT}ms` })
    const client = await keep(openRaw(sidecar.address))
    const began = performance.now()
    // Each byte in time is not enough: the head as a whole has to be.
    await client.send('GET / HTTP/1.1\r\n')
    for (const byte of 'Host: a-host-of-many-bytes') {
      if (client.ending !== 'open') break
      await client.send(byte)
      await pause(15)
    }
    const [answer] = await responses(client, ['GET'])
    expect(answer!.status).to.equal(408)
    expect(field(answer!, 'x-outrigger-reason')).to.equal('head-timeout')
    expect(performance.now() - began).to.be.within(SHORT, LATE)
    expect(await client.until(() => client.ending === 'fin')).to.equal(true)
  })

  it('a connection without a byte is closed without one', async () => {
    const sidecar = await start({ head: `${SHORT}ms` })
    const client = await keep(openRaw(sidecar.address))
    expect(await client.until(() => client.ending === 'fin', LATE)).to.equal(true)
    expect(client.bytes.length).to.equal(0)
  })

  it('content that stops is 408', async () => {
    const sidecar = await start({ idle: `${SHORT}ms` }, (request, response) => {
      request.resume().on('end', () => response.end())
    })
    const client = await keep(openRaw(sidecar.address))
    const began = performance.now()
    await client.send('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 10\r\n\r\nhalf')
    const [answer] = await responses(client, ['POST'])
    expect(answer!.status).to.equal(408)
    expect(field(answer!, 'x-outrigger-reason')).to.equal('request-timeout')
    expect(performance.now() - began).to.be.within(SHORT, LATE)
    client.close()
    await comesToRest(sidecar)
  })

  it('content that comes slowly is taken', async () => {
    const sidecar = await start({ idle: `${SHORT}ms` }, (request, response) => void request.pipe(response))
    const client = await keep(openRaw(sidecar.address))
    await client.send('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 10\r\n\r\n')
    for (const byte of '0123456789') {
      await pause(SHORT / 3)
      await client.send(byte)
    }
    const [answer] = await responses(client, ['POST'])
    expect(answer!.body.toString()).to.equal('0123456789')
  })

  it('a kept connection without a next request is closed', async () => {
    const sidecar = await start({ keepAlive: `${SHORT}ms` })
    const client = await keep(openRaw(sidecar.address))
    await client.send(GET)
    await responses(client, ['GET'])
    const began = performance.now()
    await pause(SHORT / 2)
    expect(client.ending).to.equal('open')
    expect(await client.until(() => client.ending === 'fin', LATE)).to.equal(true)
    expect(performance.now() - began).to.be.at.least(SHORT - 5)
    const { length } = client.bytes
    expect(client.bytes.toString('latin1').split('HTTP/1.1').length, `${length} bytes`).to.equal(2)
  })

  it('an answer that the client does not take is cut', async () => {
    const sidecar = await start(
      { idle: `${SHORT}ms` },
      (_, response) => void response.end(Buffer.alloc(64 * 1024 ** 2)),
    )
    const client = connect(hostAndPort(sidecar.address)).on('error', () => {})
    await keep({ close: () => client.destroy() })
    client.pause()
    client.write(GET)
    await until(() => sidecar.status().services[0]!.inFlight === 1)
    await comesToRest(sidecar)
  })

  it('a pipeline whose answers the client does not take is cut', async () => {
    const sidecar = await start({ idle: `${SHORT}ms` }, (_, response) => void response.end(Buffer.alloc(60_000)))
    const client = connect(hostAndPort(sidecar.address)).on('error', () => {})
    await keep({ close: () => client.destroy() })
    client.pause()
    client.write(GET.repeat(400))
    await until(() => sidecar.status().listeners[0]!.requests > 0)
    await comesToRest(sidecar)
    expect(sidecar.status().listeners[0]!.requests).to.be.lessThan(400)
  })

  it('an answer that the client takes slowly is not cut', async () => {
    const size = 12 * 1024 ** 2
    const sidecar = await start({ idle: '300ms' }, (_, response) => void response.end(Buffer.alloc(size)))
    const client = connect(hostAndPort(sidecar.address))
    await keep({ close: () => client.destroy() })
    let got = 0
    client.on('data', bytes => {
      got += bytes.length
      if (Math.floor(got / 1e6) === Math.floor((got - bytes.length) / 1e6)) return
      client.pause()
      setTimeout(() => client.resume(), 100)
    })
    client.write(GET)
    expect(await until(() => got > size, 5000)).to.equal(true)
  })

  it('a client that sends for ever and never reads is cut', async () => {
    const sidecar = await start({ idle: `${SHORT}ms` }, (request, response) => void request.pipe(response))
    const client = connect(hostAndPort(sidecar.address)).on('error', () => {})
    await keep({ close: () => client.destroy() })
    client.pause()
    client.write(`POST / HTTP/1.1\r\nHost: web\r\nContent-Length: ${2 ** 40}\r\n\r\n`)
    const chunk = Buffer.alloc(1024 ** 2)
    const pour = () => {
      while (!client.destroyed && client.write(chunk));
    }
    client.on('drain', pour)
    pour()
    await until(() => sidecar.status().services[0]!.inFlight === 1)
    await comesToRest(sidecar)
  })
})

describe('timeouts of the service', () => {
  const keep = closing()

  async function start(timeouts: object, listener: Parameters<typeof startApp>[0], limits = {}) {
    const app = await keep(startApp(listener))
    return { app, sidecar: await keep(runSidecar(inFrontOf([app.address], { timeouts, limits }))) }
  }

  it('a connection that does not open is 504', async () => {
    const address = await deaf()
    const sidecar = await keep(runSidecar(inFrontOf([address], { timeouts: { connect: `${SHORT}ms` } })))
    const began = performance.now()
    const [answer] = await talk(sidecar.address, GET)
    expect(answer!.status).to.equal(504)
    expect(field(answer!, 'x-outrigger-reason')).to.equal('connect-timeout')
    expect(performance.now() - began).to.be.within(SHORT, LATE)
    await comesToRest(sidecar)
  })

  it('an answer that does not begin is 504, and its request is taken back', async () => {
    let cancelled = false
    const { sidecar } = await start({ head: `${SHORT}ms` }, (_, response) =>
      response.on('close', () => (cancelled = true)),
    )
    const began = performance.now()
    const [answer] = await talk(sidecar.address, GET)
    expect(answer!.status).to.equal(504)
    expect(field(answer!, 'x-outrigger-reason')).to.equal('upstream-timeout')
    expect(performance.now() - began).to.be.within(SHORT, LATE)
    expect(await until(() => cancelled)).to.equal(true)
    await comesToRest(sidecar)
  })

  it('an answer waits for as long as its request takes', async () => {
    const { sidecar } = await start({ head: `${SHORT}ms` }, (request, response) => void request.pipe(response))
    const client = await keep(openRaw(sidecar.address))
    await client.send('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 10\r\n\r\nhalf')
    await pause(2 * SHORT)
    await client.send('Half!!')
    const [answer] = await responses(client, ['POST'])
    expect(answer!.body.toString()).to.equal('halfHalf!!')
  })

  it('an app that does not take the content is 504', async () => {
    const origin = await keep(startNet(socket => socket.pause()))
    const sidecar = await keep(runSidecar(inFrontOf([origin.address], { timeouts: { idle: `${SHORT}ms` } })))
    const client = await keep(openRaw(sidecar.address))
    await client.send(`POST / HTTP/1.1\r\nHost: web\r\nContent-Length: ${2 ** 30}\r\n\r\n`)
    await client.send(Buffer.alloc(64 * 1024 ** 2))
    const [answer] = await responses(client, ['POST'])
    expect(answer!.status).to.equal(504)
  })

  for (const [framing, fields, version, ending] of [
    ['a stated length', 'Content-Length: 10\r\n', '1.1', 'fin'],
    ['chunks', 'Transfer-Encoding: chunked\r\n', '1.1', 'fin'],
    ['no length', '', '1.1', 'fin'],
    ['no length for HTTP/1.0', '', '1.0', 'rst'],
  ] as const) {
    it(`an answer with ${framing} that stops is broken off`, async () => {
      const piece = fields.startsWith('T') ? '4\r\nhalf\r\n' : 'half'
      const origin = await keep(
        startNet(socket => socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${fields}\r\n${piece}`))),
      )
      const sidecar = await keep(runSidecar(inFrontOf([origin.address], { timeouts: { idle: `${SHORT}ms` } })))
      const client = await keep(openRaw(sidecar.address))
      await client.send(`GET / HTTP/${version}\r\nHost: web\r\n\r\n`)
      expect(await client.until(() => client.ending !== 'open', LATE)).to.equal(true)
      expect(client.ending).to.equal(ending)
      const [answer] = await responses(client, ['GET'])
      expect(answer!.body.toString()).to.equal('half')
      // A clean end of what has no length would pass for the whole: hence the reset.
      expect(answer!.complete).to.equal(false)
      client.close()
      await comesToRest(sidecar)
      expect(sidecar.status().services[0]!.members[0]).to.include({ failed: 1 })
    })
  }

  it('the total counts the waiting for a place', async () => {
    const limits = { inFlight: 1, queue: 1, queueTimeout: '10s' }
    const { sidecar } = await start(
      { total: `${SHORT}ms` },
      (_, response) => void response.write('without end'),
      limits,
    )
    const first = await keep(openRaw(sidecar.address))
    await first.send(GET)
    await first.until(() => first.bytes.includes('without end'))
    const began = performance.now()
    const [answer] = await talk(sidecar.address, GET)
    expect(answer!.status).to.equal(504)
    expect(field(answer!, 'x-outrigger-reason')).to.equal('total-timeout')
    expect(performance.now() - began).to.be.within(SHORT, LATE)
    // What streams is exempt.
    expect(first.ending).to.equal('open')
  })

  it('the total ends the wait for an answer', async () => {
    const { sidecar } = await start({ total: `${SHORT}ms`, head: '10s' }, () => {})
    const [answer] = await talk(sidecar.address, GET)
    expect(answer!.status).to.equal(504)
    expect(field(answer!, 'x-outrigger-reason')).to.equal('total-timeout')
    await comesToRest(sidecar)
  })

  it('a silent tunnel is closed on both sides, a busy one is not', async () => {
    let server: 'open' | 'ended' = 'open'
    const origin = await keep(
      startNet(socket => {
        socket.once('data', () => {
          socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
          socket.on('data', bytes => socket.write(bytes))
        })
        socket.on('end', () => (server = 'ended'))
      }),
    )
    const sidecar = await keep(runSidecar(inFrontOf([origin.address], { timeouts: { tunnel: `${SHORT}ms` } })))
    const client = await keep(openRaw(sidecar.address))
    await client.send('GET / HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    for (let i = 0; i < 10; i++) {
      await pause(SHORT / 3)
      await client.send('x')
    }
    expect(await client.until(() => client.bytes.toString().endsWith('x'.repeat(10)))).to.equal(true)
    expect(client.ending).to.equal('open')
    expect(sidecar.status().services[0]!.inFlight).to.equal(1)
    expect(await client.until(() => client.ending !== 'open' && server === 'ended', LATE)).to.equal(true)
    await comesToRest(sidecar)
  })

  /** A port whose queue of connections is full: the handshake stays unanswered, as by a machine that is down. */
  async function deaf(): Promise<string> {
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads')
      const server = require('node:net').createServer()
      server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
        parentPort.postMessage(server.address().port)
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 15000)
      })`,
      { eval: true },
    )
    await keep({ close: () => worker.terminate() })
    const port = await new Promise<number>(resolve => worker.once('message', resolve))
    // One more than the backlog fits; after that, connecting hangs.
    for (let full = false; !full; ) {
      const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {})
      await keep({ close: () => socket.destroy() })
      full = !(await until(() => !socket.connecting, 100))
    }
    return `127.0.0.1:${port}`
  }
})
