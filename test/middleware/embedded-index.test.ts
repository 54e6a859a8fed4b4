// The sessions of a user in the embedded store: across processes and kills, in files of before, and what is left behind.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from 'chai'
import { sessions } from '../../middleware/index.ts'
import { EmbeddedStore } from '../../middleware/stores/embedded-store.ts'
import { lmdb, openFiles } from '../../middleware/stores/lmdb-files.ts'
import { closing } from '../support/clients.ts'
import { until } from '../support/until.ts'
import { ask } from './compatible/kit.ts'
import { startEmbedded as start } from './embedded-process.ts'

describe('the sessions of a user in the embedded store', () => {
  let folder: string
  let path: string
  const open = closing()
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outrigger-users-'))
  })
  beforeEach(() => {
    path = join(folder, String(Math.random()), 'sessions')
  })
  after(() => rm(folder, { recursive: true }))

  const index = async () => (await open(new EmbeddedStore({ path }))).driver.index!
  const session = (life: number) => ({
    cookie: { originalMaxAge: life, expires: new Date(Date.now() + life).toISOString() },
    user: 'ada',
  })
  const listed = async ({ list }: Awaited<ReturnType<typeof index>>, user: string) => {
    const found: string[] = []
    for await (const page of list(user)) found.push(...page)
    return found
  }

  it('are those of all processes, also of one that was killed; each is revoked once', async () => {
    const options = { path, indexBy: 'user' }
    const [first, second] = [await open(start(options)), await open(start(options))]
    const logins = await Promise.all(
      Array.from({ length: 20 }, (_, nth) => (nth % 2 ? first : second).get('/login/ada')),
    )
    await first.kill()
    const third = await open(start(options))
    assert.lengthOf(JSON.parse((await second.get('/devices/ada')).text), 20)
    const revoked = await Promise.all([second, third, second, third].map(app => app.get('/revoke/ada')))
    assert.equal(
      revoked.reduce((sum, { text }) => sum + Number(text), 0),
      20,
    )
    for (const { cookie } of logins.slice(0, 4))
      assert.notProperty(JSON.parse((await third.get('/', cookie)).text), 'user')
    assert.equal((await third.get('/devices/ada')).text, '[]')
  })

  it('open in files that were written before there were any', async () => {
    const old = await open(new EmbeddedStore({ path }))
    await ask(old, 'set', 'kept', session(60_000))
    await old.close()
    const root = lmdb().open({ path, noSubdir: false, encoding: 'string', maxDbs: 4, overlappingSync: false })
    await (root.openDB({ name: 'users', encoding: 'string', useVersions: true }) as any).drop()
    await root.close()
    const api = sessions({ secret: 'keyboard cat', path, indexBy: 'user' })
    await open({ close: () => api.close() })
    assert.equal((await ask(api.store, 'get', 'kept')).user, 'ada')
    assert.deepEqual(await api.sessionsOf('ada'), [])
    const entries = await index()
    await entries.add('ada', 'kept', 60_000)
    assert.lengthOf(await api.sessionsOf('ada'), 1)
    assert.equal(await api.revokeAll('ada'), 1)
  })

  it('are found whatever users and ids look like', async () => {
    const entries = await index()
    const odd = [
      '#',
      'é',
      '\u0000',
      '\ud800',
      '\udc00',
      '~~',
      '1',
      'x'.repeat(5_000),
      `${'x'.repeat(5_000)}y`,
      'ad',
      'ada',
    ]
    for (const user of odd) for (const id of odd) await entries.add(user, `${user}/${id}`, 60_000)
    for (const user of odd)
      assert.sameMembers(
        await listed(entries, user),
        odd.map(id => `${user}/${id}`),
      )
    for (const user of odd)
      await entries.remove(
        user,
        odd.map(id => `${user}/${id}`),
      )
    assert.isEmpty([...(await open(openFiles(path))).users.getKeys({})])
  })

  it('can be more than a page', async () => {
    const entries = await index()
    const ids = Array.from({ length: 1_234 }, (_, nth) => `id${nth}`)
    await Promise.all(ids.map(id => entries.add('ada', id, 60_000)))
    await entries.add('adam', 'other', 60_000)
    assert.sameMembers(await listed(entries, 'ada'), ids)
  })

  it('keep the longest of the ends that are set at the same time', async () => {
    const entries = await index()
    const lives = Array.from({ length: 50 }, () => Math.ceil(Math.random() * 100_000))
    const start = Date.now()
    await Promise.all(lives.map(life => entries.add('ada', 'laptop', life)))
    const files = await open(openFiles(path))
    assert.isAtLeast(files.users.getEntry(['ada', 'laptop'])!.version, start + Math.max(...lives))
  })

  it('leave nothing of users who do not return; what was prolonged stays', async () => {
    const kept = await open(new EmbeddedStore({ path }))
    const entries = kept.driver.index!
    const files = await open(openFiles(path))
    for (let nth = 0; nth < 200; nth++) void entries.add(`gone${nth}`, 'x'.repeat(300), 1)
    await entries.add('ada', 'longer', 1)
    await entries.add('ada', 'longer', 60_000)
    await entries.add('ada', 'long', 60_000)
    await until(async () => {
      await ask(kept, 'set', 'one', session(60_000))
      files.users.resetReadTxn()
      return [...files.users.getKeys({})].length === 4
    })
    assert.sameMembers(await listed(entries, 'ada'), ['longer', 'long'])
    await sleep(20)
    // The one that was prolonged is due when it ends now, and goes with its session without a trace.
    await entries.remove('ada', ['longer', 'long'])
    assert.isEmpty([...files.users.getKeys({})])
  })

  it('count into maxSize: there is no new entry then, and those that are there can be prolonged and removed', async () => {
    const entries = await index()
    const small = (await open(new EmbeddedStore({ path, maxSize: 1024 * 1024 }))).driver.index!
    const write = Array.from({ length: 6_000 }, (_, nth) => entries.add(`user${nth}`, 'x'.repeat(200), 60_000))
    await Promise.all(write)
    const error = await Promise.resolve(small.add('ada', 'phone', 60_000)).catch((error: any) => error)
    assert.equal((error as any)?.code, 'ERR_SESSION_STORE_UNAVAILABLE')
    await small.add('user1', 'x'.repeat(200), 90_000)
    await small.remove('user1', ['x'.repeat(200)])
  })

  it('are told exactly: of many who end a session one hears that there was one', async () => {
    const { driver } = await open(new EmbeddedStore({ path }))
    for (let round = 0; round < 5; round++) {
      await driver.create('a', { json: '{"cookie":{}}', life: 60_000, session: undefined as never })
      const ends = Array.from({ length: 10 }, () => driver.destroy('a'))
      const write = driver.replace(
        'a',
        { json: '{"cookie":{},"n":1}', life: 1, session: undefined as never },
        '{"cookie":{}}',
      )
      assert.lengthOf((await Promise.all(ends)).filter(Boolean), 1)
      await write
      assert.isUndefined(await driver.load('a', undefined))
      assert.isFalse(await driver.destroy('a'))
    }
  })
})
