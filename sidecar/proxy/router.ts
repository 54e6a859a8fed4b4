import type { ListenerTarget, RouteSettings } from '../model/settings.ts'
import type { Affinity } from './affinity.ts'
import { NO_SERVICE, NO_TUNNEL } from './refusal.ts'
import type { Service } from './service.ts'

/** What a route is decided by. */
export interface Routed {
  /** As the client wrote it, port included; '' when it gave none. */
  readonly host: string
  readonly target: string
  /** CONNECT. */
  readonly tunnels: boolean
  readonly inbound: { readonly tunnelled: string | undefined }
}

export interface Destination {
  readonly service: Service
  /** Its requests may be repeated, whatever their method. */
  readonly idempotent: boolean
  /** Undefined: its clients go to any member. */
  readonly affinity: Affinity | undefined
}

/** Where a request goes. Throws a refusal: 404 `no-such-service`, for CONNECT 403 `tunnel-refused`. */
export type Router = (x: Routed) => Destination

export function createRouter(target: ListenerTarget, services: ReadonlyMap<string, Service>): Router {
  const plain = new Map<string, Destination>()
  for (const [name, service] of services) {
    plain.set(name, { service, idempotent: false, affinity: service.affinity })
  }
  const find = finder(target, services, plain)
  return x => {
    const { tunnelled } = x.inbound
    const found = tunnelled === undefined || x.tunnels ? find(x) : plain.get(tunnelled)
    if (found === undefined) throw x.tunnels ? NO_TUNNEL : NO_SERVICE
    return found
  }
}

function finder(
  target: ListenerTarget,
  services: ReadonlyMap<string, Service>,
  plain: ReadonlyMap<string, Destination>,
): (x: Routed) => Destination | undefined {
  if (target.kind === 'by-name') return x => plain.get(hostOf(x.host))
  if (target.kind === 'routes') {
    const table = createTable(target.routes, services)
    const byPath = target.routes.some(route => route.prefix !== '/')
    return x => table(hostOf(x.host), byPath && !x.tunnels ? x.target : '/')
  }
  const only = plain.get(target.service)
  // In front of one service, CONNECT is nobody's business unless it names just that service.
  return x => (x.tunnels && hostOf(x.host) !== target.service ? undefined : only)
}

/** `Orders:80` and `orders.` are `orders`; `[::1]:80` is `[::1]`. */
function hostOf(authority: string): string {
  const known = HOSTS.get(authority)
  if (known !== undefined) return known
  const end = authority.startsWith('[') ? authority.indexOf(']') + 1 : authority.search(/:|$/)
  const host = authority.slice(0, end).toLowerCase().replace(/\.$/, '')
  if (HOSTS.size < HOSTS_LIMIT && authority.length <= 255) HOSTS.set(authority, host)
  return host
}

/** An app calls the same few names; a client that invents names fills it once and gains nothing. */
const HOSTS = new Map<string, string>()
const HOSTS_LIMIT = 1024

interface Entry extends Destination {
  readonly prefix: string
}

/** By exact host, then by the longest wildcard, then routes for any host; in each the longest prefix wins. */
function createTable(
  routes: readonly RouteSettings[],
  services: ReadonlyMap<string, Service>,
): (host: string, target: string) => Destination | undefined {
  const exact = new Map<string, Entry[]>()
  const wild = new Map<string, Entry[]>()
  const any: Entry[] = []
  for (const { host, prefix, service: name, idempotent, sticky } of routes) {
    const service = services.get(name)!
    const affinity = sticky === undefined ? service.affinity : sticky === false ? undefined : service.keep(sticky)
    const entry = { prefix, service, idempotent, affinity }
    if (host === undefined) any.push(entry)
    else if (host.startsWith('*')) add(wild, host.slice(1), entry)
    else add(exact, host, entry)
  }
  const suffixes = [...wild.keys()].sort((a, b) => b.length - a.length)
  for (const entries of [...exact.values(), ...wild.values(), any]) {
    entries.sort((a, b) => b.prefix.length - a.prefix.length)
  }
  return (host, target) => {
    let found = match(exact.get(host), target)
    for (const suffix of suffixes) {
      if (found !== undefined) break
      if (host.endsWith(suffix) && host.length > suffix.length) found = match(wild.get(suffix), target)
    }
    return found ?? match(any, target)
  }
}

function add(map: Map<string, Entry[]>, key: string, entry: Entry): void {
  const entries = map.get(key)
  if (entries === undefined) map.set(key, [entry])
  else entries.push(entry)
}

function match(entries: readonly Entry[] | undefined, target: string): Entry | undefined {
  if (entries === undefined) return undefined
  for (const entry of entries) if (covers(entry.prefix, target)) return entry
  return undefined
}

/** Whole segments only: `/api` covers `/api`, `/api/x` and `/api?x`, not `/apix`. */
function covers(prefix: string, target: string): boolean {
  if (prefix === '/') return true
  if (!target.startsWith(prefix)) return false
  const next = target.charCodeAt(prefix.length)
  return Number.isNaN(next) || next === 0x2f || next === 0x3f
}
