// From samples to medians. A ratio is taken within a round, where both met the same machine; the median comes after.

import type { Added, CellSummary, Figures, Row, Sample } from './results.ts'

/** Stands for a proxy's name where the load goes straight to the origin. */
export const DIRECT = 'direct'

const metrics = ['cpu', 'perSecond', 'p50', 'p99'] as const

export function summarise(samples: readonly Sample[], base: string): CellSummary[] {
  return byCell(samples).map(([cell, here]) => ({
    cell,
    rows: distinct(here.map(({ proxy }) => proxy)).map(proxy => rowOf(here, proxy, base)),
  }))
}

function rowOf(samples: readonly Sample[], proxy: string, base: string): Row {
  const its = sound(samples, proxy)
  const problems = samples.filter(each => each.proxy === proxy).flatMap(({ problem }) => problem ?? [])
  const both = pairs(sound(samples, base), its)
  return {
    proxy,
    median: figures(metric => its.map(each => each.figures[metric])),
    ratio:
      proxy === base || proxy === DIRECT ? undefined : figures(metric => both.map(([a, b]) => quotient(a, b, metric))),
    problems: distinct(problems),
  }
}

/** In the cells that were also measured without a proxy. */
export function addedLatency(samples: readonly Sample[], base: string): Added[] {
  return byCell(samples).flatMap(([cell, here]) => {
    const direct = sound(here, DIRECT)
    const added = (proxy: string) =>
      pairs(sound(here, proxy), direct).map(([a, b]) => ({ round: a.round, ms: a.figures.p50 - b.figures.p50 }))
    const ours = added(base)
    return distinct(here.map(({ proxy }) => proxy)).flatMap(proxy => {
      const its = added(proxy)
      const p50 = median(its.map(({ ms }) => ms))
      if (proxy === DIRECT || p50 === undefined) return []
      const ratio = proxy === base ? undefined : median(pairs(ours, its).map(([a, b]) => a.ms / b.ms))
      return [{ cell, proxy, p50, ratio }]
    })
  })
}

export function median(numbers: readonly number[]): number | undefined {
  const sorted = [...numbers].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 || half === 0 ? sorted[half] : (sorted[half - 1]! + sorted[half]!) / 2
}

interface Sound {
  readonly round: number
  readonly figures: Figures
}

/** What counts of one proxy's samples. */
function sound(samples: readonly Sample[], proxy: string): Sound[] {
  return samples.flatMap(({ round, figures, problem, proxy: name }) =>
    name === proxy && problem === undefined && figures !== undefined ? [{ round, figures }] : [],
  )
}

function pairs<T extends { readonly round: number }>(left: readonly T[], right: readonly T[]): [T, T][] {
  return left.flatMap(a => right.filter(b => b.round === a.round).map((b): [T, T] => [a, b]))
}

function figures(values: (metric: (typeof metrics)[number]) => (number | undefined)[]): Figures | undefined {
  const middle = (metric: (typeof metrics)[number]) => median(values(metric).filter(each => each !== undefined))
  const [cpu, perSecond, p50, p99] = metrics.map(middle)
  return perSecond === undefined ? undefined : { cpu, perSecond, p50: p50!, p99: p99! }
}

function quotient(a: Sound, b: Sound, metric: keyof Figures): number | undefined {
  const [over, under] = [a.figures[metric], b.figures[metric]]
  return over === undefined || under === undefined ? undefined : over / under
}

function byCell(samples: readonly Sample[]): [string, Sample[]][] {
  return distinct(samples.map(({ cell }) => cell)).map(cell => [cell, samples.filter(each => each.cell === cell)])
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}
