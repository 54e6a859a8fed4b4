// Found by an attack on the finished data path: what is cut, stalls or is answered early, at its edges.

import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { closing, hostAndPort, startApp, startNet } from '../../support/clients.ts'
import { openRaw, until } from '../../support/raw.ts'
import { comesToRest, inFrontOf, runSidecar } from '../../support/sidecar.ts'

const QUICK = { idle: '300ms', keepAlive: '300ms', head: '300ms' }

describe('stalls', () => {
  const keep = closing()

  it('cuts a client on a unix socket, which knows no reset, without harm to itself', async () => {
    const app = await keep(
      startNet(socket =>
        socket.on('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
          setTimeout(() => socket.destroy(), 20)
        }),
      ),
    )
    const path = join(tmpdir(), `outrigger-${process.pid}-${Date.now()}.sock`)
    const sidecar = await keep(runSidecar(inFrontOf([app.address], {}, { listen: `unix:${path}` })))
    const client = connect(path).on('error', () => {})
    await keep({ close: () => client.destroy() })
    let closed = false
    client.on('close', () => (closed = true)).resume()
    client.write('GET / HTTP/1.0\r\n\r\n')
    expect(await until(() => closed)).to.equal(true)
    await comesToRest(sidecar)
  })

  it('does not keep a client that reads nothing of an answer that broke off', async () => {
    const app = await keep(
      startNet(socket =>
        socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n')
          socket.write(Buffer.alloc(30_000_000))
          setTimeout(() => socket.resetAndDestroy(), 100)
        }),
      ),
    )
    const sidecar = await keep(runSidecar(inFrontOf([app.address], {}, { timeouts: QUICK })))
    const client = connect(hostAndPort(sidecar.address)).on('error', () => {})
    await keep({ close: () => client.destroy() })
    client.pause()
    client.write('GET / HTTP/1.1\r\nHost: web\r\n\r\n')
    await until(() => sidecar.status().listeners[0]!.connections === 1)
    await comesToRest(sidecar, 8000)
  })

  it('gives the client the answer of a server that refuses an upload and closes without reading it', async () => {
    const refusal = 'HTTP/1.1 413 Too Much\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge'
    const app = await keep(
      startNet(socket => {
        socket.once('data', () => {
          socket.pause()
          // What it has not read turns its close into a reset.
          socket.write(refusal, () => socket.destroy())
        })
      }),
    )
    const sidecar = await keep(runSidecar(inFrontOf([app.address])))
    let answered = 0
    for (let i = 0; i < 20; i++) {
      const client = await openRaw(sidecar.address)
      await client.send(`POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5000000\r\n\r\n`)
      await client.send(Buffer.alloc(5_000_000, 'x'))
      await client.until(() => client.ending !== 'open' || client.bytes.includes('\r\n\r\n'), 5000)
      if (String(client.bytes).startsWith('HTTP/1.1 413')) answered++
      client.close()
    }
    expect(answered).to.be.at.least(17)
    await comesToRest(sidecar)
  })

  it('takes no reset for the end of an answer that only the end of the connection delimits', async () => {
    for (const [ending, complete] of [
      [(socket: Socket) => socket.resetAndDestroy(), 0],
      [(socket: Socket) => socket.end(), 30],
    ] as const) {
      const app = await keep(
        startNet(socket =>
          socket.once('data', () =>
            socket.write('HTTP/1.1 200 OK\r\n\r\nsome', () => setTimeout(ending, Math.random() * 2, socket)),
          ),
        ),
      )
      const sidecar = await keep(runSidecar(inFrontOf([app.address], { retries: false })))
      let whole = 0
      for (let i = 0; i < 30; i++) {
        const client = await openRaw(sidecar.address)
        await client.send('GET / HTTP/1.1\r\nHost: web\r\n\r\n')
        await client.until(() => client.ending !== 'open' || client.bytes.includes('\r\n0\r\n\r\n'))
        if (client.bytes.includes('\r\n0\r\n\r\n')) whole++
        client.close()
      }
      expect(whole).to.equal(complete)
      await comesToRest(sidecar)
    }
  })

  it('ends an echo whose client sends and never reads', async () => {
    const app = await keep(startApp((request, response) => void request.on('error', () => {}).pipe(response)))
    const service = { timeouts: { idle: '300ms', total: '300ms', head: '300ms' } }
    const sidecar = await keep(runSidecar(inFrontOf([app.address], service, { timeouts: QUICK })))
    const client = connect(hostAndPort(sidecar.address)).on('error', () => {})
    await keep({ close: () => client.destroy() })
    client.pause()
    client.write('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 100000000\r\n\r\n')
    client.write(Buffer.alloc(60_000_000))
    await until(() => sidecar.status().services[0]!.inFlight === 1)
    await comesToRest(sidecar, 8000)
  })

  it('lets an upload that always moves take longer than the idle timeout', async () => {
    const app = await keep(
      startApp((request, response) => {
        let got = 0
        request.on('data', part => {
          got += part.length
          request.pause()
          setTimeout(() => request.resume(), 10)
        })
        request.on('end', () => response.end(String(got)))
      }),
    )
    const sidecar = await keep(runSidecar(inFrontOf([app.address], { timeouts: { idle: '500ms' } })))
    const size = 12_000_000
    const client = await keep(openRaw(sidecar.address))
    await client.send(`POST / HTTP/1.1\r\nHost: web\r\nContent-Length: ${size}\r\n\r\n`)
    await client.send(Buffer.alloc(size))
    await client.until(() => client.bytes.includes(String(size)), 15_000)
    expect(client.bytes.toString('latin1')).to.match(/^HTTP\/1.1 200 /)
  })
})
