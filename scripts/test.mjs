// Types, style, build, tests. All of them run, whatever fails: one run shows everything that is wrong.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dist, redisServer, root } from './ensure.mjs'
import { mocha } from './lanes.mjs'

export default async function test(args) {
  const steps = []
  const step = async (name, work) => {
    console.log(`\n${name}`)
    const start = performance.now()
    const ok = await work()
    steps.push({ name, ok, seconds: (performance.now() - start) / 1000 })
    return ok
  }

  const types = await step('types', () => node(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']))
  await step('lint', () => node(['node_modules/@biomejs/biome/bin/biome', 'check', '.']))
  // Errors in the sources were shown by the types; what could be built of them is tested all the same.
  await step('build', () => dist({ quiet: !types }))
  redisServer()
  await step('tests', () => mocha(process.execPath, args, reportFile))

  const { passes = 0, failures = 0, pending = 0 } = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile)) : {}
  console.log(`\n${passes} passed, ${failures} failed, ${pending} skipped`)
  for (const { name, ok, seconds } of steps) {
    console.log(`${name.padEnd(6)} ${ok ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1).padStart(6)} s`)
  }
  count(steps.filter(({ name, ok }) => !ok && name !== 'tests').length)
  return steps.every(({ ok }) => ok) ? 0 : 1
}

export const reportFile = process.env.OUTRIGGER_TEST_REPORT ?? join(root, '.outrigger', 'test-report.json')

function node(args) {
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (error) console.error(error.message)
  return status === 0
}

/** The report is what CI reads: a failed step has to show there too. */
function count(failedSteps) {
  if (failedSteps === 0 || !existsSync(reportFile)) return
  const report = JSON.parse(readFileSync(reportFile, 'utf8'))
  writeFileSync(reportFile, `${JSON.stringify({ ...report, failures: report.failures + failedSteps })}\n`)
}
