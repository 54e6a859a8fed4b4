import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { assert } from 'chai'

const script = new URL('../../scripts/ensure.mjs', import.meta.url).href

describe('scripts/ensure', () => {
  let folder: string
  let installed: (folder: string) => boolean
  const write = (file: string, value: unknown) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), JSON.stringify(value))
  }

  before(async () => {
    ;({ installed } = await import(script))
  })

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'outrigger-ensure-'))
    write('package-lock.json', {
      packages: {
        '': { name: 'outrigger' },
        'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
        'node_modules/b-other-platform': { version: '1.0.0', integrity: 'sha512-b', optional: true },
      },
    })
    write('node_modules/a/package.json', {})
    write('node_modules/.package-lock.json', {
      packages: { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } },
    })
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  it('is content with what the lock file asks for, optional packages of other platforms apart', () => {
    assert.isTrue(installed(folder))
  })

  it('sees a missing installation', () => {
    rmSync(join(folder, 'node_modules'), { recursive: true })
    assert.isFalse(installed(folder))
  })

  it('sees an interrupted installation', () => {
    rmSync(join(folder, 'node_modules/.package-lock.json'))
    assert.isFalse(installed(folder))
  })

  it('sees a package that was deleted', () => {
    rmSync(join(folder, 'node_modules/a'), { recursive: true })
    assert.isFalse(installed(folder))
  })

  it('sees a changed lock file, even one with an older date', () => {
    const other = join(folder, 'other.json')
    write('other.json', { packages: { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-c' } } })
    cpSync(other, join(folder, 'package-lock.json'), { preserveTimestamps: true })
    assert.isFalse(installed(folder))
  })
})
