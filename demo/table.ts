import { styleText } from 'node:util'
import type { Share } from './shares.ts'
import type { Site } from './site.ts'
import type { Tally } from './tally.ts'

/** What is shown once a second. */
export interface Frame {
  readonly total: Tally
  readonly lately: Tally
  readonly webs: readonly Share[]
  readonly orders: readonly Share[]
}

/** Something that was done to an instance, or what came of it. */
export interface Happening {
  readonly seconds: number
  readonly text: string
}

export type Paint = (style: 'bold' | 'dim' | 'red' | 'green', text: string) => string

export const painted: Paint = (style, text) => styleText(style, text)
export const plain: Paint = (_, text) => text

/** What stands above the table: what runs, and where to look. */
export function heading({ url, admin, keptIn }: Site, paint: Paint): string[] {
  return [
    `${paint('bold', 'Outrigger demo:')} edge -> 3 web -> a sidecar each -> 3 orders    Ctrl-C ends it`,
    `in a browser     ${url}`,
    `the edge's admin ${admin}/status  ${admin}/metrics`,
    `the sessions in  ${keptIn}`,
  ]
}

export function table({ total, lately, webs, orders }: Frame, paint: Paint): string[] {
  const failed = `${whole(total.failed)} of ${whole(total.requests)} failed`
  return [
    [
      clock(total.seconds),
      `${paint('bold', whole(rate(lately)))} requests/s`,
      `p50 ${ms(lately.p50)}`,
      `p99 ${ms(lately.p99)}`,
      paint(total.failed === 0 ? 'green' : 'red', failed),
    ].join('    '),
    '',
    paint('dim', columns(['', 'share', '', 'req/s', 'in flight', 'peak latency', 'state'])),
    ...webs.map(share => row(share, paint)),
    '',
    ...orders.map(share => row(share, paint)),
    ...[...total.reasons].slice(0, 5).map(([reason, times]) => paint('red', `${whole(times)} x ${reason}`)),
  ]
}

/** The same in one line, for files and pipes. */
export function line({ total, lately, webs, orders }: Frame): string {
  return [
    clock(total.seconds),
    `${whole(rate(lately)).padStart(5)} requests/s`,
    `p50 ${ms(lately.p50).padStart(6)}`,
    `p99 ${ms(lately.p99).padStart(6)}`,
    `${whole(total.failed)} failed`,
    ...[webs, orders].flatMap(group => group.map(brief)),
  ].join('  ')
}

/** What `line` leaves unsaid. */
export const LINE_LEGEND = 'of each instance: its share, how many requests it has in flight, and its state if not ready'

/** In one line too, between the others. */
export function told({ seconds, text }: Happening): string {
  return `${`${seconds.toFixed(1)} s`.padStart(6)}  ${text}`
}

function brief({ name, share, inFlight, state }: Share): string {
  const figures = `${name} ${percent(share).padStart(4)} ${String(inFlight).padStart(2)}`
  return state === 'ready' ? figures : `${figures} ${state}`
}

function row({ name, note, share, perSecond, inFlight, latencyMs, state }: Share, paint: Paint): string {
  const bar = '█'.repeat(Math.round(share * BAR))
  const cells = columns([name, percent(share), bar, whole(perSecond), String(inFlight), ms(latencyMs)])
  const last = paint(state === 'ready' ? 'green' : 'red', note === '' ? state : state.padEnd('circuit-open'.length))
  return note === '' ? cells + last : `${cells}${last}  ${paint('dim', note)}`
}

function columns([name = '', share = '', bar = '', perSecond = '', inFlight = '', latency = '', last = '']: string[]) {
  const numbers = [perSecond.padStart(7), inFlight.padStart(10), latency.padStart(13)].join('')
  return `${name.padEnd(10)}${share.padStart(6)}  ${bar.padEnd(BAR)}${numbers}  ${last}`
}

/** All in all 80 columns, with the longest state and a note. */
const BAR = 12

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

export function ms(value: number): string {
  return value < 9.95 ? `${value.toFixed(1)} ms` : `${whole(value)} ms`
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

export function rate({ requests, seconds }: Tally): number {
  return seconds > 0 ? requests / seconds : 0
}

function clock(seconds: number): string {
  return `${Math.round(seconds)} s`.padStart(6)
}
