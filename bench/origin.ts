// What stands behind the proxies: one cheap process on several ports, so that balancing has something to do and two
// cores are left to the proxy and the load.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bodies } from './cells.ts'
import type { Household } from './household.ts'
import { basics } from './nginx-basics.ts'
import type { Choice } from './options.ts'
import { freePorts, listening } from './ports.ts'
import { findProgram, versionOf } from './programs.ts'

export interface Origin {
  readonly title: string
  readonly ports: readonly number[]
}

const PORTS = 3

export async function startOrigin(choice: Choice, household: Household): Promise<Origin> {
  const ports = await freePorts(PORTS)
  const nginx = choice === 'own' ? undefined : findProgram('nginx')
  const child = household.start('origin', nginx === undefined ? ownLine(ports) : nginxLine(nginx, ports, household))
  for (const port of ports) {
    if (await listening(port, () => child.ended() !== undefined)) continue
    throw new Error(`the origin did not start: ${child.ended() ?? 'it does not listen'}\n${child.output().errors}`)
  }
  return { title: nginx === undefined ? 'our own on node:net' : `nginx ${versionOf(nginx, '-v')}`, ports }
}

function ownLine(ports: readonly number[]): string[] {
  const file = fileURLToPath(new URL('./serve-origin.ts', import.meta.url))
  return [process.execPath, '--import', 'tsx', file, ports.join(',')]
}

function nginxLine(program: string, ports: readonly number[], household: Household): string[] {
  const folder = household.room('origin')
  const config = join(folder, 'nginx.conf')
  writeFileSync(config, nginxConfiguration(folder, ports))
  return [program, '-c', config, '-p', folder]
}

/** Bodies are made of one variable, not files: head and body leave in one write, as they do from an app server. */
function nginxConfiguration(folder: string, ports: readonly number[]): string {
  const unit = Math.min(...Object.values(bodies))
  const answers = Object.entries(bodies).map(([path, size]) => {
    return `    location = ${path} { return 200 "${'$x'.repeat(size / unit)}"; }`
  })
  return basics(
    folder,
    `  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  client_header_buffer_size 16k;
  default_type text/plain;
  server {
${ports.map(port => `    listen 127.0.0.1:${port} backlog=1024;`).join('\n')}
    set $x "${'x'.repeat(unit)}";
${answers.join('\n')}
  }`,
  )
}
