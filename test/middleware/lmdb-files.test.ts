// The files of the embedded store: whose they are, and what happens when they are not what they should be.
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assert } from 'chai'
import { StoreUnavailable } from '../../middleware/errors.ts'
import { EmbeddedStore } from '../../middleware/stores/embedded-store.ts'
import { lmdb } from '../../middleware/stores/lmdb-files.ts'
import { closing } from '../support/clients.ts'
import { ask } from './compatible/kit.ts'

describe('lmdb files', () => {
  let folder: string
  let path: string
  const open = closing()
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outrigger-lmdb-'))
  })
  beforeEach(() => {
    path = join(folder, String(Math.random()), 'sessions')
  })
  after(() => rm(folder, { recursive: true }))

  const store = () => {
    const made = new EmbeddedStore({ path })
    void open(made)
    return made
  }
  const session = (life: number) => ({
    cookie: { originalMaxAge: life, expires: new Date(Date.now() + life).toISOString() },
  })

  it('leave nothing on the global object that a test runner would take for a leak', () => {
    // In a process of its own: whoever has loaded the package before us has left its traces already.
    const code = `import { lmdb } from './dist/middleware/stores/lmdb-files.js'
      lmdb()
      console.log(Object.keys(globalThis).filter(name => name.includes('lmdb')).join())`
    const cwd = fileURLToPath(new URL('../..', import.meta.url))
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd,
      encoding: 'utf8',
    })
    assert.deepEqual([stdout, stderr], ['\n', ''])
  })

  it('are for their user alone: 0700 and 0600, whatever the umask', async () => {
    const umask = process.umask(0)
    try {
      await store().ready()
    } finally {
      process.umask(umask)
    }
    const mode = async (name: string) => ((await stat(join(path, name))).mode & 0o777).toString(8)
    assert.deepEqual([await mode('.'), await mode('..')], ['700', '700'])
    for (const name of await readdir(path)) assert.equal(await mode(name), '600', name)
  })

  describe('that cannot be used are told of at start, and make the store unavailable', () => {
    const faults: Record<string, [() => Promise<unknown>, RegExp]> = {
      'files that are no LMDB': [
        () => writeFile(join(path, 'data.mdb'), 'x'.repeat(100_000)),
        /data.mdb is not an LMDB/,
      ],
      'a file of a few bytes': [() => writeFile(join(path, 'data.mdb'), 'x'), /data.mdb is not an LMDB file/],
      'a file that was cut off': [
        async () => {
          const first = new EmbeddedStore({ path })
          await ask(first, 'set', 'a', session(60_000))
          await first.close()
          await truncate(join(path, 'data.mdb'), 8_192)
        },
        /data.mdb is cut off/,
      ],
      'a folder in the place of a file': [() => mkdir(join(path, 'data.mdb')), /data.mdb is not a file/],
      'an LMDB environment of something else': [
        async () => {
          const root: any = lmdb().open({ path, noSubdir: false })
          await root.put('theirs', 1)
          await root.close()
        },
        /holds an LMDB environment of something else/,
      ],
      'files of a later version': [
        async () => {
          const root: any = lmdb().open({ path, noSubdir: false, encoding: 'string' })
          await root.put('format', '2')
          await root.close()
        },
        /have format 2, and this version knows 1/,
      ],
      'a folder that cannot be made': [
        async () => {
          await rm(path, { recursive: true })
          await writeFile(path, '')
        },
        /EEXIST|ENOTDIR/,
      ],
    }
    for (const [what, [spoil, message]] of Object.entries(faults)) {
      it(what, async () => {
        await mkdir(path, { recursive: true })
        await spoil()
        const spoilt = store()
        const error = await spoilt.ready().catch((error: unknown) => error as Error)
        assert.instanceOf(error, StoreUnavailable)
        assert.include(error?.message, path)
        assert.match(String(error), message)
        assert.throws(() => spoilt.driver.load('a', undefined), StoreUnavailable)
        const byCallback: unknown = await ask(spoilt, 'get', 'a').catch(error => error)
        assert.instanceOf(byCallback, StoreUnavailable)
      })
    }
  })

  it('may have a lock file that somebody has left there', async () => {
    await mkdir(path, { recursive: true })
    await writeFile(join(path, 'lock.mdb'), 'x'.repeat(10_000))
    await ask(store(), 'set', 'a', session(60_000))
  })
})
