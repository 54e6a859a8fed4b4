#!/usr/bin/env node
import { constants } from 'node:os'
import { parseArgs } from 'node:util'
import { ADMIN_DEFAULT } from './config/addresses.ts'
import { loadConfigApart, UnusableConfig } from './config/apart.ts'
import { BindError } from './http1/bind.ts'
import { type Sidecar, startSidecar } from './sidecar.ts'
import { VERSION } from './version.ts'
import { NotReady, wait } from './wait.ts'
import { readWait, type WaitOptions } from './wait-options.ts'
import { limitYoungGeneration } from './young-generation.ts'

const USAGE = `outrigger ${VERSION}

  outrigger run [FILE]     start the sidecar that FILE describes (default: outrigger.yaml)
  outrigger check [FILE]   say what is wrong with FILE, without starting anything
  outrigger wait [--admin ADDRESS] [--timeout TIME] [--grace TIME] [-- COMMAND]
                           wait until the sidecar is ready (default: at ${ADMIN_DEFAULT}, for 60s), then run COMMAND; the
                           sidecar's outbound listener stays open until COMMAND has ended. A COMMAND that has not
                           ended 30s after SIGTERM is killed
  outrigger --version
  outrigger --help

SIGTERM or SIGINT drains: what is in flight may end, then it stops. A second signal, half a second later or more, stops at
once.
Exit codes: 0 all is well; 1 it could not start or had to cut connections, of check that FILE is wrong, of wait that the
sidecar did not get ready; 2 the command line is wrong. Of wait besides: 127 COMMAND cannot be started, 137 it was killed,
else its own.
`

/** What is said in one line. */
const EXPECTED = [UnusableConfig, BindError, NotReady]

await main(process.argv.slice(2))

async function main(args: string[]): Promise<void> {
  const order = read(args)
  try {
    if (order.command === 'wait') process.exitCode = await wait(order.options)
    else if (order.command === 'check') await check(order.file)
    else await run(order.file)
  } catch (error) {
    if (!EXPECTED.some(kind => error instanceof kind)) throw error
    process.stderr.write(`${(error as Error).message}\n`)
    process.exitCode = 1
  }
}

type Order =
  | { readonly command: 'run' | 'check'; readonly file: string }
  | { readonly command: 'wait'; readonly options: WaitOptions }

function read(args: string[]): Order {
  try {
    if (args[0] === 'wait') {
      const options = readWait(args.slice(1))
      return 'problem' in options ? leave(2, `outrigger wait: ${options.problem}\n`) : { command: 'wait', options }
    }
    const options = { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } } as const
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
    if (values.version) leave(0, `${VERSION}\n`)
    if (values.help) leave(0, USAGE)
    const [command, file = 'outrigger.yaml', ...rest] = positionals
    if (command === undefined) leave(2, USAGE)
    if (command !== 'run' && command !== 'check')
      leave(2, `outrigger: "${command}" is no command; there are run, check and wait\n`)
    if (file === '') leave(2, 'outrigger: FILE is empty; name a file, or leave it out for outrigger.yaml\n')
    if (rest.length > 0) leave(2, `outrigger: one FILE is wanted, "${rest[0]}" is too much\n`)
    return { command, file }
  } catch (error) {
    return leave(2, `outrigger: ${(error as Error).message.split('.')[0]}; see outrigger --help\n`)
  }
}

function leave(code: number, text: string): never {
  ;(code === 0 ? process.stdout : process.stderr).write(text)
  process.exit(code)
}

async function check(file: string): Promise<void> {
  const { listeners, services } = await loadConfigApart(file)
  process.stdout.write(`${file}: ok, ${count(listeners.length, 'listener')}, ${count(services.length, 'service')}\n`)
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}

async function run(file: string): Promise<void> {
  const settings = await loadConfigApart(file)
  limitYoungGeneration()
  const sidecar = await startSidecar(settings)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) stopOn(signal, sidecar)
}

let stoppedAt = Number.POSITIVE_INFINITY
/** npm passes on the Ctrl-C that the terminal has sent to everyone: one press may come twice. Milliseconds. */
const ONE_PRESS = 500

function stopOn(signal: 'SIGTERM' | 'SIGINT', sidecar: Sidecar): void {
  process.on(signal, async () => {
    if (stoppedAt < Number.POSITIVE_INFINITY) {
      if (performance.now() - stoppedAt > ONE_PRESS) process.exit(128 + constants.signals[signal])
      return
    }
    stoppedAt = performance.now()
    // Nobody waits at a terminal for balancers to look.
    const { cut } = await sidecar.drain(undefined, signal === 'SIGINT' ? 0 : undefined)
    process.exitCode = cut === 0 ? 0 : 1
  })
}
