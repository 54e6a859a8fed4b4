import type { Random } from '../sidecar/model/candidate.ts'
import * as words from './words.ts'
import { type Mutation, pick, place } from './words.ts'

interface Parts {
  readonly start: string
  readonly lines: readonly string[]
  readonly rest: string
}

/** Start line, field lines, and from the empty line on whatever follows. */
function split(text: string): Parts {
  const end = text.indexOf('\r\n\r\n')
  const [start = '', ...lines] = (end < 0 ? text : text.slice(0, end)).split('\r\n')
  return { start, lines, rest: end < 0 ? '' : text.slice(end) }
}

const joined = ({ start, lines, rest }: Parts) => [start, ...lines].join('\r\n') + rest

const onLines = (change: (lines: string[], random: Random) => void): Mutation => {
  return (text, random) => {
    const parts = split(text)
    const lines = [...parts.lines]
    change(lines, random)
    return joined({ ...parts, lines })
  }
}

/** Changes one field, as name, what stands between, and value. */
const onField = (change: (field: [string, string, string], random: Random) => readonly string[]): Mutation =>
  onLines((lines, random) => {
    if (lines.length === 0) return
    const at = Math.floor(random() * lines.length)
    const match = /^([^:]*)(:[ \t]*)([\s\S]*)$/.exec(lines[at]!)
    if (match !== null) lines[at] = change([match[1]!, match[2]!, match[3]!], random).join('')
  })

/** Changes one of the words of the start line. */
const onStart = (index: number, variants: readonly string[]): Mutation => {
  return (text, random) => {
    const parts = split(text)
    const pieces = parts.start.split(' ')
    pieces[index] = pick(variants, random)
    return joined({ ...parts, start: pieces.join(' ') })
  }
}

/** Requests and responses have their version at either end of the line. */
const onVersion: Mutation = (text, random) => {
  const index = text.startsWith('HTTP/') ? 0 : 2
  return onStart(index, words.VERSIONS)(text, random)
}

const newField = (random: Random): string => {
  const [name, values] = pick(words.FIELDS, random)
  return `${name}: ${pick(values, random)}`
}

const STATUSES = [
  '100',
  '101',
  '102',
  '103',
  '104',
  '199',
  '200',
  '204',
  '205',
  '304',
  '404',
  '426',
  '599',
  '600',
  '099',
  '20',
]

export const HEAD_MUTATIONS: readonly Mutation[] = [
  // swap, repeat, drop, insert a field
  onLines((lines, random) => {
    const [a, b] = [Math.floor(random() * lines.length), Math.floor(random() * lines.length)]
    if (lines.length > 0) [lines[a], lines[b]] = [lines[b]!, lines[a]!]
  }),
  onLines((lines, random) => {
    if (lines.length > 0) lines.splice(Math.floor(random() * lines.length), 0, pick(lines, random))
  }),
  onLines((lines, random) => void lines.splice(Math.floor(random() * lines.length), 1)),
  ...new Array<Mutation>(4).fill(
    onLines((lines, random) => void lines.splice(Math.floor(random() * (lines.length + 1)), 0, newField(random))),
  ),
  onLines((lines, random) => {
    const count = pick([90, 99, 100, 101, 120], random)
    while (lines.length < count) lines.push(`X-${lines.length}: ${lines.length}`)
  }),
  // another value for a field that has one
  onLines((lines, random) => {
    const at = Math.floor(random() * lines.length)
    const found = words.FIELDS.find(([name]) => lines[at]?.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    if (found !== undefined) lines[at] = `${found[0]}: ${pick(found[1], random)}`
  }),
  // names, blanks, values
  onField(([name, colon, value], random) => [pick(words.NAMES, random)(name), colon, value]),
  onField(([name, , value], random) => [name, `:${pick(words.BLANKS, random)}`, value]),
  onField(([name, , value], random) => [name, `${pick(words.BLANKS, random)}:`, value]),
  onField(([name, colon, value], random) => [name, colon, value + pick(words.BLANKS, random)]),
  onField(([name, colon, value], random) => {
    const at = place(value, random)
    return [name, colon, value.slice(0, at) + pick(words.BYTES, random) + value.slice(at)]
  }),
  onField(([name, colon, value], random) => [name, colon, value.replace(/\d+/, pick(words.NUMBERS, random))]),
  onField(([name, colon, value], random) => [name, colon, random() < 0.5 ? value.toUpperCase() : value.repeat(2)]),
  // lines: another end, two in one, one in two
  (text, random) => {
    const ends = [...text.matchAll(/\r\n/g)]
    if (ends.length === 0) return text
    const { index } = pick(ends, random)
    return text.slice(0, index) + pick(words.LINE_ENDS, random) + text.slice(index + 2)
  },
  (text, random) => {
    const at = Math.floor(random() * Math.max(1, text.indexOf('\r\n\r\n')))
    return `${text.slice(0, at)}\r\n${text.slice(at)}`
  },
  (text, random) => pick(['\r\n', '\r\n\r\n', '\n', '\r', ' ', '\0'], random) + text,
  // the start line
  onStart(0, words.METHODS),
  onStart(1, words.TARGETS),
  (text, random) => (text.startsWith('HTTP/') ? onStart(1, STATUSES)(text, random) : text),
  onVersion,
  onVersion,
  (text, random) => text.replace(' ', pick(['  ', '\t', '\v', ' \t', ''], random)),
  (text, random) => {
    const parts = split(text)
    const at = place(parts.start, random)
    return joined({ ...parts, start: parts.start.slice(0, at) + pick(words.BYTES, random) + parts.start.slice(at) })
  },
]
