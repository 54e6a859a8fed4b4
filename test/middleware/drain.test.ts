// Apps as processes, told to leave. What they had under way is answered, and the exit code says whether all of it was.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect, createServer as createHttp2 } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { assert } from 'chai'
import { WebSocket } from 'ws'
import { drain } from '../../middleware/process/drain.ts'
import { watchServer } from '../../middleware/process/under-way.ts'
import { call, closing, startApp } from '../support/clients.ts'
import { openRaw } from '../support/raw.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'

const FAST = { delay: 0, grace: 5_000 }

describe('drain', () => {
  const open = closing()

  async function start(order: object): Promise<Leaving> {
    const script = fileURLToPath(new URL('../support/leaving-app.mjs', import.meta.url))
    const child = fork(script, [JSON.stringify(order)], { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] })
    const errors = text(child.stderr!)
    const exit = once(child, 'exit').then(async ([code, signal]) => ({ code, signal, errors: await errors }))
    await open({ close: () => child.kill('SIGKILL') })
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    return { child, exit, port, address: `127.0.0.1:${port}` }
  }

  for (const kind of ['express', 'koa']) {
    it(`answers what is under way, says that it is the last, and ends with 0: ${kind}`, async () => {
      const { child, exit, address, port } = await start({ kind, options: FAST })
      const agent = new Agent({ keepAlive: true })
      await new Promise(resolve => request({ port, agent, path: '/' }, resolve).end())
      const slow = call(address, '/slow')
      await sleep(150)
      child.kill('SIGTERM')
      const { status, text, headers } = await slow
      assert.deepEqual([status, text, headers.connection], [200, 'done', 'close'])
      assert.deepEqual(await exit, { code: 0, signal: null, errors: '' })
      agent.destroy()
    })
  }

  it('fails readiness first, and goes on serving until balancers have seen it', async () => {
    const { child, exit, address } = await start({ options: { delay: 600, grace: 1_000 } })
    assert.equal((await call(address, '/readyz')).status, 200)
    child.kill('SIGTERM')
    await sleep(200)
    const ready = await call(address, '/readyz')
    assert.deepEqual([ready.status, JSON.parse(ready.text).status], [503, 'draining'])
    assert.equal((await call(address, '/livez')).status, 200)
    const { status, headers } = await call(address, '/', { headers: { connection: 'keep-alive' } })
    assert.deepEqual([status, headers.connection], [200, 'close'])
    assert.equal((await exit).code, 0)
  })

  it('cuts off after the grace what never ends, and ends with 1', async () => {
    const { child, exit, address } = await start({ options: { delay: 0, grace: 300 } })
    const client = await openRaw(address)
    await client.send('GET /never HTTP/1.1\r\nHost: x\r\n\r\n')
    await client.until(() => client.bytes.includes('begun'), 2_000)
    child.kill('SIGTERM')
    assert.equal((await exit).code, 1)
    client.close()
  })

  it('tells WebSockets, and waits for them', async () => {
    const { child, exit, port } = await start({ options: FAST })
    const socket = new WebSocket(`ws://127.0.0.1:${port}`)
    await once(socket, 'open')
    socket.send('hello')
    assert.equal(String((await once(socket, 'message'))[0]), 'hello')
    child.kill('SIGTERM')
    assert.equal((await once(socket, 'close'))[0], 1001)
    assert.deepEqual(await exit, { code: 0, signal: null, errors: '' })
  })

  it('ends a WebSocket that never closes, and says so by its exit code', async () => {
    const { child, exit, address } = await start({ options: { delay: 0, grace: 300 } })
    const client = await openRaw(address)
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13'
    await client.send(`GET / HTTP/1.1\r\nHost: x\r\n${upgrade}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`)
    await client.until(() => client.bytes.includes('101 Switching'), 2_000)
    child.kill('SIGTERM')
    assert.equal((await exit).code, 1)
    client.close()
  })

  for (const kind of ['h2', 'streams'])
    it(`finishes the streams of HTTP/2: ${kind}`, async () => {
      const { child, exit, port } = await start({ kind, options: FAST })
      const session = connect(`http://127.0.0.1:${port}`)
      let goaway = 0
      session.on('goaway', () => goaway++)
      const stream = session.request({ ':path': '/slow' })
      await sleep(150)
      child.kill('SIGTERM')
      assert.equal(await text(stream), 'done')
      assert.equal((await exit).code, 0)
      assert.isAbove(goaway, 0)
    })

  it('counts a stream of HTTP/2 once, and a session without any not at all', async () => {
    for (const event of ['request', 'stream', 'both']) {
      const server = createHttp2()
      let heard = 0
      if (event !== 'stream') server.on('request', () => heard++)
      if (event !== 'request') server.on('stream', () => heard++)
      const { port } = await listen(server)
      await open({ close: () => server.close() })
      const watched = watchServer(server)
      const session = connect(`http://127.0.0.1:${port}`)
      const stream = session.request({ ':path': '/' })
      stream.on('error', () => {})
      await until(() => heard === (event === 'both' ? 2 : 1))
      assert.equal(watched.count(), 1, event)
      stream.close()
      await until(() => watched.count() === 0)
      session.destroy()
    }
  })

  it('tells WebSockets nothing before their handshake is answered', async () => {
    const app = await open(startApp(() => {}))
    let asked = false
    app.server.on('upgrade', (_, socket) => {
      asked = true
      setTimeout(() => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'), 200)
      socket.on('data', () => socket.end())
    })
    const watched = watchServer(app.server)
    const client = await openRaw(app.address)
    await client.send('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    await until(() => asked)
    watched.stop()
    const looks = setInterval(watched.closeIdle, 20)
    assert.isTrue(await client.until(() => client.bytes.includes(Buffer.from([0x88, 0x02, 0x03, 0xe9]))))
    assert.match(client.bytes.toString('latin1'), /^HTTP\/1\.1 101 Switching Protocols\r\n\r\n\x88\x02\x03\xe9$/)
    await client.send('closed')
    client.finish()
    await until(() => watched.count() === 0)
    clearInterval(looks)
    client.close()
  })

  it('ends the workers of a cluster, one by one or all together', async () => {
    const { child, exit, address } = await start({ workers: 2, options: FAST })
    const left: number[] = []
    child.on('message', (message: { left?: number }) => message.left !== undefined && left.push(message.left))
    const slow = call(address, '/slow')
    await sleep(150)
    child.send('leave')
    assert.equal((await slow).text, 'done')
    while (left.length < 2) await once(child, 'message')
    assert.deepEqual(left, [0, 0])
    child.disconnect()
    await exit
  })

  it('closes what sessions have opened, so that the process ends by itself', async () => {
    const redis = await open(startRedis())
    const { child, exit, address } = await start({ redis: redis.url, options: { ...FAST, exit: false } })
    assert.isDefined((await call(address)).headers['set-cookie'])
    child.kill('SIGTERM')
    child.disconnect()
    assert.equal((await exit).code, 0)
  })

  it('waits for the first request of who has just connected', async () => {
    const { child, exit, address } = await start({ options: FAST })
    const client = await openRaw(address)
    await client.send('GET / HTTP/1.1\r\nHo')
    child.kill('SIGTERM')
    await sleep(150)
    await client.send('st: x\r\n\r\n')
    assert.equal((await exit).code, 0)
    assert.include(String(client.bytes), '200 OK')
    client.close()
  })

  it('says that close has failed, with whatever it rejects', async () => {
    const { child, exit } = await start({ rejects: true, options: FAST })
    child.kill('SIGTERM')
    const { code, errors } = await exit
    assert.equal(code, 0)
    assert.match(errors, /drain: close failed: undefined/)
  })

  it('lets a child process end that has closed its servers by itself', async () => {
    const { child, exit } = await start({ options: FAST })
    child.send('close')
    assert.deepEqual(await exit, { code: 0, signal: null, errors: '' })
  })

  it('leaves alone servers that know no upgrades: they answer such requests', async () => {
    const app = await open(startApp((_, res) => void res.end('plain')))
    drain(app.server, { signals: [], exit: false })
    const headers = { connection: 'upgrade', upgrade: 'h2c' }
    assert.equal((await call(app.address, '/', { headers })).text, 'plain')
  })

  it('says what it wants', () => {
    assert.throws(() => drain((() => {}) as never), 'drain: it wants a server, as app.listen() returns it')
    assert.throws(
      () => drain([], { grace: '5s' as never }),
      'drain: grace must be milliseconds, 0 or more and at most 2147483647, not 5s',
    )
    assert.throws(() => drain([], { delay: 2 ** 31 }), 'drain: delay must be milliseconds, 0 or more and at most')
  })
})

async function listen(server: Server): Promise<AddressInfo> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server.address() as AddressInfo
}

interface Leaving {
  readonly child: ChildProcess
  readonly exit: Promise<{ code: number | null; signal: string | null; errors: string }>
  readonly port: number
  readonly address: string
}
