import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, versionOf } from '../programs.ts'
import type { Contender, Site } from './contender.ts'

export const haproxy: Contender = {
  name: 'haproxy',
  recipe() {
    const program = findProgram('haproxy')
    if (program === undefined) return { missing: 'not on the PATH' }
    return {
      version: versionOf(program, '-v'),
      command: site => {
        const config = join(site.folder, 'haproxy.cfg')
        writeFileSync(config, configuration(site))
        // -db: no daemon, so that the process is ours to end.
        return [program, '-q', '-db', '-f', config]
      },
    }
  },
}

/** No `log` and no `option httplog`: nothing is logged. `forwardfor`, because Outrigger adds that field too. */
function configuration({ port, endpoints }: Site): string {
  return `global
  nbthread 1
  maxconn 4000
defaults
  mode http
  option forwardfor
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 75s
frontend in
  bind 127.0.0.1:${port} backlog 1024
  default_backend web
backend web
  balance leastconn
  http-reuse always
${endpoints.map((each, index) => `  server web${index} 127.0.0.1:${each}`).join('\n')}
`
}
