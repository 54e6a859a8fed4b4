// Fields of a head that is text already: what is looked for, taken out or put in by features that few services use.
// `head` ends with the empty line, and more may follow it.

/** The first field of that name, '' when it is empty, undefined when it is missing. */
export function fieldValue(head: string, name: string): string | undefined {
  const end = head.indexOf('\r\n\r\n')
  const fields = head.slice(0, end + 2)
  const at = fields.toLowerCase().indexOf(`\r\n${name.toLowerCase()}:`)
  if (at < 0) return undefined
  const from = at + name.length + 3
  return fields.slice(from, fields.indexOf('\r\n', from)).trim()
}

/** RFC 6265 section 4.2: `name=value` pairs, separated by `; `. */
export function cookieValue(cookies: string, name: string): string | undefined {
  for (const pair of cookies.split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return undefined
}

/**
 * A request head without the cookies of that name, and their values in order. The other cookies stay as they are, byte for
 * byte; a Cookie field with nothing left in it goes.
 */
export function takeCookies(head: string, name: string): { readonly head: string; readonly values: readonly string[] } {
  const values: string[] = []
  // Most requests without one are known as such at once. Not by `name=`: there may be spaces before the sign.
  if (!head.includes(name)) return { head, values }
  const kept = mapFields(head, 'cookie', line => {
    const before = line.indexOf(':') + 1
    const rest = line.slice(before).split(';')
    const others = rest.filter(pair => {
      const value = cookieValue(pair, name)
      if (value !== undefined) values.push(unquoted(value))
      return value === undefined
    })
    if (others.length === rest.length) return line
    const left = others.join(';')
    return left.trim() === '' ? undefined : line.slice(0, before) + left
  })
  return { head: kept, values }
}

/** The value that a response head sets this cookie to; of several the last, as a browser takes them. */
export function setCookieValue(head: string, name: string): string | undefined {
  let value: string | undefined
  mapFields(head, 'set-cookie', line => {
    const [pair] = line.slice(line.indexOf(':') + 1).split(';', 1)
    const found = cookieValue(pair!, name)
    if (found !== undefined) value = unquoted(found)
    return line
  })
  return value
}

/** A response head that does not set this cookie. */
export function withoutSetCookie(head: string, name: string): string {
  if (!head.includes(name)) return head
  return mapFields(head, 'set-cookie', line => {
    const [pair] = line.slice(line.indexOf(':') + 1).split(';', 1)
    return cookieValue(pair!, name) === undefined ? line : undefined
  })
}

/** A head with one more field, as the last. */
export function withField(head: string, line: string): string {
  return `${head.slice(0, -2)}${line}\r\n\r\n`
}

/** Every field line of that name, without its CRLF, as `map` has it; undefined takes it out. `name` in lower case. */
function mapFields(head: string, name: string, map: (line: string) => string | undefined): string {
  const end = head.indexOf('\r\n\r\n') + 2
  let out = ''
  let from = 0
  for (let at = head.indexOf('\r\n') + 2; at < end; ) {
    const next = head.indexOf('\r\n', at) + 2
    if (head.charCodeAt(at + name.length) === COLON && head.slice(at, at + name.length).toLowerCase() === name) {
      const line = head.slice(at, next - 2)
      const mapped = map(line)
      if (mapped !== line) {
        out += head.slice(from, at) + (mapped === undefined ? '' : `${mapped}\r\n`)
        from = next
      }
    }
    at = next
  }
  return from === 0 ? head : out + head.slice(from)
}

const COLON = 0x3a

function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
}
