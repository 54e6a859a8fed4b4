// Reads the configuration in a process of its own. What reading takes, the YAML parser and the schema with its library,
// is 20 MB that a running sidecar never needs again. A thread would leave its heap's pages behind: on Node 24, 30 MB.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Settings } from '../model/settings.ts'

type Answer = { readonly settings: Settings } | { readonly error: string }

/** As `loadConfig`; rejects with an `UnusableConfig` whose message is that of the `ConfigError`. */
export async function loadConfigApart(file: string): Promise<Settings> {
  const self = fileURLToPath(import.meta.url)
  // What the command line preloads (tracing, say) is for the sidecar, not for this; sources need it for their types.
  const execArgv = self.endsWith('.ts') ? process.execArgv : []
  const child = fork(self, [MARK, file], { execArgv, serialization: 'advanced' })
  const answer = await new Promise<Answer>((resolve, reject) => {
    child.once('message', message => resolve(message as Answer))
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`the process that reads ${file} ended with code ${code}`)))
  })
  if ('error' in answer) throw new UnusableConfig(answer.error)
  return answer.settings
}

export class UnusableConfig extends Error {
  override readonly name = 'UnusableConfig'
}

const MARK = '--outrigger-read-config'

async function read(file: string): Promise<Answer> {
  const { ConfigError, loadConfig } = await import('./load.ts')
  try {
    return { settings: loadConfig(file) }
  } catch (error) {
    if (error instanceof ConfigError) return { error: error.message }
    throw error
  }
}

const [, script, mark, file] = process.argv
if (mark === MARK && file !== undefined && script === fileURLToPath(import.meta.url)) {
  const answer = await read(file)
  process.send?.(answer, () => process.disconnect())
}
