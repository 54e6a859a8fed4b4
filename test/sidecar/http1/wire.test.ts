import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { expect } from 'chai'
import { writesDirectly } from '../../../sidecar/http1/direct-writes.ts'
import { readInto } from '../../../sidecar/http1/static-reads.ts'
import { HIGH_WATER_MARK, Wire, type WireOwner } from '../../../sidecar/http1/wire.ts'

/** More than the kernel takes of a peer that does not read, on Linux (4 MiB at most by default) and macOS. */
const MUCH = 16 * 1024 * 1024

describe('wire', () => {
  let server: Server
  let sockets: Socket[]

  beforeEach(async () => {
    sockets = []
    server = createServer({ highWaterMark: HIGH_WATER_MARK })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })

  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })

  it('reads and writes the short ways on this version of Node', async () => {
    const { wire, peer, heard, short } = await pair()
    expect(short).to.equal(true)
    wire.write('one ')
    wire.write('two ')
    expect(await hear(peer, 8)).to.equal('one two ')
    expect(writesDirectly()).to.equal(true)
    peer.write('three')
    await until(() => heard.bytes === 'three')
  })

  for (const size of [1, 100, HIGH_WATER_MARK - 1, HIGH_WATER_MARK, HIGH_WATER_MARK + 1]) {
    it(`keeps the order of writes of ${size} bytes that have to wait, and says when they have left`, async () => {
      const { wire, peer, heard } = await pair()
      const expected: string[] = []
      peer.pause()
      // Small ones come first, so that what waits in the handle and what waits in the socket follow each other.
      for (let total = 0, i = 0; total < MUCH; i++) {
        const text = String.fromCharCode(97 + (i % 26)).repeat(i % 3 === 0 ? 40_000 : size)
        wire.write(i % 2 === 0 ? text : Buffer.from(text))
        expected.push(text)
        total += text.length
      }
      expect(wire.pending).to.equal(true)
      expect(heard.drains).to.equal(0)
      const whole = expected.join('')
      expect((await hear(peer, whole.length)) === whole).to.equal(true)
      await until(() => heard.drains > 0 && !wire.pending)
    })
  }

  it('stops a source while a single small write waits, and drains', async () => {
    const { wire, peer, heard } = await pair()
    const source = await pair()
    peer.pause()
    let written = 0
    while (!source.wire.paused && written < MUCH) {
      wire.write('x'.repeat(1000))
      written += 1000
      wire.throttle(source.wire)
    }
    expect(source.wire.paused).to.equal(true)
    expect(wire.pending).to.equal(true)
    await hear(peer, written)
    await until(() => heard.drains > 0)
  })

  it('ends a connection whose peer has gone with one close and an error code', async () => {
    const { wire, peer, heard } = await pair()
    wire.write('x')
    peer.resetAndDestroy()
    for (let i = 0; heard.closes === 0 && i < 500; i++) {
      wire.write('x'.repeat(1000))
      await new Promise(resolve => setTimeout(resolve, 2))
    }
    expect(heard.closes).to.equal(1)
    expect(['ECONNRESET', 'EPIPE']).to.include((heard.error as NodeJS.ErrnoException | undefined)?.code)
    wire.write('nobody is there')
  })

  it('survives an owner that throws: that connection ends, and the fault is reported', async () => {
    const { peer, heard } = await pair(() => {
      throw new Error('mistake')
    })
    peer.write('boom')
    await until(() => heard.closes === 1)
    expect(heard.faults.map(String)).to.deep.equal(['Error: mistake'])
  })

  it('sees a peer that takes some of a large write, and one that takes nothing', async () => {
    const { wire, peer } = await pair()
    peer.pause()
    wire.write(Buffer.alloc(MUCH))
    wire.moved()
    expect(wire.moved()).to.equal(false)
    let taken = 0
    peer.on('data', part => {
      taken += part.length
      if (taken > MUCH / 2) peer.pause()
    })
    peer.resume()
    await until(() => taken > MUCH / 2)
    await until(() => wire.moved())
    expect(wire.held).to.equal(true)
  })

  it('counts what has been given to the system, which is not what waits for the end of the turn', async () => {
    const { wire, peer } = await pair()
    wire.write('some')
    expect([wire.written, wire.sent]).to.deep.equal([4, 0])
    wire.flush()
    expect(wire.sent).to.equal(4)
    expect(await hear(peer, 4)).to.equal('some')
  })

  async function pair(onBytes?: () => void) {
    const heard = { bytes: '', drains: 0, closes: 0, error: undefined as Error | undefined, faults: [] as unknown[] }
    const owner: WireOwner = {
      onBytes(bytes, count) {
        onBytes?.()
        heard.bytes += bytes.toString('latin1', 0, count)
      },
      onEnd() {},
      onDrain() {
        heard.drains++
      },
      onClose(error) {
        heard.closes++
        heard.error = error
      },
      report(error) {
        heard.faults.push(error)
      },
    }
    const peer = connect((server.address() as AddressInfo).port, '127.0.0.1')
    peer.on('error', () => {})
    const [socket] = (await once(server, 'connection')) as [Socket]
    sockets.push(peer, socket)
    const wire = new Wire(owner)
    wire.attach(socket)
    const short = readInto(socket, wire)
    return { wire, peer, heard, short }
  }
})

async function hear(peer: Socket, length: number): Promise<string> {
  const parts: Buffer[] = []
  let total = 0
  peer.on('data', (part: Buffer) => {
    parts.push(part)
    total += part.length
  })
  peer.resume()
  await until(() => total >= length)
  return Buffer.concat(parts).toString('latin1')
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 10_000
  while (!condition()) {
    if (Date.now() > end) throw new Error('timed out')
    await new Promise(resolve => setTimeout(resolve, 2))
  }
}
