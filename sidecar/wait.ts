// `outrigger wait`: until the sidecar is ready; then the command, if there is one, for as long as it lives.
import { type ChildProcess, spawn } from 'node:child_process'
import { get, type IncomingMessage } from 'node:http'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseAddress } from './model/endpoint.ts'
import type { WaitOptions } from './wait-options.ts'

/** The sidecar did not get ready. `message` is for people. */
export class NotReady extends Error {}

const LOOK = 100
const PATIENCE = 1_000
/** What a supervisor sends to the whole of a command is for the command. */
const PASSED_ON: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']
const ENDING: ReadonlySet<NodeJS.Signals> = new Set(['SIGTERM', 'SIGINT'])
/** As shells say that a command is not there, or cannot be run. */
const NOT_FOUND = 127
const NOT_RUNNABLE = 126

/** Resolves with the exit code. */
export async function wait({ admin, timeout, grace, command }: WaitOptions): Promise<number> {
  const told = await ready(admin, timeout)
  if (told !== undefined) return 128 + constants.signals[told]
  const [program, ...args] = command
  return program === undefined ? 0 : run({ admin, grace }, program, args)
}

/**
 * Resolves with the signal that came meanwhile. Without a handler the kernel drops SIGTERM for the first process of a
 * container, which would go on waiting.
 */
async function ready(admin: string, timeout: number): Promise<NodeJS.Signals | undefined> {
  let told: NodeJS.Signals | undefined
  const over = new AbortController()
  const hear = (signal: NodeJS.Signals) => {
    told = signal
    over.abort()
  }
  for (const signal of ENDING) process.on(signal, hear)
  try {
    await answers(admin, timeout, over.signal)
  } catch (error) {
    if (told === undefined) throw error
  } finally {
    for (const signal of ENDING) process.off(signal, hear)
  }
  return told
}

async function answers(admin: string, timeout: number, over: AbortSignal): Promise<void> {
  const end = performance.now() + timeout
  for (let why = 'nobody has answered yet'; ; await sleep(LOOK, undefined, { signal: over })) {
    try {
      const answer = await ask(admin, '/readyz', AbortSignal.any([over, AbortSignal.timeout(PATIENCE)]))
      // The status says it all; somebody else's server may go on for ever.
      answer.destroy()
      if (answer.statusCode === 200) return
      why = `it answers ${answer.statusCode}`
    } catch (error) {
      why = (error as Error).message
    }
    if (performance.now() >= end)
      throw new NotReady(`outrigger: the sidecar at ${admin} is not ready after ${timeout / 1000} s: ${why}`)
  }
}

interface Beside {
  readonly admin: string
  readonly grace: number
}

function run({ admin, grace }: Beside, program: string, args: readonly string[]): Promise<number> {
  let child: ChildProcess
  try {
    child = spawn(program, args, { stdio: 'inherit' })
  } catch (error) {
    // For some reasons, such as a file in the place of a folder, it throws.
    return Promise.resolve(notStarted(program, error as NodeJS.ErrnoException))
  }
  const over = new AbortController()
  let killer: NodeJS.Timeout | undefined
  for (const signal of PASSED_ON) {
    process.on(signal, () => {
      pass(child, signal)
      // One that does not listen: its exit code says so, 137.
      if (ENDING.has(signal)) killer ??= setTimeout(() => child.kill('SIGKILL'), grace)
    })
  }
  void attach(admin, over.signal)
  return new Promise(resolve => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      over.abort()
      resolve(notStarted(program, error))
    })
    child.once('exit', (code, signal) => {
      over.abort()
      clearTimeout(killer)
      resolve(signal === null ? code! : 128 + constants.signals[signal])
    })
  })
}

function notStarted(program: string, error: NodeJS.ErrnoException): number {
  process.stderr.write(`outrigger: ${program} cannot be started: ${error.message}\n`)
  return error.code === 'ENOENT' ? NOT_FOUND : NOT_RUNNABLE
}

/** A terminal's Ctrl-C reaches the command without us: a second one would count as the second one. */
function pass(child: ChildProcess, signal: NodeJS.Signals): void {
  if (signal === 'SIGINT' && process.stdin.isTTY) return
  child.kill(signal)
}

/** The sidecar knows by it that the app lives, and keeps its outbound listener open. Again, when it was restarted. */
async function attach(admin: string, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await ask(admin, '/attach', over).then(ended, () => {})
    await sleep(LOOK, undefined, { signal: over }).catch(() => {})
  }
}

function ended(answer: IncomingMessage): Promise<void> {
  return new Promise(resolve => {
    answer.resume()
    answer.once('close', () => resolve())
    answer.once('error', () => {})
  })
}

function ask(admin: string, path: string, signal?: AbortSignal): Promise<IncomingMessage> {
  const address = parseAddress(admin)!
  const at = 'path' in address ? { socketPath: address.path } : address
  return new Promise((resolve, reject) => {
    const request = get({ ...at, path, agent: false, ...(signal ? { signal } : {}) }, resolve)
    request.once('error', error =>
      reject(error.name === 'TimeoutError' ? new Error('no answer within a second') : error),
    )
  })
}
