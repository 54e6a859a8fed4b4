// The schema as people and editors read it: a page of tables, and a JSON Schema.

import { z } from 'zod'
import { configuration } from './schema.ts'

/** Markdown for docs/configuration.md: every key, its type, default and meaning. */
export function reference(): string {
  const root = schemaOf()
  const { listeners, services } = root.properties!
  return [
    '### Top level\n',
    table({ ...root, properties: { ...root.properties, listeners: leaf(listeners!), services: leaf(services!) } }),
    '\n### Each of `listeners`\n',
    table(listeners!.items!),
    '\n### Each of `services`\n',
    table(services!.additionalProperties!),
  ].join('\n')
}

/** JSON Schema for editors, as text. It also takes `${NAME}` wherever the loader does. */
export function jsonSchema(): string {
  // The loader passes over these keys; see tree.ts.
  const schema = { ...withVariables(schemaOf()), patternProperties: { '^x-': {} }, title: 'Outrigger configuration' }
  return `${JSON.stringify(schema, null, 2)}\n`
}

export interface Schema {
  $schema?: string
  title?: string
  description?: string
  type?: string | string[]
  pattern?: string
  default?: unknown
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  additionalProperties?: Schema
  required?: string[]
}

export function schemaOf(): Schema {
  return z.toJSONSchema(configuration, { io: 'input', target: 'draft-07' }) as Schema
}

function leaf({ items, additionalProperties, ...rest }: Schema): Schema {
  return rest
}

function table(schema: Schema): string {
  return ['| key | type | default | meaning |', '|---|---|---|---|', ...rows(schema, '')].join('\n')
}

function rows(schema: Schema, above: string): string[] {
  const seen = new Map<string, string>()
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const cells = [`\`${above}${key}\``, typeOf(inner), defaultOf(inner, schema.required?.includes(key) ?? false)]
    const meaning = inner.description ?? ''
    const below = rows(inner, '').join()
    const alike = below === '' ? undefined : seen.get(below)
    if (alike !== undefined) return rowOf(cells, meaning.replace(/\.$/, `; its keys are those of \`${alike}\`.`))
    seen.set(below, key)
    return [rowOf(cells, meaning), ...rows(inner, `${above}${key}.`)]
  })
  const alternatives = (schema.anyOf ?? []).flatMap(form => rows(form, above))
  return [
    ...own,
    ...alternatives,
    ...(schema.items === undefined ? [] : rows(schema.items, `${above.slice(0, -1)}[].`)),
  ]
}

function rowOf(cells: readonly string[], meaning: string): string {
  return `| ${[...cells, meaning].map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function typeOf(schema: Schema): string {
  if (schema.title !== undefined) return schema.title
  if (schema.enum !== undefined) return schema.enum.map(value => `\`${value}\``).join(', ')
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(', or ')
  return schema.type === 'boolean' ? '`true` or `false`' : schema.type === 'object' ? 'map' : String(schema.type)
}

function defaultOf(schema: Schema, required: boolean): string {
  if (required) return 'required'
  const value = schema.default
  if (value === '') return '`""`'
  if (value === undefined) return ''
  // What could also be `false` is on; other maps have their defaults inside, and nothing to say for themselves.
  if (typeof value === 'object' && Object.keys(value!).length === 0) return schema.anyOf === undefined ? '' : '`{}`'
  return `\`${Array.isArray(value) ? `[${value.join(', ')}]` : value}\``
}

const VARIABLE = '\\$\\{'

function withVariables<T>(node: T): T {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map(withVariables) as T
  const schema = Object.fromEntries(
    // Keys take no variables.
    Object.entries(node).map(([key, value]) => [key, key === 'propertyNames' ? value : withVariables(value)]),
  ) as Schema
  if (schema.type === 'string' && schema.enum !== undefined) {
    const { type, enum: names, ...rest } = schema
    return orVariable({ type, enum: names }, rest) as T
  }
  if (schema.type === 'boolean' && schema.const !== undefined) {
    const { type, const: only, ...rest } = schema
    return orVariable({ type, const: only }, rest) as T
  }
  if (schema.type === 'string' && schema.pattern !== undefined) schema.pattern += `|${VARIABLE}`
  if (schema.type === 'number' || schema.type === 'integer' || schema.type === 'boolean') {
    schema.type = [schema.type, 'string']
    schema.pattern = VARIABLE
  }
  return schema as T
}

function orVariable(schema: Schema, rest: Schema): Schema {
  return { ...rest, anyOf: [schema, { type: 'string', pattern: VARIABLE }] }
}
