// The places in the documentation that a run may write to.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './household.ts'

/** `name`: of the place on the page. */
export function replaceRun(run: string, name: string): void {
  const file = join(root, 'docs', 'benchmarks.md')
  writeFileSync(file, withRun(readFileSync(file, 'utf8'), run, name))
}

export function withRun(page: string, run: string, name: string): string {
  const first = `<!-- begin: ${name} -->`
  const [begin, end] = [page.indexOf(first), page.indexOf(`<!-- end: ${name} -->`)]
  if (begin === -1 || end < begin) throw new Error(`The page has no ${first} followed by its end.`)
  return `${page.slice(0, begin + first.length)}\n${run.trim()}\n${page.slice(end)}`
}
