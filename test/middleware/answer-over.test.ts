// Clients that leave while their answers wait behind others of the connection: node:http says nothing of those.
import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from 'chai'
import { createPins } from '../../middleware/pin.ts'
import { drain } from '../../middleware/process/drain.ts'
import { load } from '../../middleware/process/load.ts'
import { sticky } from '../../middleware/sticky/sticky.ts'
import { createSwitchboard } from '../../middleware/sticky/sticky-server.ts'
import { call, closing, startApp } from '../support/clients.ts'
import { openRaw } from '../support/raw.ts'
import { KEY } from '../support/sticky-site.ts'
import { until } from '../support/until.ts'

const UPGRADE = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'

describe('answers whose client leaves', () => {
  const open = closing()

  /** An instance that passes on to another one, whose open answers are counted. */
  async function start() {
    const owner = { asked: 0, open: 0 }
    const { address } = await open(
      startApp((req, res) => {
        if (req.url === '/end') return void res.end('ended')
        owner.asked++
        owner.open++
        res.on('close', () => owner.open--)
        res.write('for ever')
      }),
    )
    const pin = sticky({ key: KEY, instance: { name: 'a' }, instances: { a: '127.0.0.1:1', b: address } })
    await open(pin)
    const busy = load()
    const app = await open(
      startApp((req, res) =>
        busy(req, res, async () => {
          if (req.url === '/slow') await sleep(200)
          if (req.url === '/late') await sleep(100)
          if (req.url === '/here' || req.url === '/slow') return void res.end('here')
          if (req.url === '/end')
            res.end = () => {
              throw new Error('a middleware around us')
            }
          pin(req, res, error => res.end(String(error)))
        }),
      ),
    )
    const drained = drain(app.server, { delay: 0, grace: 2_000, signals: [], exit: false })
    const pins = createPins({ keys: [KEY], scope: 'app', idle: 60_000, life: 60_000 })
    const cookie = `Cookie: outrigger_pin=${pins.seal('b', Date.now(), Date.now())}`
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n${cookie}\r\n\r\n`
    return { app, busy, drained, owner, get }
  }

  it('are not counted any more when they waited behind others, and their owner is told', async () => {
    const { app, busy, drained, owner, get } = await start()
    const clients = await Promise.all([1, 2, 3].map(() => openRaw(app.address)))
    for (const client of clients) await client.send(get('/slow') + get('/here') + get('/owned'))
    await until(() => owner.open === 3)
    assert.equal(drained.underWay, 9)
    for (const client of clients) client.reset()
    await until(() => owner.open === 0 && busy.inFlight === 0 && drained.underWay === 0)
  })

  it('are counted until the end when they get their turn', async () => {
    const { app, busy, drained, get } = await start()
    const client = await openRaw(app.address)
    await client.send(get('/slow') + get('/here'))
    await until(() => busy.inFlight === 2)
    assert.equal(drained.underWay, 2)
    await until(() => String(client.bytes).split('here').length === 3)
    await until(() => busy.inFlight === 0 && drained.underWay === 0)
    client.close()
  })

  it('break off when their end cannot be written', async () => {
    const { app, busy, get } = await start()
    const client = await openRaw(app.address)
    await client.send(get('/end'))
    assert.isTrue(await client.until(() => client.ending !== 'open'))
    await until(() => busy.inFlight === 0)
  })

  it('are not passed on when it has left before', async () => {
    const { app, busy, owner, get } = await start()
    const client = await openRaw(app.address)
    await client.send(get('/late'))
    await until(() => busy.inFlight === 1)
    client.reset()
    await until(() => busy.inFlight === 0)
    await sleep(150)
    assert.equal(owner.asked, 0)
    assert.equal((await call(app.address, '/here')).text, 'here')
  })

  it('are not counted as WebSockets when it left before the server heard of the handshake', async () => {
    const app = await open(startApp(() => {}))
    const { emit } = app.server
    let heard = 0
    app.server.on('upgrade', () => heard++)
    app.server.emit = function (this: typeof app.server, event: string, ...args: unknown[]) {
      if (event !== 'upgrade') return Reflect.apply(emit, this, [event, ...args])
      setTimeout(() => Reflect.apply(emit, this, [event, ...args]), 100)
      ;(args[1] as NodeJS.EventEmitter).on('error', () => {})
      return true
    } as typeof emit
    const drained = drain(app.server, { signals: [], exit: false })
    const client = await openRaw(app.address)
    await client.send(`GET / HTTP/1.1\r\n${UPGRADE}`)
    await sleep(20)
    client.reset()
    await until(() => heard === 1)
    assert.equal(drained.underWay, 0)
  })

  it('have no handshake handled that it did not wait for', async () => {
    const app = await open(startApp(() => {}))
    let heard = 0
    app.server.on('upgrade', () => heard++)
    let asked = 0
    const switchboard = createSwitchboard({
      handshake: () => {
        asked++
        return { owner: sleep(100).then(() => 'gone' as const), line: () => undefined }
      },
      passOn: () => '',
      timeout: 1_000,
      counts: { forwarded: 0, failed: 0 },
    })
    switchboard.attach(app.server)
    const client = await openRaw(app.address)
    await client.send(`GET / HTTP/1.1\r\n${UPGRADE}`)
    await until(() => asked === 1)
    client.reset()
    await sleep(200)
    assert.equal(heard, 0)
  })
})
