// Content flows: both ways at once, no faster than it is taken, and no longer than it is wanted.

import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { expect } from 'chai'
import { call, closing, field, hostAndPort, responses, startApp, startNet } from '../../support/clients.ts'
import { openRaw, pause, readResponses, until } from '../../support/raw.ts'
import { comesToRest, inFrontOf, runSidecar } from '../../support/sidecar.ts'

const MIB = 1024 * 1024

describe('streaming', () => {
  const keep = closing()

  for (const fastReads of [true, false]) {
    it(`echoes 50 MiB while it is being sent${fastReads ? '' : ', with slow reads'}`, async () => {
      const app = await keep(startApp((request, response) => void request.pipe(response)))
      const sidecar = await keep(runSidecar(inFrontOf([app.address]), { fastReads }))
      const outgoing = request({ ...hostAndPort(sidecar.address), method: 'POST', agent: false })
      const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>
      const sent = createHash('sha256')
      const source = async function* () {
        const block = randomBytes(MIB)
        for (let i = 0; i < 50; i++) {
          block.writeUInt32BE(i)
          const chunk = Buffer.from(block.subarray(0, MIB - i))
          sent.update(chunk)
          yield chunk
        }
      }
      const upload = pipeline(source, outgoing)
      const [response] = await answered
      const received = createHash('sha256')
      for await (const chunk of response) received.update(chunk)
      await upload
      expect(received.digest('hex')).to.equal(sent.digest('hex'))
      await comesToRest(sidecar)
    })
  }

  it('stops the app while the client does not read', async () => {
    let written = 0
    const app = await keep(startApp((_, response) => pour(response, count => (written += count))))
    const sidecar = await keep(runSidecar(inFrontOf([app.address])))
    const client = connect(hostAndPort(sidecar.address)).on('error', () => {})
    await keep({ close: () => client.destroy() })
    client.write('GET / HTTP/1.1\r\nHost: web\r\n\r\n')
    client.pause()
    const stalled = await standstill(() => written)
    expect(stalled).to.be.lessThan(64 * MIB)
    client.resume()
    // And goes on when the client does.
    expect(await until(() => written > stalled + 64 * MIB, 10_000)).to.equal(true)
  })

  it('makes no more answers for a pipeline than are taken, and mixes none of them', async () => {
    const content = (path: string) => Buffer.alloc(50_000, `<${path}>`)
    const app = await keep(startApp(({ url }, response) => void response.end(content(url!))))
    const sidecar = await keep(runSidecar(inFrontOf([app.address])))
    const pipelines = ['a', 'b', 'c', 'd'].map(name => {
      const paths = Array.from({ length: 250 }, (_, i) => `/${name}/${i}`)
      const client = connect(hostAndPort(sidecar.address)).on('error', () => {})
      client.pause()
      client.write(paths.map(path => `GET ${path} HTTP/1.1\r\nHost: web\r\n\r\n`).join(''))
      return { paths, client }
    })
    for (const { client } of pipelines) await keep({ close: () => client.destroy() })
    expect(await standstill(() => sidecar.status().services[0]!.requests)).to.be.lessThan(700)
    await Promise.all(
      pipelines.map(async ({ client, paths }) => {
        const parts: Buffer[] = []
        let got = 0
        client.on('data', bytes => {
          parts.push(bytes)
          got += bytes.length
        })
        client.resume()
        const methods = paths.map(() => 'GET')
        const read = () => readResponses(Buffer.concat(parts), methods, false).responses
        await until(() => got > paths.length * 50_000 && read().every(response => response.complete), 8000)
        const answers = read()
        const wrong = answers.findIndex(({ body }, i) => !body.equals(content(paths[i]!)))
        expect([answers.length, wrong]).to.deep.equal([paths.length, -1])
      }),
    )
  })

  it('makes no more refusals for a pipeline than are taken', async () => {
    const sidecar = await keep(runSidecar({ services: { web: { endpoints: ['127.0.0.1:1'] } } }))
    const client = connect(hostAndPort(sidecar.address)).on('error', () => {})
    await keep({ close: () => client.destroy() })
    client.pause()
    client.write('GET / HTTP/1.1\r\nHost: nobody\r\n\r\n'.repeat(60_000))
    const refused = () => sidecar.status().listeners[0]!.requests
    expect(await standstill(refused)).to.be.lessThan(40_000)
    client.on('data', () => {}).resume()
    expect(await until(() => refused() === 60_000, 8000)).to.equal(true)
  })

  it('stops the client while the app does not read', async () => {
    let asked: IncomingMessage | undefined
    const app = await keep(startApp(request => (asked = request)))
    const sidecar = await keep(runSidecar(inFrontOf([app.address])))
    const client = connect(hostAndPort(sidecar.address)).on('error', () => {})
    await keep({ close: () => client.destroy() })
    client.write(`POST / HTTP/1.1\r\nHost: web\r\nContent-Length: ${2 ** 40}\r\n\r\n`)
    pour(client, () => {})
    const taken = () => client.bytesWritten - client.writableLength
    const stalled = await standstill(taken)
    expect(stalled).to.be.lessThan(64 * MIB)
    asked!.resume()
    expect(await until(() => taken() > stalled + 64 * MIB, 10_000)).to.equal(true)
  })

  it('keeps the content of slow readers apart from that of quick ones', async () => {
    const content = (path: string) => Buffer.alloc(path.startsWith('/slow') ? 8 * MIB : 300_000, `<${path}>`)
    const app = await keep(startApp(({ url }, response) => void response.end(content(url!))))
    const sidecar = await keep(runSidecar(inFrontOf([app.address])))
    const check = (path: string, got: Buffer) => {
      if (!got.equals(content(path))) throw new Error(`${path} got other content`)
    }
    const slow = async (path: string) => {
      const client = connect(hostAndPort(sidecar.address))
      const parts: Buffer[] = []
      client.on('data', bytes => {
        parts.push(bytes)
        client.pause()
        setTimeout(() => client.resume(), parts.length % 8 === 0 ? 4 : 0)
      })
      client.write(`GET ${path} HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n`)
      await once(client, 'end')
      client.destroy()
      check(path, Buffer.concat(parts).subarray(-8 * MIB))
    }
    let reading = true
    const quick = async (name: number) => {
      for (let i = 0; reading; i++) {
        const path = `/quick/${name}/${i}`
        check(path, (await call(sidecar.address, path)).body)
      }
    }
    const quicks = [quick(1), quick(2)]
    await Promise.all(Array.from({ length: 12 }, (_, i) => slow(`/slow/${i}`)))
    reading = false
    await Promise.all(quicks)
  })

  it('stops an upload when the answer is complete before it', async () => {
    let got = 0
    const app = await keep(
      startApp((request, response) => {
        request.once('data', chunk => {
          got += chunk.length
          response.writeHead(403).end('no')
        })
      }),
    )
    const sidecar = await keep(runSidecar(inFrontOf([app.address])))
    const client = await keep(openRaw(sidecar.address))
    await client.send(`POST / HTTP/1.1\r\nHost: web\r\nContent-Length: ${100 * MIB}\r\n\r\nbegun`)
    const [answer] = await responses(client, ['POST'])
    expect(answer).to.include({ status: 403 })
    expect(answer!.body.toString()).to.equal('no')
    expect(field(answer!, 'connection')).to.equal('close')
    for (let i = 0; i < 20; i++) await client.send(Buffer.alloc(MIB))
    expect(await client.until(() => client.ending !== 'open', 4000)).to.equal(true)
    expect(got).to.equal(5)
    client.close()
    await comesToRest(sidecar)
    // A connection with half a request on it is of no use to the next.
    expect(sidecar.status().services[0]!.members[0]!.connections).to.include({ open: 0, opened: 1 })
  })

  it('gives an early answer to a client that sends all of it before it reads', async () => {
    const app = await keep(startApp((_, response) => void response.writeHead(413).end('too much')))
    const sidecar = await keep(runSidecar(inFrontOf([app.address])))
    const client = connect(hostAndPort(sidecar.address))
    let text = ''
    client.setEncoding('latin1').on('data', chunk => (text += chunk))
    client.on('error', () => {})
    client.pause()
    client.write(`POST / HTTP/1.1\r\nHost: web\r\nContent-Length: ${8 * MIB}\r\n\r\n`)
    await new Promise(resolve => client.write(Buffer.alloc(8 * MIB), resolve))
    client.resume()
    expect(await until(() => text.includes('too much'), 3000)).to.equal(true)
    client.destroy()
  })

  it('lets the app ask for the content, or not', async () => {
    const app = await keep(
      startApp((request, response) => void request.on('data', () => {}).on('end', () => response.end('thanks'))),
    )
    app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      if (request.url === '/no') return response.writeHead(417).end('keep it')
      response.writeContinue()
      app.server.emit('request', request, response)
    })
    const sidecar = await keep(runSidecar(inFrontOf([app.address])))
    const ask = async (path: string) => {
      const headers = { expect: '100-continue', 'content-length': 4 }
      const outgoing = request({ ...hostAndPort(sidecar.address), path, method: 'PUT', headers, agent: false })
      outgoing.flushHeaders()
      const first = await Promise.race([
        once(outgoing, 'continue').then(() => 'continue' as const),
        once(outgoing, 'response').then(([response]) => response as IncomingMessage),
      ])
      if (first !== 'continue') {
        outgoing.destroy()
        return first.statusCode
      }
      outgoing.end('here')
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
      response.resume()
      return `continue ${response.statusCode}`
    }
    expect(await ask('/yes')).to.equal('continue 200')
    expect(await ask('/no')).to.equal(417)
    await comesToRest(sidecar)
  })

  it('passes on each piece as it comes', async () => {
    const app = await keep(
      startNet(async socket => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n')
        await pause(30)
        socket.write('Transfer-Encoding: chunked\r\n\r\n')
        for (const piece of ['4\r\nevent', '\r\n', '2\r\n:1\r', '\n']) {
          await pause(30)
          socket.write(piece.replace('event', 'even'))
        }
      }),
    )
    const sidecar = await keep(runSidecar(inFrontOf([app.address])))
    const client = await keep(openRaw(sidecar.address))
    await client.send('GET / HTTP/1.1\r\nHost: web\r\n\r\n')
    expect(await client.until(() => client.bytes.toString().endsWith('\r\n\r\n4\r\neven\r\n2\r\n:1\r\n'))).to.equal(
      true,
    )
  })
})

/** Writes for ever, as fast as it is taken. */
function pour(to: Socket | ServerResponse, count: (bytes: number) => void): void {
  const chunk = Buffer.alloc(64 * 1024)
  const more = () => {
    while (!to.destroyed) {
      count(chunk.length)
      if (!to.write(chunk)) return
    }
  }
  to.on('drain', more)
  more()
}

/** The number at which it stops growing. */
async function standstill(read: () => number): Promise<number> {
  let last = -1
  for (let since = 0; since < 3; since++) {
    if (read() !== last || last === 0) since = 0
    last = read()
    await pause(60)
  }
  return last
}
