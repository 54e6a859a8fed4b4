// Every example is run as its README says, says what its README promises, and then does what it is for.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { assert } from 'chai'
import { WebSocket } from 'ws'
import { closing } from './support/clients.ts'
import { type Example, fits, openExample } from './support/example.ts'
import { until } from './support/raw.ts'
import { type RedisServer, startRedis } from './support/redis.ts'

const EXAMPLES = new URL('../examples/', import.meta.url)
const names = readdirSync(EXAMPLES)
const has = (program: string) => spawnSync(program, ['-V']).status === 0
const [hasNginx, hasCurl] = [has('nginx'), has('curl')]

describe('examples', function () {
  this.timeout(40_000)
  const keep = closing()
  let redis: RedisServer
  before(async () => {
    redis = await startRedis()
  })
  after(() => redis.close())

  for (const name of names) {
    const lacking = name === 'behind-nginx' && !hasNginx
    const note = `${lacking ? ' (skipped: no nginx)' : ''}${hasCurl ? '' : ' (skipped: no curl)'}`
    it(`${name} does what its README says${note}`, async () => {
      const example = await keep(
        openExample(name, {
          env: { REDIS_URL: redis.url, DELAY_MS: '900', ADMIN: 'http://127.0.0.1:4191' },
          skip: command => command === 'redis-server' || (lacking && command.startsWith('nginx')),
          // A deployment in seconds.
          edit: config => config.replace('every: 1s, timeout: 1s', 'every: 300ms, timeout: 300ms'),
        }),
      )
      for (const { command, output } of example.told) {
        const [asked, meanwhile] = [inShort(command), during[name]]
        if (!hasCurl && /curl|jar/.test(asked)) continue
        if (lacking && asked.includes(String(example.port(8080)))) continue
        const saying = example.run(asked)
        await meanwhile?.(example)
        const said = await saying
        assert.isTrue(fits(said, output), `$ ${asked}\n${said}\ninstead of\n${output}`)
      }
      if (note === '') await beyond[name]?.(example)
    })
  }

  it('fit on one screen each, and say how to run them', () => {
    for (const name of names) {
      const readme = readFileSync(new URL(`${name}/README.md`, EXAMPLES), 'utf8')
      assert.isAtMost(readme.split('\n').length, 72, name)
      for (const part of ['## Run it', '## Try it', '## Next']) assert.include(readme, part, name)
    }
  })
})

/** People have 30 seconds to press Enter. */
const inShort = (command: string) => command.replace(/(load\.mjs \S+) 30/, '$1 7')

/** While the commands of the README run. */
const during: Readonly<Record<string, (example: Example) => Promise<void>>> = {
  async 'rolling-deploy'({ processes, port }) {
    const roll = processes[0]!
    assert.isTrue(await until(() => roll.said.match(/listening/g)?.length === 3, 9_000), roll.said)
    roll.child.stdin!.write('\n')
    assert.isTrue(await until(() => roll.said.includes('all are new'), 20_000), roll.said)
    for (const written of [3001, 3002, 3003]) assert.include(roll.said, `restarted ${port(written)}`)
  },
}

/** After them. */
const beyond: Readonly<Record<string, (example: Example) => Promise<void>>> = {
  async 'sticky-fallback'(example) {
    // Who of the two it was is in the pin, which only the sidecar reads: with both gone and one back, it is another.
    const [one, other] = example.processes
    await Promise.all([one!.stop('SIGKILL'), other!.stop('SIGKILL')])
    await example.start('PORT=3001 node examples/sticky-fallback/app.mjs')
    const said = await example.run('curl -s -b jar -X POST --retry 5 --retry-all-errors localhost:8080/cart/rope')
    assert.equal(said, 'no such cart here\n')
  },

  async 'behind-nginx'(example) {
    await example.processes[0]!.stop('SIGKILL')
    const said = await Promise.all([1, 2, 3, 4].map(() => example.run('curl -s localhost:8080/')))
    for (const each of said) assert.match(each, new RegExp(`told by ${example.port(3002)}`))
  },

  async 'websocket-chat'(example) {
    const heard: string[][] = []
    const people = ['ann', 'bob'].map((name, i) => {
      heard[i] = []
      const socket = new WebSocket(`ws://127.0.0.1:${example.port(8080)}/?room=tea&name=${name}`)
      socket.on('message', text => heard[i]!.push(String(text)))
      return socket
    })
    assert.isTrue(await until(() => heard.every(each => each.length === 1), 5_000))
    assert.notEqual(heard[0]![0], heard[1]![0], 'they are at different instances')
    people[0]!.send('hello')
    assert.isTrue(await until(() => heard.every(each => each[1] === 'ann: hello'), 5_000))
    // An instance that is stopped tells its clients that they should go elsewhere.
    const gone = people.map(socket => once(socket, 'close'))
    example.processes[0]!.child.kill('SIGINT')
    const [code] = await Promise.race(gone)
    assert.equal(code, 1001)
    for (const socket of people) socket.terminate()
  },
}
