// What was found, for its readers.
import { markdownTable, type Table, textTable } from '../bench/table.ts'
import type { Setting } from './experiment.ts'

/** Whoever has the line can have the figures again. */
export function settingLine({ seed, scale }: Setting): string {
  return `Seed ${seed}${scale === 1 ? '' : `, ${scale} of the requests: no figures to rely on`}.`
}

/** For a terminal: notes in lines, as indented paragraphs. */
export function renderText(table: Table): string {
  return `${textTable({ ...table, notes: [] })}\n${table.notes.map(paragraph).join('\n')}`
}

export function renderMarkdown(setting: Setting, tables: readonly Table[]): string {
  return [settingLine(setting), ...tables.map(markdownTable)].join('\n\n')
}

const WIDTH = 110

function paragraph(note: string): string {
  const lines = ['']
  for (const word of note.split(' ')) {
    const last = lines.at(-1)!
    if (last.length + word.length < WIDTH) lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
    else lines.push(word)
  }
  return lines.map((line, i) => `${i === 0 ? '- ' : '  '}${line}`).join('\n')
}
