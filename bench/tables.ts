// What a reader gets to see of the results, before it is laid out as text or as Markdown.

import type { CellSummary, Results, Row } from './results.ts'
import { median } from './summary.ts'
import type { Table } from './table.ts'
import { targetsTable } from './targets.ts'

const ratios = ['cpu', 'perSecond', 'p50', 'p99'] as const

export function tablesOf(results: Results): Table[] {
  const tables = results.summary.map(each => cellTable(each, results))
  return [...tables, addedTable(results), memoryTable(results), targetsTable(results)].filter(
    ({ rows, notes }) => rows.length + notes.length > 0,
  )
}

export function setupLines({ setup, proxies, skipped, samples }: Results): string[] {
  const elsewhere = samples.flatMap(each => each.elsewhere ?? [])
  const middle = median(elsewhere)
  return [
    `${setup.date}, ${setup.machine}, Node ${setup.node}; load: ${setup.load}; origin: ${setup.origin}; ` +
      `medians of ${setup.rounds} x ${setup.seconds} s.`,
    `${proxies.map(({ name, version }) => `${name} ${version}`).join(', ')}.`,
    `x: ${proxies[0]!.name}'s figure divided by this proxy's in the same round, then the median. Below 1 ` +
      `${proxies[0]!.name} does better; with req/s, above 1.`,
    ...Object.entries(skipped).map(([name, reason]) => `${name} is left out: ${reason}.`),
    ...(setup.accounting ? [] : ['This platform has no /proc: no CPU times, no memory.']),
    ...(middle === undefined
      ? []
      : [
          `Other programs kept ${middle.toFixed(2)} cores busy in the median cell, ` +
            `${Math.max(...elsewhere).toFixed(2)} at most.`,
        ]),
  ]
}

function cellTable({ cell, rows }: CellSummary, { cells }: Results): Table {
  return {
    title: `${cells.find(({ name }) => name === cell)?.title} (${cell})`,
    head: ['', 'CPU us', 'req/s', 'p50 ms', 'p99 ms', 'x CPU', 'x req/s', 'x p50', 'x p99'],
    rows: rows.filter(({ median }) => median !== undefined).map(figuresRow),
    notes: rows.flatMap(({ proxy, problems }) => problems.map(problem => `${proxy} failed: ${problem}`)),
  }
}

function figuresRow({ proxy, median, ratio }: Row): string[] {
  const { cpu, perSecond, p50, p99 } = median!
  return [
    proxy,
    fixed(cpu, 1),
    fixed(perSecond, 0),
    fixed(p50, 3),
    fixed(p99, 2),
    ...ratios.map(each => times(ratio?.[each])),
  ]
}

function addedTable({ added, cells }: Results): Table {
  return {
    title: 'Added to the median latency of a request sent straight to the origin',
    head: ['', 'cell', 'added p50 ms', 'x'],
    rows: added.map(({ proxy, cell, p50, ratio }) => {
      return [proxy, cells.find(({ name }) => name === cell)!.title, fixed(p50, 3), times(ratio)]
    }),
    notes: [],
  }
}

function memoryTable({ memory }: Results): Table {
  const connections = memory[0]?.connections ?? 0
  const columns = connections === 0 ? 3 : 4
  return {
    title: 'Resident memory, MiB',
    head: ['', 'started', 'after the load', `with ${connections} idle client connections`].slice(0, columns),
    rows: memory
      .filter(({ loaded }) => loaded !== undefined)
      .map(({ proxy, fresh, loaded, idle }) => [proxy, fixed(fresh, 1), fixed(loaded, 1), fixed(idle, 1)])
      .map(row => row.slice(0, columns)),
    notes: memory.flatMap(({ proxy, problem }) => (problem === undefined ? [] : [`${proxy} failed: ${problem}`])),
  }
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined ? '' : value.toFixed(digits)
}

function times(value: number | undefined): string {
  return value === undefined ? '' : `${value.toFixed(2)}x`
}
