// One stream of bytes as one reader understood it: in the same words for our parser and for node's.

import { readTrailers } from '../sidecar/http1/trailers.ts'

export type Field = readonly [name: string, value: string]

interface Message {
  readonly fields: readonly Field[]
  /** As far as it came. */
  readonly content: string
  /** Empty until the message is whole. */
  readonly trailers: readonly Field[]
  readonly whole: boolean
  /** What follows is another message of the same connection. */
  readonly keepAlive: boolean
  /** HTTP/1.x. */
  readonly minor: number
}

export interface RequestReading extends Message {
  readonly method: string
  readonly target: string
}

export interface ResponseReading extends Message {
  readonly status: number
  readonly phrase: string
}

/** Why a reader stopped: at the end of the input, within a message, at a fault, or because HTTP ends there. */
export type Stop = 'end' | 'incomplete' | 'fault' | 'close' | 'switch'

export const all = (fields: readonly Field[], name: string): string[] =>
  fields.filter(field => field[0].toLowerCase() === name).map(field => field[1])

/** The members of a list that may be spread over several fields, in lower case. */
export function listed(fields: readonly Field[], name: string): string[] {
  return all(fields, name)
    .flatMap(value => value.split(','))
    .map(item => trim(item).toLowerCase())
}

/** Of the trailers that node read, those that we would have passed on: which ones those are is not the question here. */
export function passable(trailers: readonly Field[]): Field[] {
  return fieldsOf(readTrailers(`${trailers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)?.kept ?? '')
}

/** `Name: value` lines up to and with an empty one. */
export function fieldsOf(section: string): Field[] {
  return section
    .split('\r\n')
    .filter(line => line !== '')
    .map(line => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), trim(line.slice(colon + 1))]
    })
}

/** OWS only: JavaScript's own trim takes more than a space and a tab. */
export function trim(value: string): string {
  return value.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '')
}

/** As a JavaScript string literal: nothing invisible, and it can be pasted into a test. */
export function quote(text: string): string {
  const escaped = text.replace(/[\\'\x00-\x1f\x7f-\xff]/g, char => {
    const short = SHORT[char]
    return short ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `'${escaped}'`
}

const SHORT: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '\r': '\\r', '\n': '\\n', '\t': '\\t' }
