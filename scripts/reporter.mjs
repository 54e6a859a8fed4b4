// One line per test file, failures in full at the end, and the counts as JSON where OUTRIGGER_TEST_REPORT points.
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import Mocha from 'mocha'

const { Base } = Mocha.reporters
const LINGER_MS = 10_000

export default class Reporter extends Base {
  #file
  #start = 0
  #counts = { passed: 0, failed: 0, skipped: 0 }

  constructor(runner, options) {
    super(runner, options)
    runner.on('suite', suite => this.#enter(suite.file))
    runner.on('pass', test => this.#add(test, 'passed'))
    runner.on('fail', test => this.#add(test, 'failed'))
    runner.on('pending', test => this.#add(test, 'skipped'))
    runner.once('end', () => this.#end(Number(options?.reporterOptions?.linger ?? LINGER_MS)))
  }

  #add(test, what) {
    this.#enter(test.file ?? test.parent?.file)
    this.#counts[what]++
  }

  #enter(file) {
    if (file === undefined || file === this.#file) return
    this.#leave()
    this.#file = file
    this.#start = performance.now()
  }

  #leave() {
    const { passed, failed, skipped } = this.#counts
    this.#counts = { passed: 0, failed: 0, skipped: 0 }
    if (passed + failed + skipped === 0) return
    const name = relative(process.cwd(), this.#file ?? '').replace(/\.test\.ts$/, '')
    const parts = [`${passed} passed`, failed && `${failed} FAILED`, skipped && `${skipped} skipped`].filter(Boolean)
    const line = `${name.padEnd(48)} ${parts.join(', ')}, ${Math.round(performance.now() - this.#start)} ms`
    console.log(failed ? Base.color('fail', line) : line)
  }

  #end(linger) {
    this.#leave()
    this.epilogue()
    const { passes = 0, failures = 0, pending = 0, duration = 0 } = this.stats
    const file = process.env.OUTRIGGER_TEST_REPORT
    if (file) writeFileSync(file, `${JSON.stringify({ passes, failures, pending, duration })}\n`)
    // Fires only when something still keeps the process alive; without it a forgotten socket would hang CI for ever.
    setTimeout(() => {
      console.error(`Still open ${linger / 1000} s after the last test: ${process.getActiveResourcesInfo().join(', ')}`)
      // Mocha's own listener, before this one, sets the code by the number of failures.
      process.on('exit', () => {
        process.exitCode = 1
      })
      process.exit()
    }, linger).unref()
  }
}
