// Where an unknown key would have been right. The schema knows every place that a key has.

import type { Path } from './problems.ts'
import { type Schema, schemaOf } from './reference.ts'

/** For a key that the map at this path does not have: `that is a key of services.*.timeouts`. */
export function elsewhere(path: Path, key: string): string | undefined {
  const here = patternOf(path)
  const all = [...sections()].filter(([, keys]) => keys.has(key)).map(([pattern]) => pattern)
  const below = all.filter(pattern => pattern.startsWith(`${here}.`))
  const homes = below.length > 0 ? below : all
  if (homes.length === 0 || homes.length > MOST) return undefined
  const names = homes.map(home => NAMES[home] ?? home)
  return `that is a key of ${[names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' or ')}`
}

/** What could stand in more places than this was hardly meant for one of them. */
const MOST = 3

const NAMES: Readonly<Record<string, string>> = {
  '': 'the top level',
  'listeners[]': 'a listener',
  'listeners[].routes[]': 'a route',
  'services.*': 'a service',
  'services.*.endpoints[]': 'an endpoint',
}

/** An address is one value here, where others want it in parts. */
export function inParts(path: Path, key: string): string | undefined {
  const name = { 'listeners[]': 'listen', 'services.*.endpoints[]': 'address' }[patternOf(path)]
  if (name === undefined || !/^(address|bind|host|hostname|ip|listen|port|url)$/i.test(key)) return undefined
  return `unknown key; expected host and port in one: write ${name}: host:port`
}

/** `services.*.endpoints[]`, whatever the name and the number. */
function patternOf(path: Path): string {
  return path
    .map((step, i) => (typeof step === 'number' ? '[]' : i === 1 && path[0] === 'services' ? '.*' : `.${step}`))
    .join('')
    .slice(1)
}

let known: ReadonlyMap<string, ReadonlySet<string>> | undefined

/** The keys of each map; found when the first is asked for, as most files have no unknown key. */
function sections(): ReadonlyMap<string, ReadonlySet<string>> {
  if (known !== undefined) return known
  const found = new Map<string, Set<string>>()
  collect(schemaOf(), '', found)
  known = found
  return known
}

function collect(schema: Schema, pattern: string, found: Map<string, Set<string>>): void {
  const { properties = {}, anyOf = [], items, additionalProperties } = schema
  for (const [key, inner] of Object.entries(properties)) {
    found.set(pattern, (found.get(pattern) ?? new Set()).add(key))
    collect(inner, pattern === '' ? key : `${pattern}.${key}`, found)
  }
  for (const form of anyOf) collect(form, pattern, found)
  if (items !== undefined) collect(items, `${pattern}[]`, found)
  if (additionalProperties) collect(additionalProperties, `${pattern}.*`, found)
}
