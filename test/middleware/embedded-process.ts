/** `embedded-app.mjs` in a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { call, type Reply } from '../support/clients.ts'
import { cookieOf } from './contenders.ts'

const app = fileURLToPath(new URL('./embedded-app.mjs', import.meta.url))
/** As where the optional dependency was not installed. */
const HIDE = `import Module from 'node:module'
  const resolve = Module._resolveFilename
  Module._resolveFilename = (name, ...rest) => {
    if (name === 'lmdb') throw Object.assign(new Error("Cannot find module 'lmdb'"), { code: 'MODULE_NOT_FOUND' })
    return resolve(name, ...rest)
  }`

export interface EmbeddedProcess {
  get(path: string, cookie?: string): Promise<Reply & { readonly cookie: string | undefined }>
  /** What it has said on stderr. */
  errors(): string
  /** SIGKILL, at once. */
  kill(): Promise<void>
  readonly exited: Promise<number | null>
  close(): Promise<void>
}

interface Surroundings {
  cwd?: string
  /** There is no lmdb. */
  hide?: boolean
  /** Two middlewares with the same options. */
  twice?: boolean
  /** No file may be longer than so many kilobytes; to the process it is as if the disk were full. */
  blocks?: number
}

export async function startEmbedded(
  options: object,
  { cwd = process.cwd(), hide, twice, blocks }: Surroundings = {},
): Promise<EmbeddedProcess> {
  const args = [...(hide ? ['--import', `data:text/javascript,${encodeURIComponent(HIDE)}`] : []), app]
  args.push(JSON.stringify(options), ...(twice ? ['twice'] : []))
  const limited = ['-c', `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`, process.execPath, ...args]
  const child = blocks ? spawn('bash', limited, { cwd }) : spawn(process.execPath, args, { cwd })
  let errors = ''
  child.stderr.on('data', text => (errors += text))
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const port = await Promise.race([
    once(child.stdout, 'data').then(([text]) => Number(text)),
    exited.then(() => {
      throw new Error(`ended at start: ${errors}`)
    }),
  ])
  const kill = async () => {
    child.kill('SIGKILL')
    await exited
  }
  return {
    errors: () => errors,
    exited,
    kill,
    close: kill,
    async get(path, cookie) {
      const reply = await call(`127.0.0.1:${port}`, path, { headers: cookie ? { cookie } : {} })
      return { ...reply, cookie: cookieOf(reply) }
    },
  }
}
