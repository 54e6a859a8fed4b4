import type { Random } from '../sidecar/model/candidate.ts'
import { CODINGS, FIELDS, HEX, LINE_ENDS, type Mutation, NUMBERS, pick, place } from './words.ts'

/** Changes what stands behind the head. */
const onBody = (change: Mutation): Mutation => {
  return (text, random) => {
    const at = text.indexOf('\r\n\r\n')
    return at < 0 ? text : text.slice(0, at + 4) + change(text.slice(at + 4), random)
  }
}

/** Gives a message another body and the fields that frame it, replacing those that did. */
const reframed = (make: (random: Random) => readonly [fields: string, body: string]): Mutation => {
  return (text, random) => {
    const at = text.indexOf('\r\n\r\n')
    if (at < 0) return text
    const head = text.slice(0, at).replace(/\r\n(?:content-length|transfer-encoding):[^\r]*/gi, '')
    const [fields, body] = make(random)
    return `${head}${fields}\r\n\r\n${body}`
  }
}

const CONTENTS = [
  '',
  'a',
  'hello',
  '0\r\n\r\n',
  '\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  '\n\n',
  '\0\xff',
  'x'.repeat(300),
]
const EXTENSIONS = ['', '', '', ';a', ';a=b', ';a="b c"', ` ;a`, `;${'e'.repeat(255)}`, `;${'e'.repeat(256)}`, ';']

function chunk(content: string, random: Random): string {
  const size = content.length.toString(16)
  const written = random() < 0.2 ? size.toUpperCase().padStart(pick([1, 4, 16, 17], random), '0') : size
  return `${written}${pick(EXTENSIONS, random)}\r\n${content}\r\n`
}

function chunks(random: Random): string {
  let out = ''
  for (let n = Math.floor(random() * 4); n > 0; n--) {
    const content = pick(CONTENTS, random)
    if (content !== '') out += chunk(content, random)
  }
  return `${out}${pick(['0', '0', '0', '00', '0;x'], random)}\r\n${random() < 0.5 ? '' : trailers(random)}\r\n`
}

function trailers(random: Random): string {
  let out = ''
  for (let n = 1 + Math.floor(random() * 3); n > 0; n--) {
    const [name, values] = random() < 0.5 ? (['X-T', ['1', '', ' 2\t', '\xff']] as const) : pick(FIELDS, random)
    out += `${name}: ${pick(values, random)}\r\n`
  }
  return out
}

const chunked = reframed(random => ['\r\nTransfer-Encoding: chunked', chunks(random)])

const counted = reframed(random => {
  const content = pick(CONTENTS, random)
  return [`\r\nContent-Length: ${content.length}`, content]
})

const ambiguous = reframed(random => {
  const fields = [`\r\nContent-Length: ${pick(NUMBERS, random)}`, `\r\nTransfer-Encoding: ${pick(CODINGS, random)}`]
  return [(random() < 0.5 ? fields : fields.reverse()).join(''), chunks(random)]
})

export const BODY_MUTATIONS: readonly Mutation[] = [
  chunked,
  chunked,
  counted,
  ambiguous,
  // a chunk's size, its line's end, one more chunk
  onBody((body, random) => body.replace(/^[\da-f]+/i, pick(HEX, random))),
  onBody((body, random) => body.replace(/(?<=\r\n)[\da-f]+(?=\r\n)/i, pick(HEX, random))),
  onBody((body, random) => body.replace(/\r\n/, pick(LINE_ENDS, random))),
  onBody((body, random) => {
    const ends = [...body.matchAll(/\r\n/g)]
    if (ends.length === 0) return body
    const { index } = pick(ends, random)
    return body.slice(0, index) + pick(LINE_ENDS, random) + body.slice(index + 2)
  }),
  onBody((body, random) => chunk(pick(CONTENTS, random), random) + body),
  onBody((body, random) => body.replace(/0\r\n\r\n$/, `0\r\n${trailers(random)}\r\n`)),
  onBody((body, random) => {
    const at = place(body, random)
    return body.slice(0, at) + pick(CONTENTS, random) + body.slice(at)
  }),
  onBody((body, random) => body.slice(0, place(body, random))),
]
