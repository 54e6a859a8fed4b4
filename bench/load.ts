// Who sends the requests, and what came of them.

import { fileURLToPath } from 'node:url'
import type { Cell } from './cells.ts'
import type { Household } from './household.ts'
import type { Choice } from './options.ts'
import { findProgram, versionOf } from './programs.ts'
import { wrkLine } from './wrk.ts'

export interface Tally {
  readonly requests: number
  readonly seconds: number
  readonly bytes: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly badStatus: number
  readonly socketErrors: number
}

export interface Load {
  readonly title: string
  run(port: number, cell: Cell, seconds: number): Promise<Tally>
}

export function chooseLoad(choice: Choice, household: Household): Load {
  const wrk = choice === 'own' ? undefined : findProgram('wrk')
  if (wrk === undefined) return ownLoad(household)
  return loadBy(wrkLine(wrk, household.room('load')), `wrk ${versionOf(wrk, '-v')}`, household)
}

export function ownLoad(household: Household): Load {
  return loadBy(ownLine, 'our own on node:net', household)
}

function loadBy(line: typeof ownLine, title: string, household: Household): Load {
  return {
    title,
    async run(port, cell, seconds) {
      const child = household.start('load', line(port, cell, seconds))
      await child.exit
      const { out, errors } = child.output()
      const tally = readTally(out)
      if (tally === undefined) throw new Error(`the load ${child.ended()}: ${errors.trim() || out.trim()}`)
      return tally
    },
  }
}

/** Both generators end with such a line; before it wrk prints a report for people. */
export const TALLY = 'TALLY '

export function readTally(output: string): Tally | undefined {
  const line = output.split('\n').find(each => each.startsWith(TALLY))
  if (line === undefined) return undefined
  try {
    return JSON.parse(line.slice(TALLY.length))
  } catch {
    return undefined
  }
}

/** Why a tally is no measurement, if it is none. */
export function faultOf({ requests, bytes, badStatus, socketErrors }: Tally, bodySize: number): string | undefined {
  if (requests === 0) return 'no request was answered'
  if (badStatus > 0) return `${badStatus} of ${requests} answers were not 2xx`
  if (socketErrors > 0) return `${socketErrors} socket errors in ${requests} requests`
  return bytes / requests < bodySize ? 'answers were cut short' : undefined
}

/** Ours, also where wrk is: wrk cannot give each connection its cookie. */
function ownLine(port: number, { path, connections, upload = 0, cookies = [] }: Cell, seconds: number): string[] {
  const file = fileURLToPath(new URL('./send-load.ts', import.meta.url))
  return [
    process.execPath,
    '--import',
    'tsx',
    file,
    JSON.stringify({ port, path, connections, upload, seconds, cookies }),
  ]
}
