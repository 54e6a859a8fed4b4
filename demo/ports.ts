import { createServer } from 'node:net'
import { DemoError } from './demo-error.ts'

/** Asked before anything is started: the answer comes at once and in the words of the demo's options. */
export async function assertFree(port: number): Promise<void> {
  const code = await attempt(port)
  if (code === undefined) return
  const why = code === 'EADDRINUSE' ? 'is taken' : code === 'EACCES' ? 'is not permitted' : `cannot be used (${code})`
  throw new DemoError(`Port ${port} on 127.0.0.1 ${why}. Choose another with --port N; 0 is any free one.`)
}

/** The port itself, or 0 for any when somebody has it. */
export async function freeOrAny(port: number): Promise<number> {
  return (await attempt(port)) === undefined ? port : 0
}

/**
 * Free ones that stay free while their owner is away: below those that systems give to connections (from 32768 on Linux,
 * from 49152 on macOS).
 */
export async function lastingPorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = 20_000 + Math.floor(12_000 * Math.random())
    if ((await attempt(port)) === undefined) ports.add(port)
  }
  return [...ports]
}

function attempt(port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)))
  })
}
