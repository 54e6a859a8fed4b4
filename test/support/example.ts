/**
 * An example as its README tells: each line of the block `sh` is a process, and each `$` line of the blocks `console` is
 * run and says what stands below it, where `...` is anything. Ports are other ones here, in commands and in configurations.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { lastingPorts } from '../../demo/ports.ts'

export interface Told {
  readonly command: string
  readonly output: string
}

export interface Process {
  readonly command: string
  readonly child: ChildProcess
  /** Of both streams. */
  readonly said: string
  /** With the exit code. */
  stop(signal: NodeJS.Signals): Promise<number | null>
}

export interface Example {
  readonly processes: readonly Process[]
  readonly told: readonly Told[]
  /** A port of the README, as it is here. */
  port(written: number): number
  /** What a command says on both streams. */
  run(command: string): Promise<string>
  /** Starts a process as a line of the README would. Resolves when it says that it listens. */
  start(command: string): Promise<Process>
  close(): Promise<void>
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PORT = /(?<!\d)(300[1-3]|8080|4191)(?!\d)/g
const LISTENS = /listening on|"msg":"ready"/

export interface ExampleOptions {
  /** Of all of its processes. */
  readonly env: Readonly<Record<string, string>>
  /** Which commands are not run. */
  readonly skip: (command: string) => boolean
  /** What is different here in its configuration files. */
  readonly edit: (config: string) => string
}

export async function openExample(name: string, { env, skip, edit }: ExampleOptions): Promise<Example> {
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-example-'))
  const source = join(ROOT, 'examples', name)
  const readme = await readFile(join(source, 'README.md'), 'utf8')
  const free = await lastingPorts(5)
  const ports = new Map([3001, 3002, 3003, 8080, 4191].map((written, i) => [String(written), free[i]!]))
  const here = (text: string) => text.replace(PORT, port => String(ports.get(port)))
  const processes: Process[] = []
  const configs = (await readdir(source)).filter(file => /\.(?:yaml|conf)$/.test(file))
  for (const file of configs)
    await writeFile(join(folder, file), here(edit(await readFile(join(source, file), 'utf8'))))
  const own = Object.entries(env).map(([name, value]) => [name, here(value)])
  const options = { cwd: folder, env: { ...process.env, ...Object.fromEntries(own) } }

  /** As it is written for the root of the repository, to be run in the folder. */
  function located(command: string): string {
    const tsx = pathToFileURL(join(ROOT, 'node_modules/tsx/dist/loader.mjs'))
    const found = (path: string, file: string) => (configs.includes(file) ? join(folder, file) : join(ROOT, path))
    return here(command)
      .replace(/(?<=^|\s)examples\/[\w-]+\/([\w.-]+)/g, found)
      .replace('dist/sidecar/bin.js', join(ROOT, 'dist/sidecar/bin.js'))
      .replace(/npx tsx --tsconfig (\S+)/, `TSX_TSCONFIG_PATH=$1 ${process.execPath} --import ${tsx}`)
      .replace(/(?<=^|\s)node(?= )/g, process.execPath)
  }

  const example: Example = {
    processes,
    told: [...readme.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap(([, block]) => toldIn(here(block!))),
    port: written => ports.get(String(written))!,
    run: command =>
      new Promise(resolve => {
        execFile('/bin/sh', ['-c', located(command)], options, (_, stdout, stderr) => resolve(stdout + stderr))
      }),
    async start(command) {
      const child = spawn('/bin/sh', ['-c', `exec env ${located(command)}`], { ...options, detached: true })
      let said = ''
      const exit = once(child, 'exit')
      const started = {
        command: here(command),
        child,
        get said() {
          return said
        },
        async stop(signal: NodeJS.Signals) {
          child.kill(signal)
          return (await exit)[0]
        },
      }
      processes.push(started)
      const isReady = new Promise<void>(resolve => {
        // It says nothing.
        if (command.startsWith('nginx')) resolve()
        for (const stream of [child.stdout, child.stderr])
          stream.setEncoding('utf8').on('data', text => {
            said += text
            if (LISTENS.test(said)) resolve()
          })
      })
      const ended = exit.then(([code]) => Promise.reject(new Error(`${command} ended with ${code}: ${said}`)))
      ended.catch(() => {})
      await Promise.race([isReady, ended])
      return started
    },
    async close() {
      for (const { child } of processes) {
        const gone = child.exitCode !== null || child.signalCode !== null
        const exit = gone ? undefined : once(child, 'exit')
        try {
          // With all that it has started.
          process.kill(-child.pid!, 'SIGKILL')
        } catch {
          // Nobody is left.
        }
        await exit
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
  const [, block] = /^```sh\n([\s\S]*?)^```$/m.exec(readme)!
  const commands = block!
    .trim()
    .split('\n')
    .filter(command => !skip(command))
  await Promise.all(commands.map(command => example.start(command))).catch(async error => {
    await example.close()
    throw error
  })
  return example
}

function toldIn(block: string): Told[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map(text => {
      const [command, ...output] = text.split('\n')
      return { command: command!, output: output.join('\n') }
    })
}

export function fits(said: string, told: string): boolean {
  const pattern = told
    .split('...')
    .map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*')
  return new RegExp(`^${pattern}$`).test(said)
}
