import { ms, whole } from './table.ts'
import type { Tally } from './tally.ts'

/** What was seen from the beginning of a trouble to that of the next one. */
export interface Account {
  /** "orders-1 killed" */
  readonly name: string
  readonly seen: Pick<Tally, 'requests' | 'failed' | 'slowest'>
  /** Attempts that the sidecars repeated. */
  readonly repeated: number
  readonly times: Times
}

/** In milliseconds. Infinity: it was looked for and not seen; undefined: it was not looked for. */
export interface Times {
  /** From its beginning until a sidecar had the instance in another state than ready. */
  readonly noticed: number | undefined
  /** From its end until all had it ready, and it had answered all of them. */
  readonly back: number | undefined
}

/** One row for each kind; of several rounds their sum, and the worst of the times. */
export function accountTable(accounts: readonly Account[]): string[] {
  const names = [...new Set(accounts.map(({ name }) => name))]
  const header = ['', 'requests', 'failed', 'slowest', 'repeated', 'noticed', 'back']
  return [header, ...names.map(name => cells(merged(accounts.filter(account => account.name === name))))].map(columns)
}

function merged(accounts: readonly Account[]): Account {
  return accounts.reduce((a, b) => ({
    name: a.name,
    seen: {
      requests: a.seen.requests + b.seen.requests,
      failed: a.seen.failed + b.seen.failed,
      slowest: Math.max(a.seen.slowest, b.seen.slowest),
    },
    repeated: a.repeated + b.repeated,
    times: { noticed: later(a.times.noticed, b.times.noticed), back: later(a.times.back, b.times.back) },
  }))
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b)
}

function cells({ name, seen, repeated, times }: Account): string[] {
  const { requests, failed, slowest } = seen
  const figures = [whole(requests), whole(failed), ms(slowest), whole(repeated)]
  return [name, ...figures, moment(times.noticed), moment(times.back)]
}

function moment(value: number | undefined): string {
  if (value === undefined) return ''
  return Number.isFinite(value) ? inSeconds(value) : 'not seen'
}

export function inSeconds(value: number): string {
  return `${(value / 1000).toFixed(1)} s`
}

function columns([name = '', ...figures]: readonly string[]): string {
  return (name.padEnd(NAME) + figures.map(figure => figure.padStart(FIGURE)).join('')).trimEnd()
}

const NAME = 17
const FIGURE = 10
