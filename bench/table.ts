// One table, as text for a terminal and as Markdown for the documentation.

export interface Table {
  readonly title: string
  readonly head: readonly string[]
  /** A column of numbers goes to the right, all others to the left. */
  readonly rows: readonly (readonly string[])[]
  readonly notes: readonly string[]
}

export function textTable({ title, head, rows, notes }: Table): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map(row => row[column]!.length)))
  const pad = (text: string, column: number) =>
    isNumeric(rows, column) ? text.padStart(widths[column]!) : text.padEnd(widths[column]!)
  const line = (row: readonly string[]) => row.map(pad).join('  ').trimEnd()
  const body = rows.length === 0 ? [] : [line(head), ...rows.map(line)]
  return ['', title, ...body, ...notes].join('\n')
}

export function markdownTable({ title, head, rows, notes }: Table): string {
  const line = (row: readonly string[]) => `| ${row.map(text => text.replaceAll('|', '\\|')).join(' | ')} |`
  const rule = head.map((_, column) => (isNumeric(rows, column) ? '--:' : '---'))
  const body = rows.length === 0 ? [] : ['', line(head), `|${rule.join('|')}|`, ...rows.map(line)]
  return [`**${title}**`, ...body, ...(notes.length === 0 ? [] : ['', ...notes.map(note => `- ${note}`)])].join('\n')
}

function isNumeric(rows: Table['rows'], column: number): boolean {
  return rows.every(row => /^(?:[\d.-]+x?)?$/.test(row[column]!))
}
