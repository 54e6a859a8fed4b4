// The command line of the bench.

import { parseArgs } from 'node:util'

export interface Options {
  readonly suite: string
  readonly help: boolean
  readonly rounds: number
  readonly seconds: number
  /** How many idle client connections; 0 leaves that reading out. */
  readonly idle: number
  /** Empty: all. */
  readonly only: readonly string[]
  readonly proxies: readonly string[]
  readonly load: Choice
  readonly origin: Choice
  readonly json: boolean
  readonly markdown: boolean
  readonly update: boolean
  readonly out: string | undefined
}

/** `auto`: the C program where it is installed, else ours. */
export type Choice = 'auto' | 'own'

export class OptionsError extends Error {}

export function readOptions(args: string[], suites: readonly string[]): Options {
  const { values, positionals } = parsed(args, suites)
  const [suite = suites[0]!, ...more] = positionals
  if (!suites.includes(suite) || more.length > 0) {
    throw new OptionsError(`There is no suite ${[suite, ...more].join(' ')}.\n\n${usage(suites)}`)
  }
  return {
    suite,
    help: values.help ?? false,
    rounds: whole('rounds', values.rounds, values.quick ? 1 : 3, 1),
    seconds: whole('seconds', values.seconds, values.quick ? 1 : 4, 1),
    idle: whole('idle', values.idle, values.quick ? 0 : 1000, 0),
    only: listed(values.only),
    proxies: listed(values.proxies),
    load: choice('load', values.load),
    origin: choice('origin', values.origin),
    json: values.json ?? false,
    markdown: values.markdown ?? false,
    update: values.update ?? false,
    out: values.out,
  }
}

export function usage(suites: readonly string[]): string {
  return `npm run bench -- [suite] [options]          suites: ${suites.join(', ')}

  --rounds N       how often each cell is measured (3)
  --seconds N      how long, each time (4)
  --quick          one round of one second, without the idle connections
  --only LIST      these cells only, such as get32,get-64k or read-1k
  --proxies LIST   these proxies, or kinds of sessions, only: outrigger,haproxy or express,express-session,outrigger
  --idle N         idle client connections for the last reading of memory (1000)
  --load own       our load generator, also where wrk is installed
  --origin own     our origin, also where nginx is installed
  --json           JSON to standard output, everything else to standard error
  --out FILE       JSON to a file as well
  --markdown       the table as Markdown
  --update         the same, written into docs/benchmarks.md

  ENVOY=FILE             an envoy that is not on the PATH
  OUTRIGGER_BEFORE=FILE  another build's dist/sidecar/bin.js, to compare this one with`
}

function parsed(args: string[], suites: readonly string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        quick: { type: 'boolean' },
        json: { type: 'boolean' },
        markdown: { type: 'boolean' },
        update: { type: 'boolean' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        idle: { type: 'string' },
        only: { type: 'string' },
        proxies: { type: 'string' },
        load: { type: 'string' },
        origin: { type: 'string' },
        out: { type: 'string' },
      },
    })
  } catch (error) {
    throw new OptionsError(`${(error as Error).message}\n\n${usage(suites)}`)
  }
}

function whole(name: string, text: string | undefined, usual: number, least: number): number {
  if (text === undefined) return usual
  const value = Number(text)
  if (!Number.isInteger(value) || value < least) throw new OptionsError(`--${name} wants a whole number, not ${text}.`)
  return value
}

function choice(name: string, text = 'auto'): Choice {
  if (text !== 'auto' && text !== 'own') throw new OptionsError(`--${name} is auto or own, not ${text}.`)
  return text
}

function listed(text = ''): string[] {
  return text
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '')
}
