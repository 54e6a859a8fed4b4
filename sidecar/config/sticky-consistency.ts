// Of what keeps a client at one member: the keys that go together, and cookies that would overwrite each other.

import { readPrefix } from './addresses.ts'
import { listOf, mapOf } from './as-written.ts'
import { type Fault, formatPath, type Path } from './problems.ts'
import { LEAST_KEY } from './sticky-schema.ts'
import { show } from './wording.ts'

const WAYS = ['cookie', 'learn', 'hash', 'header', 'query']
/** What goes with some of them only. */
const COMPANIONS: Readonly<Record<string, readonly string[]>> = {
  key: ['cookie'],
  idle: ['cookie', 'learn'],
  life: ['cookie'],
  entries: ['learn'],
  drain: ['cookie', 'learn'],
}

export function stickyFaults(sticky: unknown, path: Path): Fault[] {
  if (typeof sticky !== 'object' || sticky === null || Array.isArray(sticky)) return []
  const map = mapOf(sticky)
  const ways = WAYS.filter(way => map[way] !== undefined)
  if (ways.length !== 1) {
    const found = ways.length === 0 ? 'does not say by what' : `has ${ways.join(' and ')}`
    return [{ path, message: `${found}; expected exactly one of ${WAYS.join(', ')}` }]
  }
  const way = ways[0]!
  const faults = Object.entries(COMPANIONS).flatMap(([key, goesWith]): Fault[] =>
    map[key] === undefined || goesWith.includes(way)
      ? []
      : [{ path: [...path, key], message: `goes with ${goesWith.join(' and ')}, not with ${way}`, at: 'key' }],
  )
  if (way === 'cookie' && map.key === undefined) faults.push({ path, message: NO_KEY })
  return way === 'cookie' ? [...faults, ...prefixFaults(mapOf(map.cookie), [...path, 'cookie'])] : faults
}

/** One made up for this process would be another in each sidecar, and after each restart. */
const NO_KEY =
  `has no key; pins are signed with one that all sidecars share, at least ${LEAST_KEY} characters, such as ` +
  'openssl rand -base64 32 gives'

/** What browsers want of a cookie with this prefix (RFC 6265bis section 4.1.3.2); they drop it otherwise. */
function prefixFaults({ name, path = '/', domain }: Record<string, unknown>, above: Path): Fault[] {
  if (typeof name !== 'string' || !/^__Host-/i.test(name)) return []
  const message = `a cookie named ${show(name)} has no domain, and the path /`
  return [
    ...(domain === undefined ? [] : [{ path: [...above, 'domain'], message, at: 'key' as const }]),
    ...(path === '/' ? [] : [{ path: [...above, 'path'], message }]),
  ]
}

/** A browser has one cookie of a name for a host and a path; two services would unpin each other's clients. */
export function cookieClashes(
  { routes }: Record<string, unknown>,
  path: Path,
  services: Record<string, unknown>,
): Fault[] {
  const seen: { readonly at: Path; readonly host: unknown; readonly to: string; readonly cookie: Cookie }[] = []
  return listOf(routes).flatMap((item, i): Fault[] => {
    const route = mapOf(item)
    const name = Object.keys(services).find(name => name.toLowerCase() === String(route.service).toLowerCase())
    if (name === undefined || 'problem' in readPrefix(route.prefix ?? '/')) return []
    const cookie = cookieOf(route.sticky ?? mapOf(services[name]).sticky)
    if (cookie === undefined) return []
    const here = { at: [...path, 'routes', i], host: route.host, to: name, cookie }
    const other = seen.find(
      ({ host, to, cookie: { name, path } }) =>
        to !== here.to &&
        name === cookie.name &&
        (host === undefined || here.host === undefined || host === here.host) &&
        (path.startsWith(cookie.path) || cookie.path.startsWith(path)),
    )
    seen.push(here)
    if (other === undefined) return []
    const message = `its cookie ${show(cookie.name)} is that of ${formatPath(other.at)}, which is for another service`
    return [{ path: here.at, message: `${message}; expected another name` }]
  })
}

interface Cookie {
  readonly name: string
  readonly path: string
}

function cookieOf(sticky: unknown): Cookie | undefined {
  const { cookie } = mapOf(sticky)
  if (cookie === undefined) return undefined
  const { name = 'outrigger_pin', path = '/' } = typeof cookie === 'string' ? { name: cookie } : mapOf(cookie)
  return typeof name === 'string' && typeof path === 'string' ? { name, path } : undefined
}
