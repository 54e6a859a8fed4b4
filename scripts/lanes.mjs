// The tests in two lanes side by side: most of them wait, for timeouts and for processes, so one after the other they
// take twice as long. Which file is in which lane never changes, so that a failure can be had again.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './ensure.mjs'

/** About as long as all others together. The demo and the examples share a port, 4191: they stay in one lane. */
const FIRST = ['sidecar', 'battery', 'fuzz', 'scripts', 'simulate', 'rolling']

/** Runs mocha by the given node binary; true when all passed. `args`: of mocha; with any there is one lane. */
export async function mocha(binary, args, report, env = {}) {
  rmSync(report, { force: true })
  mkdirSync(join(root, '.outrigger'), { recursive: true })
  const lanes = args.length > 0 ? [args] : lanesOf(readdirSync(join(root, 'test'), { recursive: true }))
  const runs = lanes.map(async (files, nth) => {
    const own = join(root, '.outrigger', `report-${process.pid}-${nth}.json`)
    const ok = await run(binary, files, { ...process.env, ...env, OUTRIGGER_TEST_REPORT: own })
    const counts = existsSync(own) ? JSON.parse(readFileSync(own, 'utf8')) : undefined
    rmSync(own, { force: true })
    return { ok, counts }
  })
  const results = await Promise.all(runs)
  writeFileSync(report, `${JSON.stringify(sumOf(results))}\n`)
  return results.every(({ ok, counts }) => ok && counts !== undefined)
}

/** Paths from `test/` on. */
export function lanesOf(names) {
  const files = names.filter(name => name.endsWith('.test.ts')).sort()
  const isFirst = name => FIRST.includes(name.split(/[\\/.]/, 1)[0])
  const lanes = [files.filter(isFirst), files.filter(name => !isFirst(name))]
  return lanes.map(lane => lane.map(name => join('test', name)))
}

/** A lane that left no report failed as a whole: that is one failure more than it could tell of. */
export function sumOf(results) {
  const sum = { passes: 0, failures: 0, pending: 0, duration: 0 }
  for (const { counts } of results) {
    if (counts === undefined) {
      sum.failures++
      continue
    }
    for (const name of ['passes', 'failures', 'pending']) sum[name] += counts[name]
    sum.duration = Math.max(sum.duration, counts.duration)
  }
  return sum
}

function run(binary, args, env) {
  return new Promise(resolve => {
    const child = spawn(binary, ['node_modules/mocha/bin/mocha.js', ...args], { cwd: root, stdio: 'inherit', env })
    child.once('error', error => {
      console.error(error.message)
      resolve(false)
    })
    child.once('exit', code => resolve(code === 0))
  })
}
