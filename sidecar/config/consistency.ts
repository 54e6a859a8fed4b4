// What no single value shows: names that must exist, things that may be there only once. It looks at the values as they
// were written, not at what the schema made of them, so that these problems are told together with all others.

import { ADMIN_DEFAULT, readAddress, readPrefix, readRouteHost, readServiceName } from './addresses.ts'
import { listOf, mapOf } from './as-written.ts'
import { clash, isWildcard, leadsTo, placeOf } from './places.ts'
import { type Fault, formatPath, type Path } from './problems.ts'
import { serviceInconsistencies } from './service-consistency.ts'
import { cookieClashes, stickyFaults } from './sticky-consistency.ts'
import { isNot, oneOf, show } from './wording.ts'

export function inconsistencies(root: unknown): Fault[] {
  const { admin, listeners, services } = mapOf(root)
  const names = Object.keys(mapOf(services))
  const callable = names.filter(name => 'value' in readServiceName(name))
  const doors = doorsOf(admin, listOf(listeners))
  return [
    ...serviceFaults(services, names),
    ...names.flatMap(name => {
      const service = mapOf(mapOf(services)[name])
      const path = ['services', name]
      return [...endpointFaults(service.endpoints, path, doors), ...serviceInconsistencies(service, path)]
    }),
    ...doors.flatMap((door, i) => takenFaults(door, doors.slice(0, i))),
    ...listOf(listeners).flatMap((listener, i) => targetFaults(mapOf(listener), ['listeners', i], callable)),
    ...listOf(listeners).flatMap((listener, i) => cookieClashes(mapOf(listener), ['listeners', i], mapOf(services))),
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

/** Where this sidecar listens. */
interface Door {
  readonly path: Path
  readonly called: string
  readonly address: string
}

/** Those whose address can be read. Port 0 is another port each time. */
function doorsOf(admin: unknown, listeners: readonly unknown[]): Door[] {
  const byDefault = admin === undefined
  const written = [
    { path: ['admin'], called: byDefault ? 'the default of admin' : 'admin', text: byDefault ? ADMIN_DEFAULT : admin },
    ...listeners.map((listener, i) => {
      const path = ['listeners', i, 'listen']
      return { path, called: formatPath(path), text: mapOf(listener).listen }
    }),
  ]
  return written.flatMap(({ text, ...door }): Door[] => {
    const reading = readAddress(text, 'listen')
    return 'problem' in reading || reading.value.endsWith(':0') ? [] : [{ ...door, address: reading.value }]
  })
}

/** The same place is the one to name; without it, the first that stands in the way. */
function takenFaults({ path, address }: Door, earlier: readonly Door[]): Fault[] {
  const same = earlier.find(door => placeOf(door.address) === placeOf(address))
  if (same !== undefined) return [{ path, message: `is the same address as ${same.called}` }]
  const other = earlier.find(door => clash(door.address, address))
  if (other === undefined) return []
  const how = isWildcard(other.address) ? 'is taken by' : 'takes in'
  const message = `${show(address)} ${how} ${other.called}, ${show(other.address)}; expected another port`
  return [{ path, message }]
}

function endpointFaults(endpoints: unknown, above: Path, doors: readonly Door[]): Fault[] {
  const seen = once('the same endpoint')
  return listOf(endpoints).flatMap((endpoint, i): Fault[] => {
    const path = [...above, 'endpoints', i]
    const isMap = typeof endpoint === 'object'
    const written = isMap ? mapOf(endpoint).address : endpoint
    const reading = readAddress(written, 'connect')
    if ('problem' in reading) return []
    const loop = loopFaults(reading.value, isMap ? [...path, 'address'] : path, doors)
    return [...seen(placeOf(reading.value), path), ...loop]
  })
}

function loopFaults(endpoint: string, path: Path, doors: readonly Door[]): Fault[] {
  const door = doors.find(({ address }) => leadsTo(endpoint, address))
  if (door === undefined) return []
  const where = isWildcard(door.address) ? `${door.called}, ${show(door.address)}` : door.called
  return [{ path, message: `${show(endpoint)} leads back to ${where}; expected the address of an app` }]
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
    faults.push(...stickyFaults(route.sticky, [...at, 'sticky']))
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
