// The one place in the documentation that a run may write to.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './household.ts'

const BEGIN = '<!-- begin: run -->'
const END = '<!-- end: run -->'

export function replaceRun(run: string): void {
  const file = join(root, 'docs', 'benchmarks.md')
  writeFileSync(file, withRun(readFileSync(file, 'utf8'), run))
}

export function withRun(page: string, run: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin === -1 || end < begin) throw new Error(`The page has no ${BEGIN} followed by ${END}.`)
  return `${page.slice(0, begin + BEGIN.length)}\n${run.trim()}\n${page.slice(end)}`
}
