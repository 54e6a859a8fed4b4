// What is started, and who knows whom:
//   edge -> web-1, web-2, web-3; each web -> its own sidecar -> orders-1, orders-2, orders-3
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import type { Status } from '../sidecar/model/status.ts'
import type { Child, Children, Spec } from './children.ts'
import { freeOrAny, lastingPorts } from './ports.ts'

export interface Instance {
  readonly name: string
  readonly address: string
  /** What the table says of it. */
  readonly note: string
}

export interface Site {
  readonly url: string
  /** Of the edge's admin listener. */
  readonly admin: string
  readonly webs: readonly Instance[]
  readonly orders: readonly Instance[]
  /** Behind `orders`, in the same order. */
  readonly processes: readonly Child[]
  /** `performance.now()` */
  readonly openedAt: number
  /** What the sidecars say of themselves at this moment. */
  read(): Promise<Reading>
}

export interface Reading {
  /** `performance.now()` */
  readonly at: number
  readonly edge: Status
  readonly sidecars: readonly Status[]
}

/** Milliseconds that one answer takes on average; the last one is the slow one. */
const DELAYS = [10, 10, 60]
const EDGE_ADMIN = 4191

/** Each group needs the addresses of the one before. */
export async function openSite(children: Children, folder: string, port: number): Promise<Site> {
  const ports = await lastingPorts(DELAYS.length)
  const orders = await children.start(
    DELAYS.map((delay, i) => app('orders', i, ports[i]!, { DELAY_MS: String(delay) })),
  )
  const sidecars = await children.start(
    NUMBERS.map(n =>
      sidecar(folder, `sidecar-${n}`, { target: 'orders', endpoints: orders, listen: 0, admin: 0, perTry: '500ms' }),
    ),
  )
  const webs = await children.start(
    sidecars.map(({ listeners }, i) => app('web', i, 0, { HTTP_PROXY: `http://${listeners[0]}` })),
  )
  const admin = await freeOrAny(EDGE_ADMIN)
  const [edge] = await children.start([
    sidecar(folder, 'edge', { target: 'web', endpoints: webs, listen: port, admin, service: 'web' }),
  ])
  return {
    openedAt: performance.now(),
    url: `http://${edge!.listeners[0]}/`,
    admin: `http://${edge!.admin}`,
    webs: webs.map(child => instance(child, '')),
    orders: orders.map((child, i) => instance(child, DELAYS[i]! > 30 ? 'slow' : '')),
    processes: orders,
    async read() {
      const [first, ...others] = await Promise.all([edge!, ...sidecars].map(statusOf))
      return { at: performance.now(), edge: first!, sidecars: others }
    },
  }
}

const NUMBERS = [1, 2, 3]

function app(service: string, index: number, port: number, env: Readonly<Record<string, string>>): Spec {
  const name = `${service}-${index + 1}`
  return { name, args: [`demo/apps/${service}.mjs`, name], env: { ...env, PORT: String(port) } }
}

interface Plan {
  readonly target: string
  readonly endpoints: readonly Child[]
  readonly listen: number
  readonly admin: number
  /** The service that gets everything; without it, requests name theirs. */
  readonly service?: string
  /** What an instance that hangs costs, before another is asked. */
  readonly perTry?: string
}

function sidecar(folder: string, name: string, plan: Plan): Spec {
  const file = join(folder, `${name}.yaml`)
  writeFileSync(file, configOf(plan))
  return { name, args: ['dist/sidecar/bin.js', 'run', file] }
}

function configOf({ target, endpoints, listen, admin, service, perTry }: Plan): string {
  return `admin: 127.0.0.1:${admin}
grace: 3s
listeners:
  - listen: 127.0.0.1:${listen}${service === undefined ? '' : `\n    service: ${service}`}
services:
  ${target}:
    endpoints: [${endpoints.map(({ listeners }) => listeners[0]).join(', ')}]
    health: { http: /healthz, every: 500ms, timeout: 300ms }
${perTry === undefined ? '' : `    timeouts: { perTry: ${perTry} }\n`}`
}

function instance({ name, listeners }: Child, note: string): Instance {
  return { name, address: listeners[0]!, note }
}

async function statusOf({ name, admin }: Child): Promise<Status> {
  const { statusCode, body } = await request(`http://${admin}/status`, { headersTimeout: 2_000, bodyTimeout: 2_000 })
  if (statusCode !== 200) throw new Error(`/status of ${name} answered ${statusCode}`)
  return (await body.json()) as Status
}
