// Everything that a run starts and writes: processes and one temporary folder. Closing it leaves neither behind.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

export interface Child {
  readonly name: string
  readonly pid: number
  /** What it printed: all of the standard output, the end of the errors. */
  readonly output: () => { readonly out: string; readonly errors: string }
  /** How it ended, once it has. */
  readonly ended: () => string | undefined
  readonly exit: Promise<void>
}

export class Household {
  readonly say: (line: string) => void
  readonly folder = mkdtempSync(join(tmpdir(), 'outrigger-bench-'))
  closed = false
  #processes = new Set<ChildProcess>()

  constructor(say: (line: string) => void) {
    this.say = say
  }

  /** A new folder inside of the run's own. */
  room(name: string): string {
    const path = join(this.folder, name)
    mkdirSync(path, { recursive: true })
    return path
  }

  start(name: string, command: readonly string[]): Child {
    this.check()
    const [program = '', ...args] = command
    const child = spawn(program, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_ENV: 'production' },
    })
    let out = ''
    let errors = ''
    let ended: string | undefined
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4_000)))
    this.#processes.add(child)
    const exit = new Promise<void>(resolve => {
      child.once('error', error => {
        ended ??= error.message
        this.#processes.delete(child)
        resolve()
      })
      child.once('close', (code, signal) => {
        ended ??= signal === null ? `ended with code ${code}` : `was ended by ${signal}`
        this.#processes.delete(child)
        resolve()
      })
    })
    return { name, pid: child.pid ?? 0, output: () => ({ out, errors }), ended: () => ended, exit }
  }

  /** Rejects what comes after the end: on ^C every process goes at once, and none of that is a result. */
  check(): void {
    if (this.closed) throw new Error('the run is over')
  }

  async close(): Promise<void> {
    this.closed = true
    for (const child of this.#processes) child.kill('SIGTERM')
    for (let waited = 0; this.#processes.size > 0 && waited < 5_000; waited += 50) await sleep(50)
    for (const child of this.#processes) child.kill('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** What is left to do when there is no time to wait. SIGTERM, not SIGKILL: a dead nginx leaves its worker behind. */
  abandon(): void {
    for (const child of this.#processes) child.kill('SIGTERM')
    rmSync(this.folder, { recursive: true, force: true })
  }
}
