// Where operators and orchestrators look, and the few things that they can do. On the loopback by default: it asks for no
// password.

import { createServer, type IncomingMessage } from 'node:http'
import { bind } from '../http1/bind.ts'
import type { Status } from '../model/status.ts'
import { type Attached, attached } from './attached.ts'
import { CONTROL_PATHS, type ControlParts, control } from './control.ts'

export interface AdminParts {
  readonly status: () => Status
  readonly metrics: () => Promise<string>
  readonly control: ControlParts
}

export interface Admin {
  readonly address: string
  /** Apps that said that they are there, by `outrigger wait`. */
  readonly apps: Attached
  close(): Promise<void>
}

interface Page {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly allow?: string
}

export async function openAdmin(listen: string, parts: AdminParts): Promise<Admin> {
  const pages = pagesOf(parts)
  const apps = attached()
  const server = createServer(async (request, response) => {
    const attaches = request.method === 'GET' && request.url === '/attach' && !isFromBrowser(request)
    if (attaches && apps.add(response)) return
    const page = attaches ? NOT_ATTACHED : await pageFor(request).catch(failed)
    const { status, type, body, allow } = page
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      ...(allow === undefined ? {} : { allow }),
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  })

  async function pageFor(request: IncomingMessage): Promise<Page> {
    const { method, url = '/' } = request
    const path = url.split('?', 1)[0]!
    if (method === 'POST' && path.startsWith('/services/')) {
      if (isFromBrowser(request)) return FORBIDDEN
      const reply = control(path, parts.control)
      return reply === undefined ? NOT_FOUND : text(reply.status, `${reply.text}\n`)
    }
    if (path === '/attach' && isFromBrowser(request)) return FORBIDDEN
    if (path.startsWith('/services/')) return { ...NOT_ALLOWED, allow: 'POST' }
    if (method !== 'GET' && method !== 'HEAD') return { ...NOT_ALLOWED, allow: 'GET, HEAD' }
    const page = pages[path]
    return page === undefined ? NOT_FOUND : page()
  }

  const address = await bind(server, listen, ' (the admin listener; the key admin sets another address, or false)')
  return {
    address,
    apps,
    close() {
      return new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

/** It names the page that asks; no page has any business here, wherever it came from. */
function isFromBrowser({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined || headers['sec-fetch-site'] !== undefined
}

function pagesOf({ status, metrics }: AdminParts): Readonly<Record<string, () => Promise<Page>>> {
  return {
    '/': async () => text(200, `outrigger admin: /healthz /readyz /metrics /status; ${CONTROL_PATHS}\n`),
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

const NOT_FOUND = text(404, `not found; there are /healthz /readyz /metrics /status; ${CONTROL_PATHS}\n`)
const NOT_ALLOWED = text(405, 'this method is not for this path\n')
const NOT_ATTACHED = text(503, 'too many are attached, or this request waits behind another one\n')
const FORBIDDEN = text(403, 'not from a browser\n')

function failed(): Page {
  return text(500, 'failed\n')
}
