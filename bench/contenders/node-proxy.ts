// http-proxy and httpxy, each the way its own documentation shows, with keep-alive towards the origin.

import { fileURLToPath } from 'node:url'
import { packageVersion } from '../programs.ts'
import type { Contender } from './contender.ts'

const file = fileURLToPath(new URL('./serve-node-proxy.mjs', import.meta.url))

export function nodeProxy(name: 'http-proxy' | 'httpxy'): Contender {
  return {
    name,
    recipe() {
      const version = packageVersion(name)
      if (version === undefined) return { missing: 'not installed' }
      return {
        version,
        command: ({ port, endpoints }) => [process.execPath, file, name, String(port), endpoints.join(',')],
      }
    },
  }
}
