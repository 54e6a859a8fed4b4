// What nginx needs to run beside others without touching what is installed: as the origin and as a proxy.

import { userInfo } from 'node:os'

export function basics(folder: string, http: string): string {
  // Started by root it would give its worker to nobody, who may not enter our folder. Not root: the line is a warning.
  const user = process.getuid?.() === 0 ? `user ${userInfo().username};\n` : ''
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `${user}daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
${temporary.map(each => `  ${each}_temp_path ${folder}/${each};`).join('\n')}
${http}
}
`
}
