// A run of the sessions suite for its readers. What a bare app costs is taken off in the same round, and ratios are of
// what is left.
import { median } from '../summary.ts'
import { markdownTable, type Table, textTable } from '../table.ts'
import type { SessionCell } from './cells.ts'
import type { SessionResults, SessionSample } from './suite.ts'

/** Added CPU against express-session + connect-redis, read and write, 1 KiB. */
const HIGHEST = 0.5

export function sessionsReport(results: SessionResults) {
  const tables = [...results.cells.map(cell => cellTable(cell, results)), targets(results)]
  const lines = setupLines(results)
  return {
    results,
    text: ['', ...lines, ...tables.map(textTable)].join('\n'),
    markdown: [lines.map(line => `- ${line}`).join('\n'), ...tables.map(markdownTable)].join('\n\n'),
    succeeded: results.samples.every(({ proxy, problem }) => !proxy.startsWith('outrigger') || problem === undefined),
  }
}

function setupLines({ setup, contenders }: SessionResults): string[] {
  const { date, machine, node, redis, load, rounds, seconds } = setup
  return [
    `${date}, ${machine}, Node ${node}, ${redis}; load: ${load}; medians of ${rounds} x ${seconds} s, 32 connections, a session each.`,
    `${contenders.flatMap(({ version }) => version || []).join(', ')}.`,
    'added: CPU above that of the same app without sessions, in the same round. x: added by ours divided by added by what it is held against; below 1 ours does better.',
  ]
}

function cellTable(cell: SessionCell, results: SessionResults): Table {
  const rows = results.contenders.flatMap(({ name, against }) => {
    const its = sound(results, cell.name, name)
    if (its.length === 0) return []
    return [
      [
        name,
        fixed(median(its.flatMap(({ figures }) => figures?.cpu ?? []))),
        fixed(median(added(results, cell.name, name))),
        fixed(median(its.map(({ figures }) => figures!.perSecond)), 0),
        fixed(median(its.map(({ figures }) => figures!.p50)), 2),
        fixed(median(its.map(({ commands }) => commands)), 2),
        against === undefined ? '' : times(ratio(results, cell.name, name, against)),
      ],
    ]
  })
  const failed = results.samples.filter(each => each.cell === cell.name && each.problem !== undefined)
  return {
    title: `${cell.title} (${cell.name})`,
    head: ['', 'CPU us', 'added us', 'req/s', 'p50 ms', 'Redis commands', 'x added'],
    rows,
    notes: failed.map(({ proxy, problem }) => `${proxy} failed: ${problem}`),
  }
}

function targets(results: SessionResults): Table {
  const rows = ['read-1k', 'write-1k'].flatMap(cell => {
    const found = ratio(results, cell, 'outrigger', 'express-session')
    const what = `CPU added by outrigger against express-session + connect-redis, ${cell}`
    return found === undefined ? [] : [[what, `<= ${HIGHEST}x`, times(found), found <= HIGHEST ? 'met' : 'missed']]
  })
  return { title: 'Targets', head: ['what', 'target', 'this run', ''], rows, notes: [] }
}

function sound({ samples }: SessionResults, cell: string, name: string): SessionSample[] {
  return samples.filter(each => each.cell === cell && each.proxy === name && each.problem === undefined)
}

/** By round; undefined where there is no /proc. */
function addedByRound(results: SessionResults, cell: string, name: string): Map<number, number> {
  const bare = results.contenders.find(each => each.name === name)?.bare
  const base = new Map(sound(results, cell, bare ?? '').map(({ round, figures }) => [round, figures?.cpu]))
  return new Map(
    sound(results, cell, name).flatMap(({ round, figures }) => {
      const [whole, without] = [figures?.cpu, base.get(round)]
      return whole === undefined || without === undefined ? [] : [[round, whole - without]]
    }),
  )
}

function added(results: SessionResults, cell: string, name: string): number[] {
  return [...addedByRound(results, cell, name).values()]
}

function ratio(results: SessionResults, cell: string, ours: string, theirs: string): number | undefined {
  const other = addedByRound(results, cell, theirs)
  const both = [...addedByRound(results, cell, ours)].filter(([round]) => other.has(round))
  return median(both.map(([round, us]) => us / other.get(round)!))
}

function fixed(value: number | undefined, digits = 1): string {
  return value === undefined ? '' : value.toFixed(digits)
}

function times(value: number | undefined): string {
  return value === undefined ? '' : `${value.toFixed(2)}x`
}
