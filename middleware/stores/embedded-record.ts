// How a session stands in the embedded store: until when it lives, when the sweep is due, then the JSON.
import { createHash } from 'node:crypto'

export interface Entry {
  readonly json: string
  /** Unix milliseconds. */
  readonly until: number
  /** Milliseconds of `until` that are more than was asked for. */
  readonly slack: number
  /** Unix milliseconds under which the sweep knows it. */
  readonly due: number
  /** Counts up with every write. */
  readonly version: number
}

const TIME = 13
const SLACK = 5
const HEAD = 2 * TIME + SLACK
const LAST = 10 ** TIME - 1
/** Of a life, or this long, whichever is shorter: so seldom is the expiry written while a session is only read. */
const SLACK_SHARE = 0.1
const MOST_SLACK = 60_000

/** What a life is written with: by so much later than asked for, so that no session ends early between two writes. */
export function slackOf(life: number): number {
  return Math.max(0, Math.min(Math.ceil(life * SLACK_SHARE), MOST_SLACK))
}

/** Whole milliseconds. An app may ask for a life of a million years. */
export function untilOf(life: number, slack: number): number {
  return Math.max(0, Math.min(Math.ceil(Date.now() + life) + slack, LAST))
}

/** Whether it lives for `life` from now on without being written again, and not much longer. */
export function lasts({ until }: Entry, life: number): boolean {
  const late = until - Date.now() - life
  return (late >= 0 && late <= slackOf(life) + 1) || (until === LAST && late < 0)
}

export function textOf(id: string, { until, slack, due, json }: Omit<Entry, 'version'>): string {
  return `${digits(until, TIME)}${digits(slack, SLACK)}${digits(due, TIME)}${nameOf(id)}\n${json}`
}

export function entryOf({ value, version }: { value: string; version: number }): Entry {
  return {
    json: value.slice(value.indexOf('\n', HEAD) + 1),
    until: Number(value.slice(0, TIME)),
    slack: Number(value.slice(TIME, TIME + SLACK)),
    due: Number(value.slice(TIME + SLACK, HEAD)),
    version,
  }
}

/** LMDB's keys are short, ids are what an app makes of them. `#` is the mark of those that are hashed. */
export function keyOf(id: string): string {
  // As JSON, which tells apart lone surrogates that are all the same in UTF-8.
  return isKey(id) ? id : `#${createHash('sha256').update(JSON.stringify(id)).digest('base64url')}`
}

export function idOf(key: string, value: string): string {
  return isHashed(key) ? idNamed(value.slice(HEAD, value.indexOf('\n', HEAD)), key) : key
}

export function isHashed(key: string): boolean {
  return key.charCodeAt(0) === 35
}

/** What has to be kept beside a key, so that the id is known. */
export function nameOf(id: string): string {
  return isKey(id) ? '' : JSON.stringify(id)
}

export function idNamed(name: string, key: string): string {
  return name === '' ? key : JSON.parse(name)
}

function isKey(id: string): boolean {
  return id.charCodeAt(0) !== 35 && /^[!-~]{1,256}$/.test(id)
}

function digits(number: number, length: number): string {
  return String(number).padStart(length, '0')
}
