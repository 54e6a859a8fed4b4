/** What a process of its own is warned of: each warning comes once in the life of a process. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** `code` finds `sessions`, and `ask(options, headers, count)`, which makes requests over plain HTTP and returns the last. */
export async function warningsOf(code: string, env: Record<string, string> = {}): Promise<string[]> {
  const source = `
    import { createServer } from 'node:http'
    import { sessions } from './middleware/index.ts'
    const said = []
    process.on('warning', warning => said.push(warning.message))
    const common = { secret: 'a secret of more than 32 characters', resave: false, saveUninitialized: true }
    async function ask(options, headers = {}, count = 3) {
      const middleware = sessions({ ...common, ...options })
      const server = createServer((req, res) => middleware(req, res, error => res.end(String(error ?? ''))))
      await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
      let last
      for (let nth = 0; nth < count; nth++) {
        const answer = await fetch('http://127.0.0.1:' + server.address().port, { headers })
        last = { cookie: answer.headers.get('set-cookie'), text: await answer.text() }
      }
      server.close()
      server.closeAllConnections()
      return last
    }
    ${code}
    await new Promise(setImmediate)
    console.log(JSON.stringify(said))`
  const args = ['--import', 'tsx', '--input-type=module', '--no-warnings', '-e', source]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env: { ...process.env, ...env } })
  return JSON.parse(stdout.trim().split('\n').at(-1)!)
}
