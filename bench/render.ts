// A whole run for its readers.

import type { Results } from './results.ts'
import { markdownTable, textTable } from './table.ts'
import { setupLines, tablesOf } from './tables.ts'

export function renderText(results: Results): string {
  return ['', ...setupLines(results), ...tablesOf(results).map(textTable)].join('\n')
}

export function renderMarkdown(results: Results): string {
  const setup = setupLines(results).map(line => `- ${line}`)
  return [setup.join('\n'), ...tablesOf(results).map(markdownTable)].join('\n\n')
}
