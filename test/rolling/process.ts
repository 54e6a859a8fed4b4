/** A process that is stopped and started again, as an operator would: SIGTERM, its end, a new one, until it is ready. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Restartable {
  readonly name: string
  start(): Promise<void>
  /** Throws when it does not end with 0: something was cut off. */
  stop(): Promise<void>
  kill(): void
}

export interface Program {
  readonly name: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export function restartable({ name, args, env = {} }: Program): Restartable {
  let child: ChildProcess | undefined

  return {
    name,
    async start() {
      const started = spawn(process.execPath, args, { env: { ...process.env, ...env }, detached: true })
      child = started
      let said = ''
      const ready = new Promise<void>(resolve => {
        for (const stream of [started.stdout, started.stderr])
          stream.setEncoding('utf8').on('data', text => {
            said += text
            if (/^ready|"msg":"ready"/m.test(said)) resolve()
          })
      })
      const ended = once(started, 'exit').then(([code]) => Promise.reject(new Error(`${name} ended: ${code} ${said}`)))
      ended.catch(() => {})
      await Promise.race([ready, ended])
    },
    async stop() {
      const exit = once(child!, 'exit')
      child!.kill('SIGTERM')
      const [code] = await exit
      if (code !== 0) throw new Error(`${name} ended with ${code}: it had to cut something off`)
    },
    kill() {
      try {
        // With what it has started.
        if (child !== undefined) process.kill(-child.pid!, 'SIGKILL')
      } catch {
        // It has ended.
      }
    },
  }
}
