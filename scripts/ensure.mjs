// Brings node_modules and dist up to date, and does nothing when they are. Imports no package: it runs before any is there.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

export async function dependencies() {
  if (installed(root)) return
  await alone(() => {
    if (installed(root)) return
    const done = timed('dependencies: npm ci')
    // NODE_ENV=production would leave out what builds and tests.
    const npm = spawnSync('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], { cwd: root, stdio: 'inherit' })
    if (npm.error) throw expected(`npm could not be started: ${npm.error.message}`)
    if (npm.status !== 0) throw expected('npm ci failed, see above.')
    done()
  })
}

/**
 * By content, not by file times: a branch switched back and forth, or a copied tree, need not mean a new installation.
 * npm writes its own copy of the lock file last, so an interrupted installation does not count as one.
 */
export function installed(folder) {
  const copy = join(folder, 'node_modules', '.package-lock.json')
  if (!existsSync(copy)) return false
  const wanted = readPackages(join(folder, 'package-lock.json'))
  const present = readPackages(copy)
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    if (present[path] === undefined) return entry.optional === true || entry.devOptional === true
    return (
      present[path].version === entry.version &&
      present[path].integrity === entry.integrity &&
      existsSync(join(folder, path, 'package.json'))
    )
  })
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages
}

/** True when dist stands for the sources as they are. With errors in the types it is built all the same, and false. */
export async function dist({ force = false, quiet = false } = {}) {
  if (!force && built()) return true
  return alone(() => {
    if (!force && built()) return true
    const done = timed('build: tsc', quiet)
    const now = fingerprint()
    const stage = join(root, '.outrigger', `build-${process.pid}`)
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', stage], {
      cwd: root,
      stdio: quiet ? 'ignore' : 'inherit',
    })
    // Swapped in whole: no process ever starts from half a build, and no output outlives its source.
    if (existsSync(stage)) {
      rmSync(stamp, { force: true })
      rmSync(join(root, 'dist'), { recursive: true, force: true })
      renameSync(stage, join(root, 'dist'))
    }
    if (status !== 0) return false
    writeFileSync(stamp, now)
    done()
    return true
  })
}

const stamp = join(root, '.outrigger', 'dist.sha256')

function built() {
  return existsSync(join(root, 'dist', 'sidecar')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint()
}

function fingerprint() {
  const hash = createHash('sha256')
  const files = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json']
  for (const folder of ['sidecar', 'middleware']) {
    if (!existsSync(join(root, folder))) continue
    const names = readdirSync(join(root, folder), { recursive: true }).filter(name => name.endsWith('.ts'))
    files.push(...names.sort().map(name => join(folder, name)))
  }
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0')
  return hash.digest('hex')
}

/** The tests start their own Redis. Where it can be installed it is; else one line says what is missing. */
export function redisServer() {
  const found = () => spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0
  if (found()) return
  const done = timed('redis-server: apt-get install')
  const apt = args => {
    const asRoot = process.getuid?.() === 0 ? ['apt-get', ...args] : ['sudo', '-n', 'apt-get', ...args]
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    return spawnSync(asRoot[0], asRoot.slice(1), { stdio: 'ignore', env }).status === 0
  }
  const install = () => apt(['install', '-y', '-q', '--no-install-recommends', 'redis-server'])
  // The lists of a fresh container are empty; those of another machine may be good enough.
  if ((install() || (apt(['update', '-q']) && install())) && found()) return done()
  console.error(
    'redis-server is missing: apt-get install redis-server, or brew install redis. Tests that need it fail.',
  )
}

/** Two commands started together install and build once: the second waits, then finds nothing left to do. */
async function alone(work) {
  const lock = join(root, '.outrigger', 'setup.lock')
  mkdirSync(join(root, '.outrigger'), { recursive: true })
  for (let waited = 0; !take(lock); waited += 200) {
    if (waited === 2_000) console.log('waiting for another Outrigger command to finish its set-up')
    if (waited > 600_000) throw expected(`Another set-up has held ${lock} for ten minutes. Remove it if that is wrong.`)
    await sleep(200)
  }
  try {
    return work()
  } finally {
    rmSync(lock, { force: true })
  }
}

function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (abandoned(lock)) rmSync(lock, { force: true })
    return false
  }
}

function abandoned(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'))
    // Between its creation and its first byte a lock has no owner to ask.
    if (pid === 0) return Date.now() - statSync(lock).mtimeMs > 5_000
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

function timed(what, quiet = false) {
  const start = performance.now()
  if (!quiet) console.log(what)
  return () => quiet || console.log(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`)
}

/** An error whose message is all that the reader needs. */
export function expected(message) {
  return Object.assign(new Error(message), { expected: true })
}
