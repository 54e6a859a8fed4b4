// What is started, and who knows whom:
//   edge -> web-1, web-2, web-3; each web -> its own sidecar -> orders-1, orders-2, orders-3
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import type { Status } from '../sidecar/model/status.ts'
import type { Child, Children, Spec } from './children.ts'
import { keptIn } from './keeping.ts'
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
  /** Where the sessions are, in words. */
  readonly keptIn: string
  /** Behind them, in the same order. */
  readonly processes: { readonly web: readonly Child[]; readonly orders: readonly Child[] }
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

export interface SitePlan {
  /** For what the processes read. */
  readonly folder: string
  /** Of the edge; 0: any free one. */
  readonly port: number
  /** Where the sessions are kept: a folder, or the URL of a Redis. */
  readonly sessions: string
}

/** Each group needs the addresses of the one before. */
export async function openSite(children: Children, { folder, port, sessions }: SitePlan): Promise<Site> {
  const ports = await lastingPorts(DELAYS.length + NUMBERS.length)
  const secret = randomBytes(32).toString('base64url')
  const orders = await children.start(
    DELAYS.map((delay, i) => app('orders', i, ports[i]!, { DELAY_MS: String(delay) })),
  )
  const sidecars = await children.start(
    NUMBERS.map(n =>
      sidecar(folder, `sidecar-${n}`, { target: 'orders', endpoints: orders, listen: 0, admin: 0, perTry: '500ms' }),
    ),
  )
  const webs = await children.start(
    sidecars.map(({ listeners }, i) =>
      app('web', i, ports[DELAYS.length + i]!, {
        HTTP_PROXY: `http://${listeners[0]}`,
        SECRET: secret,
        SESSIONS: sessions,
        KEPT_IN: keptIn(sessions),
      }),
    ),
  )
  const admin = await freeOrAny(EDGE_ADMIN)
  const [edge] = await children.start([
    sidecar(folder, 'edge', { target: 'web', endpoints: webs, listen: port, admin, idempotent: FORMS }),
  ])
  return {
    openedAt: performance.now(),
    url: `http://${edge!.listeners[0]}/`,
    admin: `http://${edge!.admin}`,
    keptIn: keptIn(sessions),
    webs: webs.map(child => instance(child, '')),
    orders: orders.map((child, i) => instance(child, DELAYS[i]! > 30 ? 'slow' : '')),
    processes: { web: webs, orders },
    async read() {
      const [first, ...others] = await Promise.all([edge!, ...sidecars].map(statusOf))
      return { at: performance.now(), edge: first!, sidecars: others }
    },
  }
}

const NUMBERS = [1, 2, 3]
/** Of the embedded store, for whoever reads the app's own log. */
const KEPT = /^outrigger sessions: kept in /
/** A form cannot send an Idempotency-Key. To sign in, to say how many there shall be, to kill what is dead: twice is once. */
const FORMS = ['/login', '/logout', '/cart', '/kill']

function app(service: string, index: number, port: number, env: Readonly<Record<string, string>>): Spec {
  const name = `${service}-${index + 1}`
  return { name, args: [`demo/apps/${service}.mjs`, name], env: { ...env, PORT: String(port) }, notice: KEPT }
}

interface Plan {
  readonly target: string
  readonly endpoints: readonly Child[]
  readonly listen: number
  readonly admin: number
  /** The service gets everything, and POSTs below these paths may be repeated; without it, requests name their service. */
  readonly idempotent?: readonly string[]
  /** What an instance that hangs costs, before another is asked. */
  readonly perTry?: string
}

function sidecar(folder: string, name: string, plan: Plan): Spec {
  const file = join(folder, `${name}.yaml`)
  writeFileSync(file, configOf(plan))
  return { name, args: ['dist/sidecar/bin.js', 'run', file] }
}

function configOf({ target, endpoints, listen, admin, idempotent, perTry }: Plan): string {
  return `admin: 127.0.0.1:${admin}
grace: 3s
listeners:
  - listen: 127.0.0.1:${listen}
${idempotent === undefined ? '' : routesTo(target, idempotent)}services:
  ${target}:
    endpoints: [${endpoints.map(({ listeners }) => listeners[0]).join(', ')}]
    health: { http: /healthz, every: 500ms, timeout: 300ms }
${perTry === undefined ? '' : `    timeouts: { perTry: ${perTry} }\n`}`
}

function routesTo(service: string, idempotent: readonly string[]): string {
  const repeated = idempotent.map(prefix => `      - { prefix: ${prefix}, service: ${service}, idempotent: true }\n`)
  return `    routes:\n${repeated.join('')}      - { service: ${service} }\n`
}

function instance({ name, listeners }: Child, note: string): Instance {
  return { name, address: listeners[0]!, note }
}

async function statusOf({ name, admin }: Child): Promise<Status> {
  const { statusCode, body } = await request(`http://${admin}/status`, { headersTimeout: 2_000, bodyTimeout: 2_000 })
  if (statusCode !== 200) throw new Error(`/status of ${name} answered ${statusCode}`)
  return (await body.json()) as Status
}
