import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../household.ts'
import { versionOf } from '../programs.ts'
import type { Contender, Site } from './contender.ts'

const bin = join(root, 'dist', 'sidecar', 'bin.js')

export const outrigger: Contender = {
  name: 'outrigger',
  recipe: () => recipeFor(bin, 'dist/sidecar/bin.js is not there: npm run build'),
}

/** Two builds of our own side by side: the only honest way to see five percent on a shared machine. */
export const before: Contender = {
  name: 'before',
  optional: true,
  recipe: () => recipeFor(process.env.OUTRIGGER_BEFORE ?? '', 'OUTRIGGER_BEFORE names no file'),
}

function recipeFor(file: string, missing: string) {
  if (!existsSync(file)) return { missing }
  return {
    version: versionOf(process.execPath, file, '--version'),
    command: (site: Site) => {
      const config = join(site.folder, 'outrigger.yaml')
      writeFileSync(config, configuration(site))
      return [process.execPath, file, 'run', config]
    },
  }
}

function configuration({ port, endpoints }: Site): string {
  return `admin: false
listeners:
  - { listen: 127.0.0.1:${port}, service: web }
services:
  web:
    endpoints: [${endpoints.map(each => `127.0.0.1:${each}`).join(', ')}]
    balance: least-connections
`
}
