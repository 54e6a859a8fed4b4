// The Redis of a run, and how many commands it was sent.
import { connect } from 'node:net'
import type { Household } from '../household.ts'
import { OptionsError } from '../options.ts'
import { freePorts, listening } from '../ports.ts'
import { findProgram, versionOf } from '../programs.ts'

export interface BenchRedis {
  readonly url: string
  readonly title: string
  /** Commands that clients have sent, ever. */
  commands(): Promise<number>
}

export async function startRedis(household: Household): Promise<BenchRedis> {
  const program = findProgram('redis-server')
  if (program === undefined) throw new OptionsError('redis-server is not on the PATH: apt-get install redis-server')
  const [port] = (await freePorts(1)) as [number]
  const folder = household.room('redis')
  const command = [program, '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder]
  const child = household.start('redis', command)
  if (!(await listening(port, () => child.ended() !== undefined)))
    throw new Error(`redis-server did not start: ${child.output().out}`)
  return {
    url: `redis://127.0.0.1:${port}`,
    title: `Redis ${versionOf(program, '--version')}`,
    commands: async () => sentIn(await ask(port, 'INFO commandstats\r\n')),
  }
}

/** Of `INFO commandstats`: Redis counts there what a script calls as well, which nobody sent. */
export function sentIn(stats: string): number {
  const calls = new Map<string, number>()
  for (const [, name, count] of stats.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)) calls.set(name!, Number(count))
  for (const own of ['info', 'ping', 'command|docs']) calls.delete(own)
  const scripts = (calls.get('evalsha') ?? 0) + (calls.get('eval') ?? 0)
  const called = ['get', 'set'].map(name => Math.min(calls.get(name) ?? 0, scripts))
  return [...calls.values()].reduce((sum, each) => sum + each, 0) - called.reduce((sum, each) => sum + each, 0)
}

function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(command))
    let text = ''
    socket.setEncoding('utf8')
    socket.once('error', reject)
    socket.on('data', (chunk: string) => {
      text += chunk
      const length = Number(/^\$(\d+)\r\n/.exec(text)?.[1])
      if (!(text.length >= length)) return
      socket.destroy()
      resolve(text)
    })
  })
}
