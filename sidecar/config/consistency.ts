// What no single value shows: names that must exist, things that may be there only once. It looks at the values as they
// were written, not at what the schema made of them, so that these problems are told together with all others.

import { readAddress, readPrefix, readRouteHost, readServiceName, sameAddress } from './addresses.ts'
import { type Fault, formatPath, type Path } from './problems.ts'
import { ADMIN_DEFAULT } from './schema.ts'
import { isNot, oneOf } from './wording.ts'

export function inconsistencies(root: unknown): Fault[] {
  const { admin, listeners, services } = mapOf(root)
  const names = Object.keys(mapOf(services))
  const callable = names.filter(name => 'value' in readServiceName(name))
  return [
    ...serviceFaults(services, names),
    ...names.flatMap(name => repeatedEndpoints(mapOf(mapOf(services)[name]).endpoints, ['services', name])),
    ...repeatedListeners(admin, listOf(listeners)),
    ...listOf(listeners).flatMap((listener, i) => targetFaults(mapOf(listener), ['listeners', i], callable)),
  ]
}

function serviceFaults(services: unknown, names: readonly string[]): Fault[] {
  if (services !== null && typeof services === 'object' && !Array.isArray(services) && names.length === 0) {
    return [{ path: ['services'], message: 'is empty; expected at least one service with its endpoints' }]
  }
  const seen = once('the same service')
  return names.flatMap((name): Fault[] => {
    const path = ['services', name]
    const reading = readServiceName(name)
    if ('problem' in reading) return [{ path, message: reading.problem, at: 'key' }]
    return seen(reading.value, path).map(fault => ({ ...fault, at: 'key' }))
  })
}

function repeatedEndpoints(endpoints: unknown, above: Path): Fault[] {
  const seen = once('the same endpoint')
  return listOf(endpoints).flatMap((endpoint, i): Fault[] => {
    const path = [...above, 'endpoints', i]
    const written = typeof endpoint === 'object' ? mapOf(endpoint).address : endpoint
    const reading = readAddress(written, 'connect')
    return 'value' in reading ? seen(sameAddress(reading.value), path) : []
  })
}

function repeatedListeners(admin: unknown, listeners: readonly unknown[]): Fault[] {
  const seen = once('the same address')
  // Port 0 is another port each time.
  const check = (text: unknown, path: Path, called?: string): Fault[] => {
    const reading = readAddress(text, 'listen')
    return 'problem' in reading || reading.value.endsWith(':0') ? [] : seen(sameAddress(reading.value), path, called)
  }
  if (admin === undefined) check(ADMIN_DEFAULT, ['admin'], 'the default of admin')
  else check(admin, ['admin'])
  return listeners.flatMap((listener, i) => check(mapOf(listener).listen, ['listeners', i, 'listen']))
}

function targetFaults(listener: Record<string, unknown>, path: Path, names: readonly string[]): Fault[] {
  const { service, routes } = listener
  const faults = unknownService(service, [...path, 'service'], names)
  if (service != null && routes != null) {
    const message = 'a listener has either service or routes; make the service a route without host and prefix'
    faults.push({ path: [...path, 'service'], message, at: 'key' })
  }
  const seen = once('the same host and prefix')
  for (const [i, item] of listOf(routes).entries()) {
    const route = mapOf(item)
    const at = [...path, 'routes', i]
    faults.push(...unknownService(route.service, [...at, 'service'], names))
    const host = route.host === undefined ? { value: '' } : readRouteHost(route.host)
    const prefix = readPrefix(route.prefix ?? '/')
    if ('value' in host && 'value' in prefix) faults.push(...seen(`${host.value} ${prefix.value}`, at))
  }
  return faults
}

function unknownService(name: unknown, path: Path, names: readonly string[]): Fault[] {
  if (typeof name !== 'string' || names.length === 0) return []
  if (names.some(known => known.toLowerCase() === name.toLowerCase())) return []
  return [{ path, message: isNot(name, 'a service', oneOf(names, 'a name under services'), names) }]
}

/** A check that is told each thing in turn, and objects to the second of a kind. */
function once(what: string) {
  const first = new Map<string, string>()
  return (identity: string, path: Path, called = formatPath(path)): Fault[] => {
    const earlier = first.get(identity)
    if (earlier !== undefined) return [{ path, message: `is ${what} as ${earlier}` }]
    first.set(identity, called)
    return []
  }
}

function mapOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
