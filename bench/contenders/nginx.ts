import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { basics } from '../nginx-basics.ts'
import { findProgram, versionOf } from '../programs.ts'
import type { Contender, Site } from './contender.ts'

export const nginx: Contender = {
  name: 'nginx',
  recipe() {
    const program = findProgram('nginx')
    if (program === undefined) return { missing: 'not on the PATH' }
    return {
      version: versionOf(program, '-v'),
      command: site => {
        const config = join(site.folder, 'nginx.conf')
        writeFileSync(config, configuration(site))
        return [program, '-c', config, '-p', site.folder]
      },
    }
  },
}

function configuration({ port, endpoints, folder }: Site): string {
  return basics(
    folder,
    `  keepalive_requests 1000000000;
  upstream web {
    least_conn;
${endpoints.map(each => `    server 127.0.0.1:${each};`).join('\n')}
    keepalive 256;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://web;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }`,
  )
}
