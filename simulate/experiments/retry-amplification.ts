// Three services in a row before one that is down. Each repeats what fails; the last one gets the product of it all.
import { retries as usual } from '../defaults.ts'
import { dice } from '../dice.ts'
import type { Experiment, Setting } from '../experiment.ts'
import { createLayer, type Done, type Retrying } from '../retrying.ts'
import { meanOf } from '../samples.ts'
import { createTimeline } from '../timeline.ts'
import { verdict } from '../verdict.ts'

/** Attempts are those at the last service for one request of a client. */
export interface AmplificationRow extends Retrying {
  /** Requests a second. */
  readonly rate: number
  readonly computed: number
  readonly mean: number
  /** In the worst second of the outage. */
  readonly worst: number
}

const LAYERS = 3
const PER_SECOND = 1_000
/** With fewer, what a budget gives besides its share would be most of it. */
const LEAST_PER_SECOND = 200
/** Seconds. A budget looks back ten of them: so long all is well, and so long the outage settles. */
const CALM = 11
const SETTLING = 10

const WAYS: readonly Retrying[] = [
  { retries: 3, budget: undefined, members: 1 },
  { retries: 3, budget: { share: 0.2, perSecond: 0 }, members: 1 },
  { retries: 3, budget: { share: 0.2, perSecond: 10 }, members: 1 },
  { retries: usual.attempts, budget: undefined, members: 1 },
  { retries: usual.attempts, budget: usual.budget, members: 1 },
  { retries: usual.attempts, budget: usual.budget, members: 3 },
]

export function measureAmplification(setting: Setting): AmplificationRow[] {
  const rate = Math.max(LEAST_PER_SECOND, PER_SECOND * Math.min(1, setting.scale))
  return WAYS.map(way => ({ ...way, rate, computed: product(way, rate), ...outage(way, rate, setting) }))
}

function product({ retries, budget, members }: Retrying, rate: number): number {
  // All others fail, so it is what they have in common, and nothing is repeated.
  if (members > 1) return 1
  let load = rate
  for (let layer = 0; layer < LAYERS; layer++) {
    const allowed = budget === undefined ? Number.POSITIVE_INFINITY : budget.share * load + budget.perSecond
    load += Math.min(retries * load, allowed)
  }
  return load / rate
}

function outage(way: Retrying, rate: number, { seed, scale }: Setting): { mean: number; worst: number } {
  const timeline = createTimeline()
  const random = dice(seed, 'retry-amplification')
  const layers = Array.from({ length: LAYERS }, () => createLayer(way, timeline, random))
  // Whole tens: what a budget gives comes in waves of that length.
  const seconds = CALM + SETTLING + 10 * Math.max(1, Math.round(scale))
  const attempts = new Array<number>(seconds).fill(0)

  function ask(layer: number, done: Done): void {
    if (layer < LAYERS) return layers[layer]!(below => ask(layer + 1, below), done)
    const { now } = timeline
    const second = Math.floor(now / 1_000)
    if (second < seconds) attempts[second]!++
    timeline.at(now + 1, () => done(now < CALM * 1_000))
  }

  function arrive(): void {
    const next = timeline.now + 1_000 / rate
    if (next < seconds * 1_000) timeline.at(next, arrive)
    ask(0, () => {})
  }

  timeline.at(0, arrive)
  timeline.run()
  const mean = meanOf(attempts.slice(CALM + SETTLING)) / rate
  return { mean, worst: Math.max(...attempts.slice(CALM)) / rate }
}

export const retryAmplification: Experiment = {
  about: 'three services in a row that retry, before one that is down',
  run(setting) {
    const rows = measureAmplification(setting)
    return {
      rows,
      table: {
        title: 'retry-amplification: attempts at the last service for one request',
        head: ['retries', 'budget', 'endpoints of each', 'published', 'computed', 'ours', 'in the worst second'],
        rows: rows.map(row => [
          ...[String(row.retries), budgetOf(row), String(row.members), isPublished(row) ? '64' : ''],
          ...[row.computed, row.mean, row.worst].map(each => each.toFixed(2)),
        ]),
        notes: notesOf(rows),
      },
    }
  },
}

const WHY =
  'Ejected endpoints are asked so seldom that what they have failed is forgotten: the others no longer count as failing, ' +
  'and requests are repeated.'

function isPublished({ retries, budget }: Retrying): boolean {
  return budget === undefined && retries === 3
}

function budgetOf({ budget }: Retrying): string {
  return budget === undefined ? 'none' : `${100 * budget.share} % + ${budget.perSecond}/s`
}

function notesOf(rows: readonly AmplificationRow[]): string[] {
  const claims = rows.map((row, i) => {
    return { what: `row ${i + 1}`, ours: row.mean, published: row.computed, within: 0.02 * row.computed }
  })
  const waves = rows.filter(({ budget, members, mean, worst }) => budget && members === 1 && worst > 2 * mean)
  return [
    `A calls B, B calls C, C calls the last one; ${rows[0]!.rate} requests/s; backoff as by default. Means from second ` +
      `${SETTLING} of the outage on. The default: ${usual.attempts} retry, budget ${budgetOf({ ...usual, retries: 1, members: 1 })}.`,
    'Published: "Addressing Cascading Failures" in Site Reliability Engineering (Google, 2016): three layers of three ' +
      'retries make 64 attempts, 4^3. Computed: the same product with what the budget allows at each layer; 1 where a ' +
      'service has several endpoints, since the proxy repeats nothing while all the others fail.',
    ...verdict(claims, WHY),
    ...(waves.length === 0
      ? []
      : [
          'A budget holds over ten seconds, not within them: it is spent in the first second or two, and once more each ' +
            'time that those leave the window. So the last service gets a wave every ten seconds.',
        ]),
  ]
}
