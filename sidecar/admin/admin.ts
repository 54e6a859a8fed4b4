// Where operators and orchestrators look: health, readiness, metrics, status. Read-only, and on the loopback by default.

import { createServer } from 'node:http'
import { bind } from '../http1/bind.ts'
import type { Status } from '../model/status.ts'

export interface AdminParts {
  readonly status: () => Status
  readonly metrics: () => Promise<string>
}

export interface Admin {
  readonly address: string
  close(): Promise<void>
}

interface Page {
  readonly status: number
  readonly type: string
  readonly body: string
}

export async function openAdmin(listen: string, parts: AdminParts): Promise<Admin> {
  const pages = pagesOf(parts)
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0]!
    const page = pages[path]
    const known = request.method === 'GET' || request.method === 'HEAD'
    const { status, type, body } = !known ? NOT_ALLOWED : page === undefined ? NOT_FOUND : await page().catch(failed)
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      ...(known ? {} : { allow: 'GET, HEAD' }),
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  })
  const address = await bind(server, listen)
  return {
    address,
    close() {
      return new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

function pagesOf({ status, metrics }: AdminParts): Readonly<Record<string, () => Promise<Page>>> {
  return {
    '/': async () => text(200, 'outrigger admin: /healthz /readyz /metrics /status\n'),
    '/healthz': async () => text(200, 'ok\n'),
    '/readyz': async () => {
      const { state } = status()
      return text(state === 'ready' ? 200 : 503, `${state}\n`)
    },
    '/metrics': async () => ({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await metrics() }),
    '/status': async () => ({ status: 200, type: 'application/json', body: `${JSON.stringify(status(), null, 2)}\n` }),
  }
}

function text(status: number, body: string): Page {
  return { status, type: 'text/plain; charset=utf-8', body }
}

const NOT_FOUND = text(404, 'not found; there are /healthz /readyz /metrics /status\n')
const NOT_ALLOWED = text(405, 'GET and HEAD only\n')

function failed(): Page {
  return text(500, 'failed\n')
}
