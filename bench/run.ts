// `npm run bench [-- suite] [options]`. Nothing that it starts outlives it: not on ^C, not on a failure.

import { writeFileSync } from 'node:fs'
import { Household } from './household.ts'
import { type Options, OptionsError, readOptions, usage } from './options.ts'
import { replaceRun } from './page.ts'
import { proxySuite } from './proxy-suite.ts'
import { proxyReport } from './render.ts'
import { sessionsReport } from './sessions/report.ts'
import { sessionsSuite } from './sessions/suite.ts'

/** A whole run for its readers. */
export interface Report {
  readonly results: object
  readonly text: string
  readonly markdown: string
  readonly succeeded: boolean
}

type Suite = (options: Options, household: Household) => Promise<Report>

const suites: Readonly<Record<string, Suite>> = {
  proxy: async (options, household) => proxyReport(await proxySuite(options, household)),
  sessions: async (options, household) => sessionsReport(await sessionsSuite(options, household)),
}

/** Where a suite's run stands in docs/benchmarks.md. */
const places: Readonly<Record<string, string>> = { proxy: 'run', sessions: 'sessions' }

const household = new Household(process.argv.includes('--json') ? console.error : console.log)

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, () => {
    // The second one does not wait any more; what is left is done on the exit.
    if (household.closed) process.exit(code)
    household.close().then(() => process.exit(code))
  })
}
process.once('exit', () => household.abandon())

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!household.closed) console.error(error instanceof OptionsError ? error.message : error)
  process.exitCode ||= 1
} finally {
  await household.close()
}

async function main(args: string[]): Promise<number> {
  const options = readOptions(args, Object.keys(suites))
  if (options.help) {
    console.log(usage(Object.keys(suites)))
    return 0
  }
  const { results, text, markdown, succeeded } = await suites[options.suite]!(options, household)
  await household.close()
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(results, null, 2)}\n`)
  if (options.update) replaceRun(markdown, places[options.suite]!)
  if (options.json) console.log(JSON.stringify(results, null, 2))
  else console.log(options.markdown ? markdown : text)
  return succeeded ? 0 : 1
}
