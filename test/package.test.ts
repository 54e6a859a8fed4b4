import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { assert } from 'chai'

const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

interface Locked {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

describe('package', () => {
  const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')) as {
    packages: Record<string, Locked>
  }

  it('is locked as package.json asks for it', () => {
    const { dependencies, devDependencies } = manifest
    assert.deepInclude(packages[''], { dependencies, devDependencies })
  })

  it('is locked for every platform', () => {
    // A registry that lacks some of them makes npm leave them out of the lock file, and then `npm ci` fails everywhere.
    const missing = Object.values(packages)
      .flatMap(({ optionalDependencies = {} }) => Object.entries(optionalDependencies))
      .filter(([name]) => !Object.keys(packages).some(path => path.endsWith(`node_modules/${name}`)))
    assert.deepEqual(missing, [])
  })

  it('leaves the choice of the registry to npm', () => {
    const hosts = Object.values(packages).map(({ resolved }) => resolved && new URL(resolved).host)
    assert.isEmpty(hosts.filter(host => host !== undefined && host !== 'registry.npmjs.org'))
  })

  it('runs no script that is not there', () => {
    const files = Object.values<string>(manifest.scripts).flatMap(command => command.match(/\S+\.(?:mjs|ts)/g) ?? [])
    assert.isAbove(files.length, 4)
    assert.deepEqual(
      files.filter(file => !existsSync(root + file)),
      [],
    )
  })

  it('depends on nothing by chance: every version is a range within one major', () => {
    const all = Object.entries<string>({ ...manifest.dependencies, ...manifest.devDependencies })
    assert.deepEqual(
      all.filter(([, range]) => !/^\^?\d+\.\d+\.\d+$/.test(range)),
      [],
    )
  })
})
