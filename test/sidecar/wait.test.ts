// `outrigger wait`, and an outbound listener that outlives the app: real processes and signals, in both orders.
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { call, closing, startApp } from '../support/clients.ts'
import { directory, outrigger } from '../support/sidecar.ts'

// An app that takes a second to leave, and calls its peer at the very end; it prints what came of it.
const APP = `
  const http = require('node:http')
  const call = () => new Promise(resolve => http.get(process.env.PEER, { agent: false, headers: { host: 'peer' } },
    response => { response.resume(); resolve(response.statusCode) }).on('error', error => resolve(error.code)))
  const timer = setInterval(() => {}, 1000)
  process.on('SIGTERM', () => setTimeout(async () => {
    console.log('at the end:', await call())
    clearInterval(timer)
    process.exitCode = 7
  }, 700))
  call().then(status => console.log('at the start:', status))
`

describe('outrigger wait', () => {
  const keep = closing()

  async function freeAddress(): Promise<string> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    await new Promise(resolve => server.close(resolve))
    return `127.0.0.1:${port}`
  }

  /** A peer, and the file of a sidecar that knows it. */
  async function house(grace = '10s') {
    const peer = await keep(startApp((_, response) => void response.end('fine')))
    const [admin, outbound, inbound] = await Promise.all([freeAddress(), freeAddress(), freeAddress()])
    const { file } = await keep(
      directory({
        admin,
        grace,
        listeners: [{ listen: outbound }, { listen: inbound, service: 'peer' }],
        services: { peer: { endpoints: [peer.address] } },
      }),
    )
    return { admin, outbound, inbound, file }
  }

  const app = (admin: string, outbound: string) =>
    keep(
      Promise.resolve(
        outrigger(['wait', '--admin', admin, '--', process.execPath, '-e', APP], {
          env: { PEER: `http://${outbound}/` },
        }),
      ),
    )
  const printed = async (command: { readonly stdout: string }, text: string) => {
    for (let waited = 0; !command.stdout.includes(text); waited += 20) {
      if (waited > 8_000) throw new Error(`it has not said ${text}: ${command.stdout}`)
      await sleep(20)
    }
  }

  it('starts the app when the sidecar is ready; the outbound listener outlives an app that is told to go first', async () => {
    const { admin, outbound, inbound, file } = await house()
    const waiting = await app(admin, outbound)
    await sleep(400)
    expect(waiting.stdout).to.equal('')
    const sidecar = await keep(Promise.resolve(outrigger(['run', file])))
    await printed(waiting, 'at the start: 200')
    waiting.kill('SIGTERM')
    await sleep(100)
    sidecar.kill('SIGTERM')
    await sleep(300)
    // In front nothing is accepted any more; the app has not gone yet.
    expect(
      await call(inbound).then(
        answer => answer.status,
        error => error.code,
      ),
    ).to.equal('ECONNREFUSED')
    expect(await waiting.exit).to.deep.equal({ code: 7, signal: null })
    expect(waiting.stdout).to.equal('at the start: 200\nat the end: 200\n')
    expect((await sidecar.exit).code).to.equal(0)
  })

  it('the same when the sidecar is told to go first', async () => {
    const { admin, outbound, file } = await house()
    const sidecar = await keep(Promise.resolve(outrigger(['run', file])))
    await sidecar.ready()
    const waiting = await app(admin, outbound)
    await printed(waiting, 'at the start: 200')
    sidecar.kill('SIGTERM')
    await sleep(300)
    waiting.kill('SIGTERM')
    expect((await waiting.exit).code).to.equal(7)
    expect(waiting.stdout).to.equal('at the start: 200\nat the end: 200\n')
    expect((await sidecar.exit).code).to.equal(0)
  })

  it('an app that ignores SIGTERM is waited for until the grace ends, and no longer', async () => {
    const { admin, file } = await house('1s')
    const sidecar = await keep(Promise.resolve(outrigger(['run', file])))
    await sidecar.ready()
    const stubborn = `process.on('SIGTERM', () => {}); console.log('here'); setInterval(() => {}, 1000)`
    const waiting = await keep(
      Promise.resolve(
        outrigger(['wait', '--admin', admin, '--grace', '300ms', '--', process.execPath, '-e', stubborn]),
      ),
    )
    await printed(waiting, 'here')
    await sleep(100)
    sidecar.kill('SIGTERM')
    // Nothing was under way: nothing was cut.
    expect((await sidecar.exit).code).to.equal(0)
    waiting.kill('SIGTERM')
    // As a shell says that its command was killed.
    expect((await waiting.exit).code).to.equal(137)
  })

  it('an app that was started without it counts as gone when it has had no connection for a second', async () => {
    const { outbound, file } = await house()
    const sidecar = await keep(Promise.resolve(outrigger(['run', file])))
    await sidecar.ready()
    const open = request({ host: '127.0.0.1', port: outbound.split(':')[1], headers: { host: 'peer' }, agent: false })
    open.flushHeaders()
    await once(open, 'socket')
    sidecar.kill('SIGTERM')
    await sleep(400)
    expect((await call(outbound, '/', { headers: { host: 'peer' } })).status).to.equal(200)
    open.on('error', () => {})
    open.destroy()
    expect((await sidecar.exit).code).to.equal(0)
  })

  it('says in one line what is wrong', async () => {
    const admin = await freeAddress()
    const cases: [string[], number, string | RegExp][] = [
      [
        ['--admin', admin, '--timeout', '200ms'],
        1,
        `outrigger: the sidecar at ${admin} is not ready after 0.2 s: connect ECONNREFUSED ${admin}\n`,
      ],
      [['--timeout', '5'], 2, /^outrigger wait: --timeout "5" has no unit; write 5s or 5ms/],
      [['--admin', 'x'], 2, /^outrigger wait: --admin "x" /],
      [['node', 'app.js'], 2, 'outrigger wait: write -- before the command: outrigger wait -- node ...\n'],
      [['--'], 2, 'outrigger wait: there is no command behind --\n'],
    ]
    await Promise.all(
      cases.map(async ([args, code, text]) => {
        const command = await keep(Promise.resolve(outrigger(['wait', ...args])))
        expect((await command.exit).code, args.join(' ')).to.equal(code)
        if (typeof text === 'string') expect(command.stderr).to.equal(text)
        else expect(command.stderr).to.match(text)
      }),
    )
  })

  it('ends at SIGTERM while it waits, for a server that goes on for ever too', async () => {
    const endless = await keep(
      startApp((_, response) => {
        response.writeHead(503)
        const timer = setInterval(() => response.write('x'), 20)
        response.once('close', () => clearInterval(timer))
      }),
    )
    for (const admin of [endless.address, await freeAddress()]) {
      const command = await keep(Promise.resolve(outrigger(['wait', '--admin', admin])))
      await sleep(600)
      command.kill('SIGTERM')
      expect(await command.exit).to.deep.equal({ code: 143, signal: null })
    }
    const late = await keep(Promise.resolve(outrigger(['wait', '--admin', endless.address, '--timeout', '300ms'])))
    expect((await late.exit).code).to.equal(1)
    expect(late.stderr).to.match(/is not ready after 0.3 s: it answers 503\n$/)
  })

  it('says that the command cannot be started, as a shell does', async () => {
    const ready = await keep(startApp((_, response) => void response.end('ready\n')))
    const command = await keep(Promise.resolve(outrigger(['wait', '--admin', ready.address, '--', './no-such'])))
    expect((await command.exit).code).to.equal(127)
    expect(command.stderr).to.match(/^outrigger: \.\/no-such cannot be started: .*ENOENT\n$/)
    const odd = await keep(Promise.resolve(outrigger(['wait', '--admin', ready.address, '--', '/etc/passwd/x'])))
    expect((await odd.exit).code).to.equal(126)
    expect(odd.stderr).to.match(/^outrigger: \/etc\/passwd\/x cannot be started: .*ENOTDIR\n$/)
  })
})
