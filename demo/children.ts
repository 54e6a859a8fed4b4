// The demo's processes. Each is in a group of its own, so that a terminal's Ctrl-C reaches the demo only, which then ends
// them in order. A demo that is killed takes them along: see apps/lifeline.mjs.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { DemoError } from './demo-error.ts'

export interface Spec {
  readonly name: string
  /** The script, from the root of the repository, and its arguments. */
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A line on stderr that is no complaint. */
  readonly notice?: RegExp
}

/** A process that works. */
export interface Child {
  readonly name: string
  readonly listeners: readonly string[]
  readonly admin: string | undefined
  /** Another one after `restart`. */
  pid(): number
  /** It hears it by `process.on('message')`. */
  tell(message: object): void
  /** What it says by `process.send`, and what is said by whoever takes its place. */
  hear(listener: (message: unknown) => void): void
  /** On purpose: nobody is told. Resolves when it is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** After `end`. */
  restart(): Promise<void>
}

export interface Children {
  /** Resolves when all of them work. What is started together ends together, before all that was started earlier. */
  start(specs: readonly Spec[]): Promise<Child[]>
  /** Ends all in order. Returns who did not go as it should. */
  stop(): Promise<string[]>
  /** Ends all at once. */
  kill(): void
}

export function createChildren(onDeath: (error: DemoError) => void): Children {
  const groups: Running[][] = []
  let stopping = false

  return {
    async start(specs) {
      const group: Running[] = []
      groups.push(group)
      return Promise.all(specs.map((spec, place) => begin(spec, group, place)))
    },
    async stop() {
      stopping = true
      const endings: string[][] = []
      for (const group of groups.toReversed()) endings.push(await Promise.all(group.map(end)))
      return endings.flat().filter(complaint => complaint !== '')
    },
    kill() {
      stopping = true
      for (const { signal } of groups.flat()) signal('SIGKILL')
    },
  }

  async function begin(spec: Spec, group: Running[], place: number): Promise<Child> {
    let hear = (_: unknown) => {}
    let running = run()
    const { listeners, admin } = await running.ready
    return {
      name: spec.name,
      listeners,
      admin,
      pid: () => running.pid,
      tell: message => running.tell(message),
      hear(listener) {
        hear = listener
      },
      async end(signal) {
        running.asked = true
        running.signal(signal)
        await running.ended
      },
      async restart() {
        running = run()
        await running.ready
      },
    }

    /** What takes the place of another ends when that one would have. */
    function run(): Running {
      if (stopping) throw new DemoError('The demo is ending.')
      const launched = launch(spec, message => hear(message))
      group[place] = launched
      launched.ended.then(how => {
        if (!launched.works() || stopping || launched.asked) return
        onDeath(new DemoError(`${spec.name} died unasked: ${how}${launched.lastWords()}`))
      })
      return launched
    }
  }
}

interface Running {
  readonly name: string
  readonly pid: number
  readonly ready: Promise<Ready>
  /** How it ended, in words. */
  readonly ended: Promise<string>
  readonly works: () => boolean
  readonly lastWords: () => string
  /** To end by itself, before the demo does. */
  asked: boolean
  /** False when it has ended. */
  signal(name: 'SIGTERM' | 'SIGKILL'): boolean
  tell(message: object): void
}

interface Ready {
  readonly listeners: readonly string[]
  readonly admin: string | undefined
}

function launch({ name, args, env, notice }: Spec, hear: (message: unknown) => void): Running {
  const child = spawn(process.execPath, ['--import', LIFELINE, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  })
  child.on('message', hear)
  let works = false
  const words: string[] = []
  createInterface(child.stderr!).on('line', line => {
    if (!notice?.test(line) && words.push(line) > 10) words.shift()
  })
  const ended = new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('close', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`))
  })
  const ready = new Promise<Ready>((resolve, reject) => {
    createInterface(child.stdout!).on('line', line => {
      const { level = 0, msg, listeners, admin } = parse(line)
      if (level >= ERROR) words.push(line)
      if (msg !== 'ready' || listeners === undefined) return
      works = true
      resolve({ listeners, admin })
    })
    ended.then(how => reject(new DemoError(`${name} could not be started: ${how}${lastWords()}`)))
  })
  return {
    name,
    pid: child.pid!,
    ready,
    ended,
    works: () => works,
    lastWords,
    asked: false,
    signal: signal => child.kill(signal),
    // One that has just died is told of by its end.
    tell: message => child.send(message, () => {}),
  }

  function lastWords(): string {
    return words.map(line => `\n  ${line}`).join('')
  }
}

async function end(running: Running): Promise<string> {
  const { name, ended, works, lastWords, signal } = running
  // One that has gone unasked was told of already.
  if (!signal('SIGTERM')) return ''
  const timer = setTimeout(() => signal('SIGKILL'), PATIENCE_MS)
  const how = await ended
  clearTimeout(timer)
  if (!works() || running.asked) return ''
  if (how !== 'exit code 0') return `${name} did not end as it should: ${how}${lastWords()}`
  return lastWords() === '' ? '' : `${name} had something to say:${lastWords()}`
}

interface LogLine {
  readonly level?: number
  readonly msg?: string
  readonly listeners?: readonly string[]
  readonly admin?: string
}

function parse(line: string): LogLine {
  try {
    return JSON.parse(line)
  } catch {
    return {}
  }
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const LIFELINE = new URL('apps/lifeline.mjs', import.meta.url).href
/** pino's number for it. */
const ERROR = 50
/** Longer than the sidecars' grace. */
const PATIENCE_MS = 5_000
