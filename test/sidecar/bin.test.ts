// The command as people and init systems see it: a real process, its texts, its exit codes.

import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { call, closing, field, hostAndPort, responses, startApp, talk } from '../support/clients.ts'
import { openRaw, pause, until } from '../support/raw.ts'
import { type Config, directory, inFrontOf, outrigger } from '../support/sidecar.ts'

const GET = 'GET / HTTP/1.1\r\nHost: web\r\n\r\n'
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

describe('the command', () => {
  const keep = closing()

  async function ended(args: readonly string[], options?: Parameters<typeof outrigger>[1]) {
    const command = await keep(outrigger(args, options))
    const { code, signal } = await command.exit
    return { code, signal, stdout: command.stdout, stderr: command.stderr }
  }

  describe('check', () => {
    it('says in one line that a file is good', async () => {
      const { file, path } = await keep(directory({ ...inFrontOf(['127.0.0.1:3001']), admin: false }))
      const fine = { code: 0, signal: null, stderr: '' }
      const [named, found] = await Promise.all([ended(['check', file]), ended(['check'], { cwd: path })])
      expect(named).to.deep.equal({ ...fine, stdout: `${file}: ok, 1 listener, 1 service\n` })
      expect(found).to.deep.equal({ ...fine, stdout: 'outrigger.yaml: ok, 1 listener, 1 service\n' })
    })

    it('says all that is wrong, as the manual shows it', async () => {
      const manual = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
      const [, yaml] = /```yaml invalid\n([\s\S]*?)```/.exec(manual)!
      const [, wrong] = /```text\n([\s\S]*?)```/.exec(manual)!
      const { path } = await keep(directory(yaml!))
      const checked = await ended(['check'], { cwd: path })
      expect(checked).to.deep.equal({ code: 1, signal: null, stdout: '', stderr: wrong })
      expect(await ended(['run'], { cwd: path })).to.deep.equal(checked)
    })

    it('says that there is no file, or nothing in it', async () => {
      const { path } = await keep(directory(''))
      const failed = { code: 1, signal: null, stdout: '' }
      const [missing, empty] = await Promise.all([
        ended(['check', 'no.yaml'], { cwd: path }),
        ended(['check'], { cwd: path }),
      ])
      expect(missing).to.deep.equal({ ...failed, stderr: 'no.yaml: there is no such file\n' })
      expect(empty).to.include(failed)
      expect(empty.stderr).to.match(/^outrigger\.yaml: is empty; .*\n$/)
    })
  })

  it('says what it is and how it is used', async () => {
    const [versions, help, nothing] = await Promise.all([ended(['--version']), ended(['--help']), ended([])])
    expect(versions).to.deep.equal({ code: 0, signal: null, stdout: `${version}\n`, stderr: '' })
    expect(help).to.include({ code: 0, stderr: '' })
    expect(help.stdout).to.match(/^outrigger \d.*\n\n {2}outrigger run \[FILE\]/)
    expect(nothing).to.deep.equal({ code: 2, signal: null, stdout: '', stderr: help.stdout })
  })

  it('takes no other commands, flags and files', async () => {
    const wrong: Record<string, string[]> = {
      'outrigger: "start" is no command; there are run, check and wait\n': ['start'],
      "outrigger: Unknown option '--port'; see outrigger --help\n": ['run', '--port', '80'],
      'outrigger: one FILE is wanted, "b" is too much\n': ['run', 'a', 'b'],
      'outrigger: FILE is empty; name a file, or leave it out for outrigger.yaml\n': ['check', ''],
    }
    const results = await Promise.all(Object.values(wrong).map(args => ended(args)))
    const expected = Object.keys(wrong).map(stderr => ({ code: 2, signal: null, stdout: '', stderr }))
    expect(results).to.deep.equal(expected)
  })

  describe('run', () => {
    it('gives up in one line when an address is taken', async () => {
      const app = await keep(startApp(() => {}))
      const taken = { listeners: [{ listen: '127.0.0.1:0' }, { listen: app.address }] }
      const [one, other] = await Promise.all([
        run({ ...taken, ...services('127.0.0.1:1') }),
        run({ ...inFrontOf(['127.0.0.1:1']), admin: app.address }),
      ])
      for (const { command } of [one, other]) {
        expect((await command.exit).code).to.equal(1)
        const why = 'another process listens there already; stop it or choose another address'
        const admin =
          command === other.command ? ' (the admin listener; the key admin sets another address, or false)' : ''
        expect(command.stderr).to.equal(`cannot listen on ${app.address}${admin}: ${why}\n`)
        expect(command.stdout).to.equal('')
      }
    })

    it('replaces the socket of a process that died, not that of one that lives', async () => {
      const app = await keep(startApp((_, response) => void response.end('fine')))
      const { path } = await keep(directory())
      const address = `unix:${join(path, 'web.sock')}`
      const config = inFrontOf([app.address], {}, { listen: address })
      const first = await run(config)
      await first.command.ready()
      const second = await run(config)
      expect((await second.command.exit).code).to.equal(1)
      expect(second.command.stderr).to.match(/^cannot listen on unix:.*another process listens there already.*\n$/)
      expect((await call(address)).text).to.equal('fine')
      await first.command.close()
      const third = await run(config)
      await third.command.ready()
      expect((await call(address)).text).to.equal('fine')
    })

    it('touches no file that is no socket', async () => {
      const { path } = await keep(directory())
      const file = join(path, 'notes.txt')
      await writeFile(file, 'precious')
      for (const [at, what] of [
        [file, 'there is a file or directory that is no socket'],
        [path, 'there is a file or directory that is no socket'],
        [join(path, 'none', 'web.sock'), 'the directory of the socket does not exist'],
      ] as const) {
        const { command } = await run(inFrontOf(['127.0.0.1:1'], {}, { listen: `unix:${at}` }))
        expect(await command.exit).to.deep.equal({ code: 1, signal: null })
        expect(command.stderr).to.equal(`cannot listen on unix:${at}: ${what}\n`)
      }
      expect(await readFile(file, 'utf8')).to.equal('precious')
    })

    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      it(`drains on ${signal}: what is in flight ends, nothing new begins`, async () => {
        const { command, slow, idle, answer } = await busy({ grace: '20s' })
        command.kill(signal)
        const { listeners, admin } = await command.ready()
        expect(await idle.until(() => idle.ending === 'fin')).to.equal(true)
        idle.close()
        expect(await refused(listeners[0]!)).to.equal('ECONNREFUSED')
        const ready = await call(admin!, '/readyz')
        expect([ready.status, ready.text]).to.deep.equal([503, 'draining\n'])
        answer()
        const [response] = await responses(slow, ['GET'])
        expect(response!.body.toString()).to.equal('late')
        expect(field(response!, 'connection')).to.equal('close')
        slow.close()
        expect(await command.exit).to.deep.equal({ code: 0, signal: null })
        expect(command.stderr).to.equal('')
        const messages = command.stdout
          .trim()
          .split('\n')
          .map(line => JSON.parse(line).msg)
        expect(messages).to.deep.equal(['ready', 'draining', 'stopped'])
      })
    }

    it('cuts what is left when the grace is over, and exits with 1', async () => {
      // The idle client does not close its side; that is no harm done to it.
      const { command, slow } = await busy({ grace: '200ms' })
      const began = performance.now()
      command.kill('SIGTERM')
      expect(await command.exit).to.deep.equal({ code: 1, signal: null })
      expect(performance.now() - began).to.be.within(200, 5000)
      expect(command.stdout).to.include('"cut":1')
      expect(await slow.until(() => slow.ending !== 'open')).to.equal(true)
      expect(slow.bytes.length).to.equal(0)
    })

    it('takes two signals close together for one: npm passes on the Ctrl-C that the terminal has sent already', async () => {
      const { command, slow, answer } = await busy({ grace: '20s' })
      for (let i = 0; i < 3; i++) {
        command.kill('SIGINT')
        await pause(30)
      }
      answer()
      const [response] = await responses(slow, ['GET'])
      expect(response!.body.toString()).to.equal('late')
      slow.close()
      expect((await command.exit).signal).to.equal(null)
    })

    it('stops at once on a second signal', async () => {
      const { command } = await busy({ grace: '1h' })
      command.kill('SIGTERM')
      await until(() => command.stdout.includes('draining'))
      await pause(600)
      command.kill('SIGTERM')
      expect(await command.exit).to.deep.equal({ code: 143, signal: null })
    })

    it('stops at once when nothing is under way', async () => {
      const app = await keep(startApp((_, response) => void response.end('fine')))
      const { command } = await run({ ...inFrontOf([app.address]), grace: '1h' })
      const { listeners } = await command.ready()
      expect((await talk(listeners[0]!, GET))[0]!.status).to.equal(200)
      command.kill('SIGTERM')
      expect(await command.exit).to.deep.equal({ code: 0, signal: null })
    })

    it('takes values from its environment', async () => {
      const app = await keep(startApp((_, response) => void response.end('fine')))
      const text =
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the configuration that has variables
        'admin: ${ADMIN}\nlisteners: [{ listen: "127.0.0.1:0", service: web }]\nservices: { web: { endpoints: ["${WEB}"] } }\n'
      const { file } = await keep(directory(text))
      const command = await keep(outrigger(['run', file], { env: { ADMIN: 'false', WEB: app.address } }))
      const { listeners, admin } = await command.ready()
      expect(admin).to.equal(undefined)
      expect((await talk(listeners[0]!, GET))[0]!.body.toString()).to.equal('fine')
    })

    /** A slow request and an idle connection. */
    async function busy(config: Config) {
      let answer = () => {}
      const app = await keep(
        startApp(({ url }, response) => {
          if (url === '/slow') answer = () => response.end('late')
          else response.end()
        }),
      )
      const { command } = await run({ ...inFrontOf([app.address]), ...config })
      const { listeners } = await command.ready()
      const idle = await keep(openRaw(listeners[0]!))
      await idle.send(GET)
      await responses(idle, ['GET'])
      const slow = await keep(openRaw(listeners[0]!))
      await slow.send(GET.replace('/', '/slow'))
      const waits = answer
      await until(() => answer !== waits)
      return { command, idle, slow, answer: () => answer() }
    }

    async function run(config: Config) {
      const { file } = await keep(directory({ admin: '127.0.0.1:0', ...config }))
      return { command: await keep(outrigger(['run', file])) }
    }
  })
})

function services(endpoint: string): Config {
  return { services: { web: { endpoints: [endpoint] } } }
}

function refused(address: string): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = connect(hostAndPort(address))
    socket.on('connect', () => {
      socket.destroy()
      resolve('accepted')
    })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  })
}
