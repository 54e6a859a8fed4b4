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

export function proxyReport(results: Results) {
  return { results, text: renderText(results), markdown: renderMarkdown(results), succeeded: succeeded(results) }
}

/** What happens to the others is their business; it is shown, and no more. */
function succeeded({ samples, skipped }: Results): boolean {
  const ours = samples.filter(({ proxy }) => proxy === 'outrigger')
  return skipped.outrigger === undefined && ours.every(({ problem }) => problem === undefined)
}
