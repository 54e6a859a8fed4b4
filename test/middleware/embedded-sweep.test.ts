import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from 'chai'
import { embeddedDriver } from '../../middleware/stores/embedded-driver.ts'
import { createSweep } from '../../middleware/stores/embedded-sweep.ts'
import { openFiles } from '../../middleware/stores/lmdb-files.ts'

describe('embedded sweep', () => {
  let path: string
  before(async () => {
    path = await mkdtemp(join(tmpdir(), 'outrigger-sweep-'))
  })
  after(() => rm(path, { recursive: true }))

  it('leaves a session whose slide the disk has held up for longer than its grace, and finds it later', async () => {
    const driver = embeddedDriver({ path, maxSize: 1 << 24, deadline: 10_000 })
    const files = openFiles(path)
    try {
      const session = { id: 'a' } as never
      const json = '{"cookie":{}}'
      await driver.create('a', { json, life: 300, session })
      let release = () => {}
      const held = files.write(() => new Promise(resolve => (release = () => resolve(true))))
      await new Promise(setImmediate)
      // Alive, and its slide waits for the disk.
      assert.equal(await driver.load('a', 60_000), json)
      await sleep(1_400)
      const swept = createSweep(files).now()
      release()
      await Promise.all([held, swept])
      assert.equal(await driver.load('a', undefined), json)
      files.due.resetReadTxn()
      assert.lengthOf([...files.due.getKeys({})], 1)
      await driver.destroy('a')
      files.due.resetReadTxn()
      assert.lengthOf([...files.due.getKeys({})], 0)
    } finally {
      await files.close()
      await driver.close()
    }
  })
})
