import { parseArgs } from 'node:util'
import { DemoError } from './demo-error.ts'

export interface Options {
  /** 0: any free one. */
  readonly port: number
  /** Undefined: until it is told to stop. */
  readonly seconds: number | undefined
  /** Instances are killed, broken and frozen. */
  readonly chaos: boolean
  /** Where the sessions are kept; undefined: in the embedded store. */
  readonly redis: string | undefined
  readonly help: boolean
}

export const USAGE = `npm start -- [options]

A demo on this machine, with real processes: an edge sidecar, three web servers with a sidecar each, three servers that
they call, one of which is slow, and a load on it all, with a login and a cart in sessions.

  --for SECONDS   end by itself after that time (default: at Ctrl-C)
  --chaos         kill one of the three that are called, let another fail, freeze the third, kill a web server, and so
                  on: a round takes 24 seconds, or as many as --for gives it, 12 at least
  --redis URL     keep the sessions in that Redis (default: in files that the three web servers share)
  --port N        port of the edge on 127.0.0.1 (default: 8080; 0: any free one)
  --help          this text

Exit code: 0 when no request failed, 1 when some did or the demo could not run, 2 when the options are wrong.
`

export function readOptions(args: readonly string[]): Options {
  const { for: length, port, redis, chaos = false, help = false } = parsed(args)
  const seconds = length === undefined ? undefined : duration(length)
  if (chaos && seconds !== undefined && seconds < SHORTEST_CHAOS) {
    throw wrong(`--chaos takes ${SHORTEST_CHAOS} seconds at least; --for ${length} is too short`)
  }
  return { port: port === undefined ? 8080 : wholeNumber(port), seconds, chaos, redis, help }
}

function parsed(args: readonly string[]) {
  const options = {
    for: { type: 'string' },
    port: { type: 'string' },
    chaos: { type: 'boolean' },
    redis: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    throw wrong((error as Error).message.split('.')[0]!)
  }
}

function duration(text: string): number {
  const seconds = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && seconds > 0 && seconds <= LONGEST) return seconds
  throw wrong(`--for wants seconds, above 0 and up to ${LONGEST}, as in --for 10; "${text}" is none`)
}

function wholeNumber(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw wrong(`--port wants a port, 0 to 65535, as in --port 8081; "${text}" is none`)
}

function wrong(message: string): DemoError {
  return new DemoError(`${message}; see npm start -- --help`, 2)
}

/** In less, one instance is not back yet when the next one goes. */
const SHORTEST_CHAOS = 12
/** A week: longer than setTimeout can wait would end at once. */
const LONGEST = 604_800
