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
  const schema = { ...withVariables(schemaOf()), title: 'Outrigger configuration' }
  return `${JSON.stringify(schema, null, 2)}\n`
}

interface Schema {
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

function schemaOf(): Schema {
  return z.toJSONSchema(configuration, { io: 'input', target: 'draft-07' }) as Schema
}

function leaf({ items, additionalProperties, ...rest }: Schema): Schema {
  return rest
}

function table(schema: Schema): string {
  return ['| key | type | default | meaning |', '|---|---|---|---|', ...rows(schema, '')].join('\n')
}

function rows(schema: Schema, above: string): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const cells = [`\`${above}${key}\``, typeOf(inner), defaultOf(inner, schema.required?.includes(key) ?? false)]
    const meaning = inner.description ?? ''
    return [
      `| ${[...cells, meaning].map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`,
      ...rows(inner, `${above}${key}.`),
    ]
  })
  const alternatives = (schema.anyOf ?? []).flatMap(form => rows(form, above))
  return [
    ...own,
    ...alternatives,
    ...(schema.items === undefined ? [] : rows(schema.items, `${above.slice(0, -1)}[].`)),
  ]
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
  if (value === undefined || (typeof value === 'object' && Object.keys(value!).length === 0)) return ''
  return `\`${Array.isArray(value) ? `[${value.join(', ')}]` : value}\``
}

const VARIABLE = '\\$\\{'

function withVariables<T>(node: T): T {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map(withVariables) as T
  const schema = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withVariables(value)])) as Schema
  if (schema.type === 'string' && schema.enum !== undefined) {
    const { type, enum: names, ...rest } = schema
    return {
      ...rest,
      anyOf: [
        { type, enum: names },
        { type, pattern: VARIABLE },
      ],
    } as T
  }
  if (schema.type === 'string' && schema.pattern !== undefined) schema.pattern += `|${VARIABLE}`
  if (schema.const !== undefined) return schema as T
  if (schema.type === 'number' || schema.type === 'integer' || schema.type === 'boolean') {
    schema.type = [schema.type, 'string']
    schema.pattern = VARIABLE
  }
  return schema as T
}
