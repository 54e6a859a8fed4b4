// The real command carries content of any size in bounded memory. OUTRIGGER_BIG=2GiB makes the content that big.

import { connect, type Socket } from 'node:net'
import { queryObjects } from 'node:v8'
import { expect } from 'chai'
import { Wire } from '../../../sidecar/http1/wire.ts'
import { Exchange } from '../../../sidecar/proxy/exchange.ts'
import { closing, hostAndPort, startNet, talk } from '../../support/clients.ts'
import { seeded } from '../../support/random.ts'
import { openRaw, pause } from '../../support/raw.ts'
import { comesToRest, directory, inFrontOf, outrigger, residentBytes, runSidecar } from '../../support/sidecar.ts'

const MIB = 1024 ** 2
const SIZE = sizeOf(process.env.OUTRIGGER_BIG ?? '512MiB')
const LIMIT = 100_000_000
/** Every so many bytes the slow side rests. */
const BURST = 16 * MIB

describe('memory', function () {
  this.timeout(20_000 + (SIZE / MIB) * 100)
  const keep = closing()

  before(function () {
    // The figure is read from /proc.
    if (process.platform !== 'linux') this.skip()
  })

  it(`stays small while ${SIZE / MIB} MiB go down to a slow reader`, async () => {
    const origin = await keep(
      startNet(socket => {
        socket.once('data', () => {
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`)
          void send(socket)
        })
      }),
    )
    const { address, most } = await start(origin.address)
    const client = await dial(address)
    client.write('GET / HTTP/1.1\r\nHost: web\r\n\r\n')
    await receive(client, '\r\n\r\n')
    report('down', most())
  })

  it(`stays small while ${SIZE / MIB} MiB go up to a slow origin`, async () => {
    const origin = await keep(
      startNet(async socket => {
        await receive(socket, '\r\n\r\n')
        socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n')
      }),
    )
    const { address, most } = await start(origin.address)
    const client = await dial(address)
    const answer = new Promise<string>(resolve => client.once('data', bytes => resolve(bytes.toString())))
    client.write(`PUT / HTTP/1.1\r\nHost: web\r\nContent-Length: ${SIZE}\r\n\r\n`)
    await send(client)
    expect(await answer).to.match(/^HTTP\/1\.1 204 /)
    report('up', most())
  })

  it('stays small with 1,000 idle connections', async () => {
    const origin = await keep(startNet(socket => socket.on('data', () => socket.write('HTTP/1.1 204 Fine\r\n\r\n'))))
    const { address, most } = await start(origin.address)
    // node:http alone, which the admin listener needs, takes 15 MB more on Node 22 and later than on 20.
    const limit = process.versions.node.startsWith('20.') ? 80_000_000 : most() + 30_000_000
    for (let i = 0; i < 1000; i++) {
      const client = await dial(address)
      client.write('GET / HTTP/1.1\r\nHost: web\r\n\r\n')
      await new Promise(resolve => client.once('data', resolve))
    }
    report('idle', most(), limit)
  })

  it('is given back when connections have gone', async () => {
    const before = held()
    const origin = await keep(startNet(socket => socket.on('data', () => socket.end('HTTP/1.1 204 Fine\r\n\r\n'))))
    const sidecar = await keep(runSidecar(inFrontOf([origin.address])))
    for (let i = 0; i < 50; i++) await talk(sidecar.address, 'GET / HTTP/1.1\r\nHost: web\r\n\r\n')
    for (let i = 0; i < 50; i++) {
      const client = await openRaw(sidecar.address)
      await client.send('GET / HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nGET')
      if (i % 2 === 0) client.reset()
      else client.close()
    }
    await comesToRest(sidecar)
    await pause(50)
    // A connection that a timer or a list still holds is collected late, if at all: at some rate, memory is used up.
    const [wires, exchanges] = held()
    expect(wires).to.be.at.most(before[0]!)
    expect(exchanges).to.be.at.most(before[1]!)
  })

  async function start(endpoint: string) {
    const { file } = await keep(
      directory({
        admin: false,
        listeners: [{ listen: '127.0.0.1:0', service: 'web' }],
        services: { web: { endpoints: [endpoint] } },
      }),
    )
    const sidecar = await keep(outrigger(['run', file]))
    const { listeners } = await sidecar.ready()
    let most = 0
    const look = () => (most = Math.max(most, residentBytes(sidecar.pid)))
    const timer = setInterval(look, 25)
    await keep({ close: () => clearInterval(timer) })
    return { address: listeners[0]!, most: look }
  }

  async function dial(address: string): Promise<Socket> {
    const socket = connect(hostAndPort(address))
    await keep({ close: () => socket.destroy() })
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return socket
  }
})

/** How many connections and exchanges there are; slow. */
function held(): number[] {
  const { emitWarning } = process
  // That it is experimental is known, and no news for everybody who runs the tests.
  process.emitWarning = () => {}
  const counts = [Wire, Exchange].map(each => queryObjects(each, { format: 'count' }))
  process.emitWarning = emitWarning
  return counts
}

function report(what: string, bytes: number, limit = LIMIT): void {
  if (process.env.OUTRIGGER_BIG !== undefined) console.log(`${what}: ${(bytes / 1e6).toFixed(1)} MB resident`)
  expect(bytes).to.be.lessThan(limit)
}

/** Content whose every byte tells where it belongs, at the price of a comparison: a block of odd length, repeated. */
const BLOCK = 65_521
const CONTENT = repeated(4 * 65_536)

function repeated(length: number): Buffer {
  const random = seeded(1)
  const block = Buffer.from(Array.from({ length: BLOCK }, () => random() * 256))
  return Buffer.alloc(length + BLOCK, block)
}

async function send(socket: Socket): Promise<void> {
  for (let at = 0; at < SIZE; ) {
    const from = at % BLOCK
    const part = CONTENT.subarray(from, from + Math.min(65_536 * 3, SIZE - at))
    at += part.length
    if (!socket.write(part)) await new Promise(resolve => socket.once('drain', resolve))
  }
}

/** Reads a head and SIZE bytes of content, in bursts. */
async function receive(socket: Socket, headEnd: string): Promise<void> {
  let at = -1
  let rested = 0
  // Whatever buffers there are on the way fill up first.
  await pause(300)
  await new Promise<void>((resolve, reject) => {
    socket.on('close', () => reject(new Error(`closed after ${at} bytes`)))
    socket.on('data', bytes => {
      let content: Buffer = bytes
      if (at < 0) {
        content = bytes.subarray(bytes.indexOf(headEnd) + headEnd.length)
        at = 0
      }
      const from = at % BLOCK
      if (!content.equals(CONTENT.subarray(from, from + content.length))) reject(new Error(`other content near ${at}`))
      at += content.length
      if (at >= SIZE) return at === SIZE ? resolve() : reject(new Error(`${at} bytes`))
      if (at - rested < BURST) return
      rested = at
      socket.pause()
      setTimeout(() => socket.resume(), 20)
    })
  })
}

function sizeOf(text: string): number {
  const [, count, unit] = /^(\d+)(MiB|GiB)$/.exec(text) ?? []
  if (count === undefined) throw new Error(`OUTRIGGER_BIG is a number of MiB or GiB, not ${text}`)
  return Number(count) * (unit === 'GiB' ? 1024 * MIB : MIB)
}
