// `npm run simulate [-- experiment ...] [options]`: figures that others have published, with our code and simulated time.
import { readFileSync, writeFileSync } from 'node:fs'
import { withRun } from '../bench/page.ts'
import type { Report } from './experiment.ts'
import { experiments } from './experiments/index.ts'
import { OptionsError, readOptions, usage } from './options.ts'
import { renderMarkdown, renderText, settingLine } from './render.ts'

const PAGE = new URL('../docs/balancing.md', import.meta.url)
const QUICK = 0.05

try {
  main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof OptionsError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

function main(args: string[]): void {
  const known = new Map(Object.entries(experiments).map(([name, { about }]) => [name, about]))
  const { names, help, seed, quick, json, markdown, update } = readOptions(args, known)
  if (help) return console.log(usage(known))
  const setting = { seed, scale: quick ? QUICK : 1 }
  const asText = !json && !markdown
  if (asText) console.log(settingLine(setting))

  const reports = new Map<string, Report>()
  for (const name of names) {
    const report = experiments[name]!.run(setting)
    reports.set(name, report)
    // Each as soon as it is there: all of them take most of a minute.
    if (asText) console.log(renderText(report.table))
  }

  const page = renderMarkdown(
    setting,
    [...reports.values()].map(({ table }) => table),
  )
  if (markdown) console.log(page)
  if (json) console.log(JSON.stringify({ ...setting, ...Object.fromEntries(reports) }, null, 2))
  if (update) writeFileSync(PAGE, withRun(readFileSync(PAGE, 'utf8'), page, 'run'))
}
