// Clients that leave: at any moment, in any way. What they had must be given back, and at once.

import type { RequestListener } from 'node:http'
import { connect, type Socket } from 'node:net'
import { expect } from 'chai'
import { type App, closing, hostAndPort, startApp } from '../../support/clients.ts'
import { seeded } from '../../support/random.ts'
import { openRaw, pause, until } from '../../support/raw.ts'
import { comesToRest, inFrontOf, type Running, runSidecar } from '../../support/sidecar.ts'

describe('clients that leave', () => {
  const keep = closing()

  it('leave nothing behind, 1,000 times at random moments', async () => {
    const seed = Math.floor(Math.random() * 2 ** 32)
    const random = seeded(seed)
    const app = await keep(startApp(moody(random)))
    const limits = { inFlight: 24, queue: 16, queueTimeout: '50ms' }
    const sidecar = await keep(runSidecar(inFrontOf([app.address], { limits })))
    let left = 1000
    const visitor = async () => {
      while (left-- > 0) await visit(sidecar.address, random)
    }
    try {
      await Promise.all(Array.from({ length: 40 }, visitor))
      await comesToRest(sidecar)
      await noMoreThanIdle(app, sidecar)
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`)
    }
    const [web] = sidecar.status().services
    // That nothing is left is no news when nothing ever was under way.
    expect(web!.requests).to.be.greaterThan(500)
    expect(web!.abandoned).to.be.greaterThan(200)
  })

  for (const how of ['FIN', 'RST'] as const) {
    const leave = how === 'FIN' ? 'finish' : 'reset'

    it(`cancel a request that waits for its answer (${how})`, async () => {
      const { app, sidecar, client, cancelled } = await asked('GET / HTTP/1.1\r\nHost: web\r\n\r\n', () => {})
      await until(() => app.sockets.size === 1 && sidecar.status().services[0]!.inFlight === 1)
      client[leave]()
      expect(await until(cancelled)).to.equal(true)
      await comesToRest(sidecar)
    })

    it(`cancel a request in the middle of its content (${how})`, async () => {
      let got = 0
      const { sidecar, client, cancelled } = await asked(
        'POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1000\r\n\r\nhalf',
        request => request.on('data', chunk => (got += chunk.length)).on('error', () => {}),
      )
      await until(() => got === 4)
      client[leave]()
      expect(await until(cancelled)).to.equal(true)
      await comesToRest(sidecar)
    })

    it(`cancel an answer that is under way (${how})`, async () => {
      const { sidecar, client, cancelled } = await asked('GET / HTTP/1.1\r\nHost: web\r\n\r\n', (_, response) => {
        response.write('some')
      })
      await client.until(() => client.bytes.includes('some'))
      client[leave]()
      expect(await until(cancelled)).to.equal(true)
      await comesToRest(sidecar)
    })

    it(`cancel an answer that they do not read (${how})`, async () => {
      let written = 0
      const { app, sidecar, client, cancelled } = await asked('', (_, response) => {
        const chunk = Buffer.alloc(64 * 1024)
        const more = () => {
          while (!response.destroyed) {
            written += chunk.length
            if (!response.write(chunk)) return
          }
        }
        response.on('drain', more)
        more()
      })
      client.close()
      const reader = connect(hostAndPort(sidecar.address)).on('error', () => {})
      reader.write('GET / HTTP/1.1\r\nHost: web\r\n\r\n')
      reader.pause()
      await stands(() => written)
      expect(app.sockets.size).to.equal(1)
      if (how === 'FIN') reader.end()
      else reader.resetAndDestroy()
      expect(await until(cancelled)).to.equal(true)
      reader.destroy()
      await comesToRest(sidecar)
    })
  }

  it('never reach the app from the queue', async () => {
    let asked = 0
    const app = await keep(startApp(() => asked++))
    const sidecar = await keep(runSidecar(inFrontOf([app.address], { limits: { inFlight: 1, queue: 1 } })))
    const first = await keep(openRaw(sidecar.address))
    await first.send('GET /1 HTTP/1.1\r\nHost: web\r\n\r\n')
    await until(() => asked === 1)
    const second = await keep(openRaw(sidecar.address))
    await second.send('GET /2 HTTP/1.1\r\nHost: web\r\n\r\n')
    await until(() => sidecar.status().services[0]!.queued === 1)
    second.reset()
    expect(await until(() => sidecar.status().services[0]!.queued === 0)).to.equal(true)
    first.reset()
    await comesToRest(sidecar)
    expect(asked).to.equal(1)
  })

  it('are nobody’s fault', async () => {
    const { app, sidecar, client } = await asked('GET / HTTP/1.1\r\nHost: web\r\n\r\n', () => {})
    await until(() => app.sockets.size === 1)
    client.reset()
    await comesToRest(sidecar)
    const { abandoned, members } = sidecar.status().services[0]!
    expect(abandoned).to.equal(1)
    expect(members[0]).to.include({ picked: 1, succeeded: 0, failed: 0 })
  })

  async function asked(bytes: string, listener: RequestListener) {
    let cancelled = false
    const app = await keep(
      startApp((request, response) => {
        response.on('close', () => (cancelled = !response.writableFinished))
        listener(request, response)
      }),
    )
    const sidecar = await keep(runSidecar(inFrontOf([app.address])))
    const client = await keep(openRaw(sidecar.address))
    await client.send(bytes)
    return { app, sidecar, client, cancelled: () => cancelled }
  }
})

/** Answers at once, late, in pieces, without end or never. */
function moody(random: () => number): RequestListener {
  return (request, response) => {
    const mood = random()
    request.on('error', () => {})
    // Late, but always: a server that does not read does not see either that its peer has gone.
    setTimeout(() => request.resume(), mood < 0.8 ? 0 : random() * 50)
    if (mood < 0.15) return
    const size = Math.floor(random() ** 4 * 2_000_000)
    const answer = () => {
      if (response.closed) return
      if (mood < 0.5) return response.end(Buffer.alloc(size))
      response.write('begun')
      const pieces = setInterval(() => {
        // Not by 'close' alone: a response whose connection went before its listener ran is never closed.
        if (response.writableEnded || request.socket.destroyed) clearInterval(pieces)
        else response.write(Buffer.alloc(size / 8))
      }, 3)
      response.on('close', () => clearInterval(pieces))
      if (mood < 0.9) setTimeout(() => response.end(), random() * 40)
    }
    if (mood < 0.3) answer()
    else setTimeout(answer, random() * 20)
  }
}

/** One connection: a request, or half of one, or some of them, and the door. */
async function visit(address: string, random: () => number): Promise<void> {
  const socket = connect(hostAndPort(address)).on('error', () => {})
  // From the start: a connection that the sidecar ended first would be waited for in vain.
  const gone = new Promise(resolve => socket.once('close', resolve))
  if (random() < 0.8) socket.resume()
  if (random() < 0.03) return leave(socket, gone, random)
  await Promise.race([new Promise(resolve => socket.once('connect', resolve)), gone])
  const whole = requests(random)
  const sent = random() < 0.3 ? whole.slice(0, Math.floor(random() * whole.length)) : whole
  const cut = Math.floor(random() * sent.length)
  socket.write(sent.slice(0, cut), 'latin1')
  if (random() < 0.5) await pause(random() * 5)
  socket.write(sent.slice(cut), 'latin1')
  await pause(random() ** 2 * 60)
  await leave(socket, gone, random)
}

function requests(random: () => number): string {
  const head = (method: string) => `${method} /${Math.floor(random() * 1e6)} HTTP/1.1\r\nHost: web\r\n`
  const content = 'x'.repeat(Math.floor(random() ** 4 * 500_000))
  const kind = random()
  if (kind < 0.4) return `${head('GET')}\r\n`
  if (kind < 0.5) return `${head('GET')}\r\n`.repeat(5)
  if (kind < 0.75) return `${head('POST')}Content-Length: ${content.length}\r\n\r\n${content}`
  return `${head('PUT')}Transfer-Encoding: chunked\r\n\r\n${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`
}

async function leave(socket: Socket, gone: Promise<unknown>, random: () => number): Promise<void> {
  const how = random()
  if (how < 0.45) socket.resetAndDestroy()
  else if (how < 0.9) socket.destroy()
  else {
    // A client that ends its side and reads on; it must not stay for longer than it likes.
    socket.end()
    socket.resume()
    await Promise.race([gone, pause(3000)])
    socket.destroy()
  }
  await gone
}

async function noMoreThanIdle(app: App, sidecar: Running): Promise<void> {
  const idle = () => sidecar.status().services[0]!.members[0]!.connections.idle
  if (await until(() => app.sockets.size <= idle())) return
  throw new Error(`the app has ${app.sockets.size} sockets, the pool ${idle()} idle ones`)
}

/** Until a number has stopped growing. */
async function stands(read: () => number): Promise<void> {
  for (let last = -1; last !== read() || last === 0; ) {
    last = read()
    await pause(100)
  }
}
