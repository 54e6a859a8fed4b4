// Twenty sidecars in front of ten hosts: each sees a twentieth of what a host has to do. With reports it hears of the rest.
import { balancers } from '../../sidecar/balance/index.ts'
import type { BalanceName } from '../../sidecar/model/settings.ts'
import { boundedPareto } from '../bounded-pareto.ts'
import type { Experiment, Setting } from '../experiment.ts'
import { type Discipline, type Fleet, sendFleet } from '../fleet.ts'

/** Times are milliseconds. */
export interface LoadReportsRow {
  readonly discipline: Discipline
  readonly load: number
  readonly sidecars: number
  readonly balance: BalanceName
  /** One sidecar that sees all requests: nothing that is told can be better. */
  readonly alone: Figures
  readonly without: Figures
  readonly with: Figures
  /** p99 with reports, of that without. */
  readonly ratio: number
}

interface Figures {
  readonly mean: number
  readonly p99: number
}

const HOSTS = 10
const MEAN_MS = 10
/** The higher the load, the fewer busy periods there are to take a quantile of. */
const requestsAt = (load: number) => (load < 0.9 ? 200_000 : 600_000)
const ALPHA = 1.5
const LONGEST = 1_000
const AIM = 0.7
const { times, variation } = boundedPareto(ALPHA, LONGEST)

type Case = Pick<LoadReportsRow, 'discipline' | 'load' | 'sidecars' | 'balance'>

/** What the aim is set for, and then what changes with one thing at a time. */
const MAIN: readonly Case[] = (['shared', 'in turn'] as const).flatMap(discipline =>
  [0.7, 0.8, 0.9].map(load => ({ discipline, load, sidecars: 20, balance: 'least-connections' as const })),
)
const MORE: readonly Case[] = [
  ...[2, 5, 50].map(sidecars => ({ discipline: 'shared', load: 0.8, sidecars, balance: 'least-connections' }) as const),
  { discipline: 'shared', load: 0.8, sidecars: 20, balance: 'two-choices' },
  { discipline: 'shared', load: 0.8, sidecars: 20, balance: 'peak-ewma' },
  { discipline: 'in turn', load: 0.8, sidecars: 20, balance: 'two-choices' },
  { discipline: 'in turn', load: 0.8, sidecars: 20, balance: 'peak-ewma' },
]

export function measureLoadReports(setting: Setting, cases: readonly Case[] = [...MAIN, ...MORE]): LoadReportsRow[] {
  return cases.map(each => {
    const requests = requestsAt(each.load)
    const fleet = { name: 'load-reports', hosts: HOSTS, mean: MEAN_MS, service: times, requests, ...each }
    const measure = (changes: Partial<Fleet>): Figures => {
      const found = sendFleet({ ...fleet, balancer: balancers[each.balance], reports: false, ...changes }, setting)
      return { mean: found.mean(), p99: found.quantile(0.99) }
    }
    const [alone, without, told] = [measure({ sidecars: 1 }), measure({}), measure({ reports: true })]
    return { ...each, alone, without, with: told, ratio: told.p99 / without.p99 }
  })
}

export const loadReports: Experiment = {
  about: 'many sidecars in front of the same hosts, which say in each answer how much they have under way',
  run(setting) {
    const rows = measureLoadReports(setting)
    const main = rows.slice(0, MAIN.length)
    const reached = (is: boolean) =>
      main
        .filter(({ ratio }) => ratio <= AIM === is)
        .map(({ discipline, load }) => `${discipline} at ${load}`)
        .join(', ')
    return {
      rows,
      table: {
        title: 'load-reports: milliseconds from the request to its answer, mean and p99',
        head: ['requests are served', 'load', 'sidecars', '', 'one sees all', 'no reports', 'reports', 'p99, of it'],
        rows: rows.map(({ discipline, load, sidecars, balance, alone, without, with: told, ratio }) => [
          ...[discipline, String(load), String(sidecars), balance, shown(alone), shown(without), shown(told)],
          ratio.toFixed(2),
        ]),
        notes: [
          `${HOSTS} hosts of one thread: one request after the other ("in turn"), or all that are there at once, each the ` +
            `slower ("shared"). Poisson arrivals, spread over the sidecars at random; bounded Pareto service: alpha ` +
            `${ALPHA}, mean ${MEAN_MS} ms, the longest ${LONGEST} times the shortest, variance ${variation.toFixed(1)} ` +
            'times the square of the mean. The same requests in each row.',
          `Computed: nothing, and no figures are published. The aim was ${AIM} of the p99 without reports, for twenty sidecars ` +
            'and least-connections; the other rows show what changes with one thing at a time.',
          ...(reached(true) === '' ? [] : [`Agrees: ${reached(true)}.`]),
          ...(reached(false) === '' ? [] : [`Differs: ${reached(false)}. ${WHY}`]),
        ],
      },
    }
  },
}

const WHY =
  'Served in turn, a host that has one of the very long requests answers nobody, and so reports nothing, for seconds; ' +
  'at a high load its share of the p99 is what even one who sees all requests can hardly avoid.'

function shown({ mean, p99 }: Figures): string {
  return `${mean.toFixed(1)}, ${p99.toFixed(0)}`
}
