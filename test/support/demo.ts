/** `npm start` as a test starts it, and knows all that it has started. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Demo {
  readonly child: ChildProcess
  readonly end: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>
  /** Resolves with the first match in what it prints. */
  printed(pattern: RegExp): Promise<string>
  /** Its processes that are there now, itself included; those with this argument. */
  processes(argument?: string): number[]
  /** True when all of them have gone in so many milliseconds; always where nothing tells. */
  gone(ms: number): Promise<boolean>
}

/** `folder`: for its temporary files. */
export function startDemo(args: readonly string[], folder: string): Demo {
  // Inherited by all that it starts: how they are known when their parent is gone.
  const mark = `OUTRIGGER_DEMO=${randomUUID()}`
  const [name, value] = mark.split('=') as [string, string]
  const child = spawn(process.execPath, ['--import', 'tsx', 'demo/start.ts', ...args], {
    cwd: root,
    env: { ...process.env, [name]: value, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let seen = ''
  child.stdout.on('data', chunk => {
    seen += chunk
  })
  const code = new Promise<number | null>(resolve => child.once('close', resolve))
  const end = Promise.all([code, text(child.stdout), text(child.stderr)])
  const processes = (argument = '') => marked(mark).filter(pid => fileOf(pid, 'cmdline').includes(argument))
  return {
    child,
    end: end.then(([code, stdout, stderr]) => ({ code, stdout, stderr })),
    async printed(pattern) {
      while (!pattern.test(seen)) {
        if (child.exitCode !== null) throw new Error(`ended early: ${seen}${(await end)[2]}`)
        await sleep(20)
      }
      return pattern.exec(seen)![0]
    },
    processes,
    async gone(ms) {
      const deadline = performance.now() + ms
      while (processes().length > 0 && performance.now() < deadline) await sleep(20)
      return processes().length === 0
    },
  }
}

function marked(mark: string): number[] {
  if (process.platform !== 'linux') return []
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.filter(pid => fileOf(Number(pid), 'environ').split('\0').includes(mark)).map(Number)
}

/** Empty for processes that are gone, or not ours. */
function fileOf(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}
