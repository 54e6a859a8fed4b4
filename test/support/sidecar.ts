/** Outrigger as tests use it: in this process on free ports, or as the real command. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseConfig, type Sidecar, type SidecarOptions, type Status, startSidecar } from '../../sidecar/index.ts'
import { until } from './raw.ts'

/** A configuration as its file would have it. JSON is YAML. */
export type Config = Readonly<Record<string, unknown>>

export interface Running extends Sidecar {
  /** Of the first listener, `host:port`. */
  readonly address: string
  readonly port: number
  /** `http://host:port` of the first listener. */
  readonly url: string
}

/** No admin listener, no log, one listener on a free port that calls services by name, unless `config` says otherwise. */
export async function runSidecar(config: Config, options?: SidecarOptions): Promise<Running> {
  const quiet = { admin: false, grace: '100ms', log: { level: 'silent' }, listeners: [{ listen: '127.0.0.1:0' }] }
  const sidecar = await startSidecar(parseConfig(JSON.stringify({ ...quiet, ...config }), 'test'), options)
  const address = sidecar.addresses[0]!
  return { ...sidecar, address, port: Number(address.split(':').pop()), url: `http://${address}` }
}

/** In front of one service with these endpoints. */
export function inFrontOf(endpoints: readonly unknown[], service: Config = {}, listener: Config = {}): Config {
  return {
    listeners: [{ listen: '127.0.0.1:0', service: 'web', ...listener }],
    services: { web: { endpoints, ...service } },
  }
}

/** What is wrong when a sidecar that nobody uses any more is not at rest; undefined when it is. */
export function unrest(status: Status, { clients = 0 } = {}): string | undefined {
  for (const { address, connections } of status.listeners) {
    if (connections !== clients) return `${address} has ${connections} connections`
  }
  for (const { name, inFlight, queued, members } of status.services) {
    if (inFlight !== 0) return `${name} has ${inFlight} in flight`
    if (queued !== 0) return `${name} has ${queued} queued`
    for (const { address, inFlight, connections } of members) {
      if (inFlight !== 0) return `${address} has ${inFlight} in flight`
      if (connections.open !== connections.idle) return `${address}: ${connections.open} open, ${connections.idle} idle`
    }
  }
  return undefined
}

export async function comesToRest(sidecar: Sidecar, ms = 5000): Promise<void> {
  if (await until(() => unrest(sidecar.status()) === undefined, ms)) return
  throw new Error(`not at rest after ${ms} ms: ${unrest(sidecar.status())}`)
}

const BIN = fileURLToPath(new URL('../../dist/sidecar/bin.js', import.meta.url))

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Command {
  readonly pid: number
  readonly stdout: string
  readonly stderr: string
  /** Once both streams have ended too. */
  readonly exit: Promise<Exit>
  /** The listeners' addresses as bound, once it is ready. Rejects when it exits before. */
  ready(): Promise<{ listeners: string[]; admin: string | undefined }>
  kill(signal: NodeJS.Signals): void
  close(): Promise<void>
}

/** The real command, built before: `outrigger <args>`. */
export function outrigger(args: readonly string[], { env = {}, cwd = tmpdir() } = {}): Command {
  const child = spawn(process.execPath, [BIN, ...args], { cwd, env: { ...process.env, ...env } })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
  const exit = exitOf(child)
  let gone = false
  void exit.then(() => (gone = true))
  return {
    pid: child.pid!,
    get stdout() {
      return stdout
    },
    get stderr() {
      return stderr
    },
    exit,
    async ready() {
      const line = () => stdout.split('\n').find(line => line.includes('"msg":"ready"'))
      if (!(await until(() => line() !== undefined || gone, 15_000)) || line() === undefined) {
        throw new Error(`not ready: ${stderr || stdout}`)
      }
      return JSON.parse(line()!)
    },
    kill: signal => void child.kill(signal),
    async close() {
      child.kill('SIGKILL')
      await exit
    },
  }
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise(resolve => child.on('close', (code, signal) => resolve({ code, signal })))
}

/** A directory of its own, with this configuration in `outrigger.yaml`. */
export async function directory(
  config?: Config | string,
): Promise<{ path: string; file: string; close(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'outrigger-'))
  const file = join(path, 'outrigger.yaml')
  if (config !== undefined) await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config))
  return { path, file, close: () => rm(path, { recursive: true, force: true }) }
}

/** Resident memory of a process in bytes; Linux only. */
export function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kib === undefined) throw new Error(`no VmRSS of ${pid}`)
  return Number(kib) * 1024
}
