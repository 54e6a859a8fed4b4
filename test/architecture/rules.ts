// The house rules, on plain texts: the real tree and the seeded violations go through the same functions.
import { posix } from 'node:path'
import { codeOf, type Import, importsOf } from './source.ts'

export interface Tree {
  /** Path from the root of the repository, with `/`, to text. */
  readonly files: ReadonlyMap<string, string>
  /** What an installed Outrigger brings with it. */
  readonly dependencies: readonly string[]
}

export const MAX_LINES = 350

interface Layer {
  readonly layers: readonly string[]
  /** Layers of which only types may be taken. */
  readonly types?: readonly string[]
  readonly npm?: readonly string[]
  /** No I/O, clock, dice or timers. */
  readonly pure?: true
}

const layers: Readonly<Record<string, Layer>> = {
  model: { layers: [], pure: true },
  balance: { layers: ['model'], pure: true },
  resilience: { layers: ['model'], pure: true },
  cluster: { layers: ['model', 'balance', 'resilience'], pure: true },
  http1: { layers: ['model'] },
  health: { layers: ['model', 'http1'] },
  discovery: { layers: ['model', 'http1'] },
  proxy: { layers: ['model', 'resilience', 'cluster', 'http1'] },
  telemetry: { layers: ['model'], npm: ['pino', 'prom-client'] },
  admin: { layers: ['model', 'telemetry', 'http1'], types: ['cluster'] },
  config: { layers: ['model'], types: ['cluster'], npm: ['yaml', 'zod'] },
}

const rules = [layering, purity, cycles, size, fileNames, interfaceNames, extensions]

/** One message per violation, with the place. */
export function violations(tree: Tree): string[] {
  const parsed = [...tree.files].map(([path, text]) => {
    const code = codeOf(text)
    return { path, text, code, imports: importsOf(text, code) }
  })
  return rules.flatMap(rule => rule(parsed, tree))
}

interface Source {
  readonly path: string
  readonly text: string
  readonly code: string
  readonly imports: readonly Import[]
}

/** `sidecar/proxy/handle.ts` -> `proxy`; `sidecar/sidecar.ts` -> `sidecar`; else the top folder. */
function layerOf(path: string): string {
  const [top = '', next = '', more] = path.split('/')
  return top === 'sidecar' && more !== undefined ? next : top
}

function resolve(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined
}

function layering(sources: readonly Source[], { dependencies }: Tree): string[] {
  return sources.flatMap(({ path, imports }) => {
    const layer = layerOf(path)
    if (/^sidecar\/.+\//.test(path) && layers[layer] === undefined)
      return [`${path}: sidecar/${layer} has no import rule yet; add it to test/architecture/rules.ts`]
    return imports.flatMap(found => {
      const reason = forbidden(path, layer, found, dependencies)
      return reason === undefined ? [] : [`${path}:${found.line} imports ${found.specifier}: ${reason}`]
    })
  })
}

function forbidden(path: string, layer: string, found: Import, dependencies: readonly string[]): string | undefined {
  const target = resolve(path, found.specifier)
  const rule = path.startsWith('sidecar/') ? layers[layer] : undefined
  if (target === undefined) return packageForbidden(path, layer, rule, found.specifier, dependencies)
  if (target === 'sidecar/bin.ts') return 'nobody imports the command'
  if (path.startsWith('middleware/')) {
    if (layerOf(target) === layer) return undefined
    // One app instance forwards to another over the same wire as the sidecar: no second reading of HTTP.
    if (/^middleware\/sticky\/forward(?:-\w+)?\.ts$/.test(path) && /^sidecar\/(?:http1|model)\//.test(target))
      return undefined
    return 'middleware imports middleware only; its sticky/forward*.ts also http1 and model'
  }
  if (!path.startsWith('sidecar/')) return undefined
  if (rule === undefined) return /^(?:sidecar|middleware)\//.test(target) ? undefined : 'not part of the package'
  if (target.startsWith('sidecar/')) {
    const to = layerOf(target)
    if (to === layer || rule.layers.includes(to) || (found.typeOnly && rule.types?.includes(to))) return undefined
  }
  if (target === 'middleware/pin.ts' && path === 'sidecar/proxy/affinity.ts') return undefined
  const types = rule.types?.map(name => `types of ${name}`) ?? []
  return `${layer} may import ${[...rule.layers, ...types].join(', ') || 'nothing'}`
}

function packageForbidden(
  path: string,
  layer: string,
  rule: Layer | undefined,
  specifier: string,
  dependencies: readonly string[],
): string | undefined {
  if (!/^(?:sidecar|middleware)\//.test(path)) return undefined
  if (rule?.pure) return `${layer} is pure: no packages, nothing of Node`
  if (specifier.startsWith('node:')) return undefined
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  if (!dependencies.includes(name)) return `${name} is not in dependencies, so nobody who installs Outrigger has it`
  if (rule !== undefined && !rule.npm?.includes(name))
    return `${layer} may import ${rule.npm?.join(', ') ?? 'no package'}`
  return undefined
}

const impure =
  /(?<![.\w$])(?:Date|performance|process|console|fetch|crypto|Intl|global|globalThis|WebSocket|EventSource|Worker|MessageChannel|BroadcastChannel|queueMicrotask|(?:set|clear)(?:Timeout|Interval|Immediate)|Math\s*\.\s*random|AbortSignal\s*\.\s*timeout|import\s*\.\s*meta)(?![\w$])/g

function purity(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => path.startsWith('sidecar/') && layers[layerOf(path)]?.pure)
    .flatMap(({ path, code }) =>
      [...code.matchAll(impure)].map(({ 0: word, index }) => {
        const line = code.slice(0, index).split('\n').length
        return `${path}:${line} uses ${word}: ${layerOf(path)} is pure; let the caller hand it in`
      }),
    )
}

/** Imports of types count: a cycle of words is as hard to read as a cycle of calls. */
function cycles(sources: readonly Source[]): string[] {
  const edges = new Map(
    sources.map(({ path, imports }) => [path, imports.map(({ specifier }) => resolve(path, specifier))]),
  )
  const found: string[] = []
  const done = new Set<string>()
  const trail: string[] = []
  const visit = (path: string) => {
    if (trail.includes(path)) found.push(`import cycle: ${[...trail.slice(trail.indexOf(path)), path].join(' -> ')}`)
    if (done.has(path) || trail.includes(path)) return
    trail.push(path)
    for (const target of edges.get(path) ?? []) if (target !== undefined && edges.has(target)) visit(target)
    trail.pop()
    done.add(path)
  }
  for (const path of edges.keys()) visit(path)
  return found
}

export function linesOf(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}

function size(sources: readonly Source[]): string[] {
  return sources
    .filter(({ text }) => linesOf(text) > MAX_LINES)
    .map(({ path, text }) => `${path} has ${linesOf(text)} lines; ${MAX_LINES} is the limit`)
}

function fileNames(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => /(?:^|\/)(?:utils?|helpers?|types|common|misc)(?:\/|\.[^/]*$)/.test(path))
    .map(({ path }) => `${path}: name it after what it does`)
}

function interfaceNames(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, code }) =>
    [...code.matchAll(/\b(?:interface|type)\s+(I[A-Z][a-z]\w*)\s*(?=[<={]|extends\b)/g)]
      .filter(({ 1: name }) => !name!.startsWith('IPv'))
      .map(({ 1: name }) => `${path}: ${name} needs no I`),
  )
}

function extensions(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => path.endsWith('.ts'))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => specifier.startsWith('.') && !/\.(?:ts|json)$/.test(specifier))
        .map(({ specifier, line }) => `${path}:${line} imports ${specifier}: relative imports end in .ts`),
    )
}
