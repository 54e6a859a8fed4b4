// What we set out to reach, beside what this run says. Only when Outrigger and the one it is held against both ran.

import type { Results } from './results.ts'
import type { Table } from './table.ts'

const SMALL = { get1: '1', get32: '32', get256: '256' }
const HIGHEST_CPU = 1.25
const LEAST_GAIN = 4
const HIGHEST_ADDED = 1.5
const HIGHEST_MIB = 80
const IDLE = 1000

export function targetsTable(results: Results): Table {
  const ours = results.proxies[0]?.name === 'outrigger'
  const rows = ours
    ? [
        cpu(results, 'haproxy', `<= ${HIGHEST_CPU}x`, ratio => ratio <= HIGHEST_CPU),
        cpu(results, 'nginx', `<= ${HIGHEST_CPU}x`, ratio => ratio <= HIGHEST_CPU),
        cpu(results, 'http-proxy', `<= 1/${LEAST_GAIN}`, ratio => ratio <= 1 / LEAST_GAIN),
        added(results),
        memory(results),
      ].flatMap(row => (row === undefined ? [] : [row]))
    : []
  return { title: 'Targets', head: ['what', 'target', 'this run', ''], rows, notes: [] }
}

function cpu({ summary }: Results, other: string, target: string, met: (ratio: number) => boolean) {
  const found = Object.entries(SMALL).flatMap(([cell, connections]) => {
    const ratio = summary.find(each => each.cell === cell)?.rows.find(({ proxy }) => proxy === other)?.ratio?.cpu
    return ratio === undefined ? [] : [{ connections, ratio }]
  })
  if (found.length === 0) return undefined
  const shown = found.map(({ connections, ratio }) => `${ratio.toFixed(2)}x at ${connections}`).join(', ')
  const passed = found.filter(({ ratio }) => met(ratio)).length
  const verdict = passed === found.length ? 'met' : passed > 0 ? 'met in part' : 'missed'
  return [`CPU per small GET against ${other}, by connections`, target, shown, verdict]
}

function added({ added: readings }: Results) {
  const ratio = readings.find(({ cell, proxy }) => cell === 'get1' && proxy === 'haproxy')?.ratio
  return ratio === undefined
    ? undefined
    : row('added p50 at 1 connection against haproxy', `<= ${HIGHEST_ADDED}x`, ratio, 'x', HIGHEST_ADDED)
}

function memory({ memory: readings }: Results) {
  const idle = readings.find(({ proxy, connections }) => proxy === 'outrigger' && connections === IDLE)?.idle
  return idle === undefined
    ? undefined
    : row(
        `memory with ${IDLE} idle client connections, after the load`,
        `<= ${HIGHEST_MIB} MiB`,
        idle,
        ' MiB',
        HIGHEST_MIB,
      )
}

function row(what: string, target: string, value: number, unit: string, highest: number) {
  return [what, target, `${value.toFixed(unit === 'x' ? 2 : 0)}${unit}`, value <= highest ? 'met' : 'missed']
}
