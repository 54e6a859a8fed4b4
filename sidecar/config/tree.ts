// YAML text -> plain values, and where in the text each of them stands. The nodes are walked here rather than by the
// library's toJS(): only a walk knows the path, and so the position, of what came through an alias or a merge.

import type { Alias, Node, YAMLMap } from 'yaml'
import { isAlias, isMap, isPair, isScalar, isSeq, parseDocument, visit } from 'yaml'
import { depthOf } from './depth.ts'
import { type Position, positionsIn } from './position.ts'
import type { Fault, Path } from './problems.ts'
import { type Environment, isVariable, substitute } from './variables.ts'

export interface Tree {
  readonly value: unknown
  readonly faults: readonly Fault[]
  /** Where a fault stands; one whose path is not in the file, at what should have contained it. */
  placeOf(fault: Fault): Position
  /** The keys of a map as the file has them: an object would put `1:` before `web:`. */
  keysOf(path: Path): readonly string[]
  /** Values that could not be read, or are not there because of that: whatever is said of them would be noise. */
  isUnread(path: Path): boolean
  /** Puts back the text of a variable that was taken for a number or a switch; false where there is none. */
  takeAsText(path: Path): boolean
}

export function readTree(text: string, env: Environment): Tree {
  const positionOf = positionsIn(text)
  const { value, faults, places, keys, unread, texts } = read(text, env, offset => positionOf(offset).line)

  function offsetOf(path: Path, at: Fault['at']): number {
    if (typeof at === 'number') return at
    const place = places.get(idOf(path))
    if (place !== undefined) return at === 'key' ? (place.key ?? place.value) : place.value
    return path.length === 0 ? 0 : offsetOf(path.slice(0, -1), 'key')
  }

  return {
    value,
    faults,
    placeOf: ({ path, at }) => positionOf(offsetOf(path, at)),
    keysOf: path => keys.get(idOf(path)) ?? [],
    isUnread: path =>
      path.some((_, i) => unread.has(idOf(path.slice(0, i + 1)))) ||
      isMissing(path) ||
      unread.has(idOf([...path, '<<'])),
    takeAsText(path) {
      const text = texts.get(idOf(path))
      const above = path.slice(0, -1).reduce((inner: unknown, step) => Object(inner)[step], value)
      return text !== undefined && Reflect.set(Object(above), path.at(-1)!, text)
    },
  }

  /** What a merge that could not be read may have had. */
  function isMissing(path: Path): boolean {
    return !places.has(idOf(path)) && path.some((_, i) => unread.has(idOf([...path.slice(0, i), '<<'])))
  }
}

type LineOf = (offset: number) => number

function read(text: string, env: Environment, lineOf: LineOf): Walk {
  const refused = emptyWalk()
  if (depthOf(text) > MAX_DEPTH) {
    refused.faults.push({ path: [], message: `the file is nested more than ${MAX_DEPTH} deep`, at: 0 })
    return refused
  }
  const document = parseDocument(text, { uniqueKeys: false, prettyErrors: false })
  const errors = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])
  if (errors.length === 0) return walk(document.contents, env, lineOf)
  const lines = text.split('\n')
  let reported = 0
  for (const error of errors) {
    const line = lineOf(error.pos[0])
    // One per line: what follows the first is mostly the parser finding its feet again.
    if (line === reported) continue
    reported = line
    const what = error.code === 'MULTIPLE_DOCS' ? 'a second document; expected one' : lowerFirst(error.message)
    const hint = hintAt(lines[line - 1] ?? '')
    refused.faults.push({ path: [], message: `not valid YAML: ${what}${hint}`, at: error.pos[0] })
  }
  return refused
}

/** Aliases of aliases multiply: ten lines can stand for a billion values. No real file comes near either. */
const MAX_VALUES = 100_000
const MAX_DEPTH = 32

interface Walk {
  value: unknown
  readonly faults: Fault[]
  readonly places: Map<string, { value: number; key?: number }>
  readonly keys: Map<string, string[]>
  readonly unread: Set<string>
  /** As it was set, what became a number or a switch. */
  readonly texts: Map<string, string>
}

interface Entry {
  readonly key: string
  readonly keyOffset: number
  readonly node: unknown
}

class TooMuch extends Error {}

function emptyWalk(): Walk {
  return { value: undefined, faults: [], places: new Map(), keys: new Map(), unread: new Set(), texts: new Map() }
}

function walk(root: Node | null, env: Environment, lineOf: LineOf): Walk {
  const result = emptyWalk()
  const { faults, places, keys, unread, texts } = result
  const targets = aliasTargets(root)
  let budget = MAX_VALUES

  function spend(depth: number): void {
    if (--budget < 0) throw new TooMuch(`stands for more than ${MAX_VALUES} values`)
    if (depth > MAX_DEPTH) throw new TooMuch(`is nested more than ${MAX_DEPTH} deep`)
  }

  function unreadable(path: Path, message: string): undefined {
    faults.push({ path, message })
    unread.add(idOf(path))
    return undefined
  }

  function walkNode(written: unknown, path: Path, keyOffset: number | undefined, above: readonly unknown[]): unknown {
    spend(above.length)
    const [start, end] = (written as Node | null)?.range ?? [0, 0]
    // A value left out has no place of its own: point at its key.
    places.set(idOf(path), {
      value: start === end ? (keyOffset ?? start) : start,
      ...(keyOffset !== undefined && { key: keyOffset }),
    })
    const node = isAlias(written) ? targets.get(written) : written
    if (node === undefined) return unreadable(path, noAnchor(written as Alias))
    if (above.includes(node)) return unreadable(path, `*${(written as Alias).source} contains itself`)
    const inside = [...above, node]
    if (isMap(node)) return walkMap(node, path, inside)
    if (isSeq(node)) return node.items.map((item, i) => walkNode(item, [...path, i], undefined, inside))
    if (!isScalar(node) || typeof node.value !== 'string') return isScalar(node) ? node.value : null
    const { text, problems } = substitute(node.value, env)
    for (const problem of problems) unreadable(path, problem)
    if (text === node.value || node.tag !== undefined) return text
    const value = node.type === 'PLAIN' || isVariable(node.value) ? retyped(text) : text
    if (value !== text) texts.set(idOf(path), text)
    return value
  }

  function walkMap(map: YAMLMap, path: Path, inside: readonly unknown[]): unknown {
    // Without a prototype, `__proto__` and `constructor` are keys like any other.
    const object: Record<string, unknown> = Object.create(null)
    const entries = entriesOf(map, path, inside)
    keys.set(idOf(path), [...entries.keys()])
    for (const { key, keyOffset, node } of entries.values()) {
      // For anchors, say; whatever is in them counts where it is used.
      if (path.length === 0 && key.startsWith('x-')) continue
      object[key] = walkNode(node, [...path, key], keyOffset, inside)
    }
    return object
  }

  /** The map's own keys, then those of `<<` that it does not have itself. */
  function entriesOf(map: YAMLMap, path: Path, inside: readonly unknown[]): Map<string, Entry> {
    const own = new Map<string, Entry>()
    const merged: unknown[] = []
    for (const { key, value } of map.items) {
      spend(inside.length)
      const keyOffset = (key as Node).range?.[0] ?? map.range?.[0] ?? 0
      const name = isAlias(key) ? targets.get(key) : key
      if (!isScalar(name)) {
        const message = 'a key must be plain text; an IPv6 address and what starts with [, { or * needs quotes'
        faults.push({ path, message, at: keyOffset })
        unread.add(idOf(path))
      } else if (name.value === '<<' && name.type === 'PLAIN') {
        merged.push(value)
        places.set(idOf([...path, '<<']), { value: keyOffset })
      } else {
        // `source` is the key as written: `8080` and `0x10` are not yet numbers.
        const text = typeof name.value === 'string' ? name.value : (name.source ?? String(name.value))
        const first = own.get(text)
        if (first === undefined) own.set(text, { key: text, keyOffset, node: value })
        else {
          const message = `is given twice; the first is on line ${lineOf(first.keyOffset)}`
          faults.push({ path: [...path, text], message, at: keyOffset })
        }
      }
    }
    for (const value of merged) mergeInto(own, value, path, inside)
    return own
  }

  function mergeInto(own: Map<string, Entry>, value: unknown, path: Path, inside: readonly unknown[]): void {
    const resolve = (node: unknown) => (isAlias(node) ? targets.get(node) : node)
    const written = resolve(value)
    for (const item of isSeq(written) ? written.items : [value]) {
      const node = resolve(item)
      if (node === undefined && isAlias(item)) unreadable([...path, '<<'], noAnchor(item))
      else if (!isMap(node) || inside.includes(node))
        unreadable([...path, '<<'], 'expected an alias of another map, like *web')
      else for (const [key, entry] of entriesOf(node, path, [...inside, node])) if (!own.has(key)) own.set(key, entry)
    }
  }

  try {
    result.value = walkNode(root, [], undefined, [])
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error
    faults.splice(0, faults.length, { path: [], message: `the file ${error.message}`, at: 0 })
    result.value = undefined
  }
  return result
}

/** Found in one pass in the order of the text, because an anchor may be given anew and each alias means the last. */
function aliasTargets(root: Node | null): Map<Alias, Node> {
  const anchors = new Map<string, Node>()
  const targets = new Map<Alias, Node>()
  visit(root, {
    Node(_, node) {
      if (isPair(node)) return
      const target = isAlias(node) ? anchors.get(node.source) : undefined
      if (isAlias(node) && target !== undefined) targets.set(node, target)
      else if (!isAlias(node) && node.anchor !== undefined) anchors.set(node.anchor, node)
    },
  })
  return targets
}

function noAnchor({ source }: Alias): string {
  const named = `there is no anchor &${source}`
  return source.startsWith('.') ? `${named}; a host with a wildcard needs quotes: "*${source}"` : named
}

/** Without quotes, or as a whole, a value is typed by what its variables hold: `${ADMIN}` may become false. */
function retyped(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^[-+]?\d+(\.\d*)?$/.test(text) ? Number(text) : text
}

/** The three things that look right in this kind of file and are not YAML. */
function hintAt(line: string): string {
  const address = /\[[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\]:\d+/.exec(line)?.[0]
  if (address !== undefined) return `; an IPv6 address needs quotes: "${address}"`
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the reader's
  if (/\$\{/.test(line)) return '; between [ ] or { }, a value with a ${VARIABLE} needs quotes'
  const key = /^[\s-]*([a-z]\w*):(?!\d+\s*$)\S/i.exec(line)?.[1]
  return key === undefined ? '' : `; a space is missing behind "${key}:"`
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function idOf(path: Path): string {
  return JSON.stringify(path)
}
