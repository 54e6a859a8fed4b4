// Two servers that are two processes, on one Redis: what one of them writes the other one does not undo.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { assert } from 'chai'
import { Pool } from 'undici'
import { closing } from '../support/clients.ts'
import { seeded } from '../support/random.ts'
import { openRaw } from '../support/raw.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { until } from '../support/redis-process.ts'
import type { Name } from './session-peer.ts'

interface Peer {
  readonly child: ChildProcess
  readonly ports: Record<Name, number>
  /** With that cookie; the session's cookie of the answer, or the one that was sent. */
  get(name: Name, path: string, cookie?: string): Promise<{ status: number; text: string; cookie: string }>
  close(): Promise<void>
}

describe('sessions of two processes', () => {
  const open = closing()
  let redis: RedisServer
  let a: Peer
  let b: Peer
  before(async () => {
    redis = await startRedis()
    ;[a, b] = await Promise.all([startPeer(redis.url), startPeer(redis.url)])
  })
  after(async () => {
    await Promise.all([a?.close(), b?.close()])
    await redis.close()
  })

  const stored = async (cookie: string) => JSON.parse((await redis.client.get(keyOf(cookie))) ?? 'null')
  const both = (name: Name, count: number, path: (nth: number) => string, cookie: string) =>
    Promise.all(Array.from({ length: count }, (_, nth) => (nth % 2 ? a : b).get(name, path(nth), cookie)))

  it('lose none of 1,000 keys that both write at once; express-session loses some of 100', async () => {
    const lost = async (name: Name, count: number) => {
      const { cookie } = await a.get(name, '/set/start')
      const answers = await both(name, count, nth => `/set/k${nth}`, cookie)
      for (const { status, text } of answers) assert.equal(status, 200, text)
      const session = await stored(cookie)
      return Array.from({ length: count }, (_, nth) => `k${nth}`).filter(key => session[key] !== 1).length
    }
    assert.equal(await lost('ours', 1_000), 0)
    assert.isAbove(await lost('theirs', 100), 0)
  })

  it('count 1,000 update()s as 1,000; express-session counts fewer than 100 of 100', async () => {
    const counted = async (name: Name, count: number) => {
      const { cookie } = await a.get(name, '/set/start')
      for (const { status, text } of await both(name, count, () => '/count', cookie)) assert.equal(status, 200, text)
      return (await stored(cookie)).count
    }
    assert.equal(await counted('ours', 1_000), 1_000)
    assert.isBelow(await counted('theirs', 100), 100)
  })

  it('stay destroyed, 1,000 of 1,000; with express-session writers bring them back', async () => {
    const seed = Date.now() % 1e6
    const random = seeded(seed)
    const undone = async (name: Name, tries: number, ms: () => number, logout: () => number) => {
      let back = 0
      const attempt = async () => {
        const { cookie } = await a.get(name, '/login')
        await Promise.all([
          a.get(name, `/write/${ms()}`, cookie),
          b.get(name, `/write/${ms()}`, cookie),
          b.get(name, `/logout/${logout()}`, cookie),
        ])
        back += await redis.client.exists(keyOf(cookie))
      }
      for (let left = tries; left > 0; left -= 100)
        await Promise.all(Array.from({ length: Math.min(100, left) }, attempt))
      return back
    }
    const upTo = (most: number) => () => Math.floor(random() * most)
    assert.equal(await undone('ours', 1_000, upTo(12), upTo(12)), 0, `seed ${seed}`)
    assert.isAbove(
      await undone(
        'theirs',
        20,
        () => 40,
        () => 10,
      ),
      0,
    )
  })

  it('are there when a redirect arrives at the other one, 200 of 200', async () => {
    const missing = async (name: Name, count: number) => {
      const users = await Promise.all(
        Array.from({ length: count }, async () => {
          const client = await open(openRaw(`127.0.0.1:${a.ports[name]}`))
          await client.send('GET /login HTTP/1.1\r\nHost: a\r\n\r\n')
          await client.until(() => client.bytes.includes('\r\n\r\n'))
          const [cookie] = /connect\.sid=[^;]+/.exec(client.bytes.toString('latin1'))!
          return (await b.get(name, '/home', cookie)).text
        }),
      )
      return users.filter(user => user !== 'ada').length
    }
    assert.equal(await missing('oursSlow', 200), 0)
    assert.isAbove(await missing('theirsSlow', 20), 0)
  })

  it('are not held up by what a process left that was killed', async () => {
    const { cookie } = await a.get('ours', '/set/start')
    // A claim, made and never followed by a write.
    await redis.client.append(keyOf(cookie), ' ')
    assert.equal((await b.get('ours', '/set/claimed', cookie)).status, 200)
    const confirmed = ['start', 'claimed']
    let killed = false
    const writer = async (peer: Peer, who: string, until: () => boolean) => {
      for (let nth = 0; !until(); nth++) {
        const key = `${who}${nth}`
        const start = performance.now()
        const status = await peer.get('ours', `/set/${key}`, cookie).then(
          answer => answer.status,
          () => 0,
        )
        if (status === 200) confirmed.push(key)
        else if (peer === b || !killed) throw new Error(`${key}: ${status}`)
        if (peer === b) assert.isBelow(performance.now() - start, 1_500)
      }
    }
    let after = false
    const writers = ['v', 'w', 'x', 'y', 'z'].flatMap(who => [
      writer(a, `a${who}`, () => killed),
      writer(b, `b${who}`, () => after),
    ])
    await until('both write', () => confirmed.length > 100)
    killed = true
    a.child.kill('SIGKILL')
    const then = confirmed.length
    await until('the other goes on', () => confirmed.length > then + 50)
    after = true
    await Promise.all(writers)
    assert.containsAllKeys(await stored(cookie), confirmed)
  })
})

async function startPeer(redis: string): Promise<Peer> {
  const path = fileURLToPath(new URL('session-peer.ts', import.meta.url))
  const child = fork(path, [redis], { execArgv: ['--import', 'tsx'] })
  const [ports] = (await once(child, 'message')) as [Record<Name, number>]
  const pools = Object.fromEntries(
    Object.entries(ports).map(([name, port]) => [name, new Pool(`http://127.0.0.1:${port}`, { connections: 500 })]),
  )
  return {
    child,
    ports,
    async get(name, path, cookie = '') {
      const { statusCode, headers, body } = await pools[name]!.request({ method: 'GET', path, headers: { cookie } })
      const sent = headers['set-cookie']
      const [field = cookie] = Array.isArray(sent) ? sent : [sent]
      return { status: statusCode, text: await body.text(), cookie: field.split(';', 1)[0]! }
    },
    async close() {
      await Promise.all(Object.values(pools).map(pool => pool.destroy()))
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

function keyOf(cookie: string): string {
  return `sess:${/s%3A([^.]+)\./.exec(cookie)![1]}`
}
