// Reads TypeScript just well enough for the rules: what is code and what is not, and what a file imports.
// Not the compiler's own scanner: TypeScript 7 offers it under `unstable` only.

export interface Import {
  readonly specifier: string
  readonly line: number
  /** `import type` and `export type ... from`: gone at run time. */
  readonly typeOnly: boolean
}

/** The text with comments, strings and regular expressions blanked; every index and line stays where it was. */
export function codeOf(text: string): string {
  const out = text.split('')
  // One entry per open `${`: how many braces are open inside it.
  const templates: number[] = []
  let last = ''
  let i = 0

  const blank = (from: number, to: number) => {
    for (let k = from; k < to; k++) if (out[k] !== '\n') out[k] = ' '
  }
  const template = () => {
    const start = i
    while (i < text.length) {
      if (text[i] === '\\') i++
      else if (text[i] === '`') break
      else if (text[i] === '$' && text[i + 1] === '{') break
      i++
    }
    blank(start, i)
    if (text[i] === '$') {
      templates.push(0)
      i++
      last = '('
    } else last = '`'
    i++
  }

  while (i < text.length) {
    const c = text[i]!
    if (c === '/' && (text[i + 1] === '/' || text[i + 1] === '*')) {
      const end = text[i + 1] === '/' ? text.indexOf('\n', i) : text.indexOf('*/', i + 2) + 2
      const stop = end < i + 2 ? text.length : end
      blank(i, stop)
      i = stop
    } else if (c === "'" || c === '"') {
      const end = closing(text, i + 1, c)
      blank(i + 1, end)
      last = c
      i = end + 1
    } else if (c === '`') {
      i++
      template()
    } else if (c === '/' && regexMayFollow(last)) {
      const end = regexEnd(text, i + 1)
      blank(i + 1, end)
      last = ')'
      i = end + 1
    } else if (c === '}' && templates.at(-1) === 0) {
      templates.pop()
      i++
      template()
    } else {
      if (templates.length > 0 && c === '{') templates[templates.length - 1]!++
      if (templates.length > 0 && c === '}') templates[templates.length - 1]!--
      const word = /[\w$]/.test(c) ? /^[\w$]+/.exec(text.slice(i, i + 64))![0] : c
      if (word.trim() !== '') last = word
      i += word.length
    }
  }
  return out.join('')
}

function closing(text: string, from: number, quote: string): number {
  let i = from
  while (i < text.length && text[i] !== quote && text[i] !== '\n') i += text[i] === '\\' ? 2 : 1
  return i
}

function regexEnd(text: string, from: number): number {
  let inClass = false
  let i = from
  for (; i < text.length && text[i] !== '\n'; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '[') inClass = true
    else if (text[i] === ']') inClass = false
    else if (text[i] === '/' && !inClass) break
  }
  return i
}

const beforeRegex = new Set('return typeof case in of new delete void throw do else yield await'.split(' '))

function regexMayFollow(last: string): boolean {
  return beforeRegex.has(last) || !/^[\w$)\]'"`]/.test(last)
}

export function importsOf(text: string, code: string = codeOf(text)): Import[] {
  const found: Import[] = []
  for (const match of code.matchAll(/\bfrom\s*(['"])|\bimport\s*\(?\s*(['"`])|(?<![.\w])require\s*\(\s*(['"`])/g)) {
    const quote = match[1] ?? match[2] ?? match[3]!
    const start = match.index + match[0].length
    const before = code.slice(0, match.index)
    const keyword = Math.max(before.lastIndexOf('import'), before.lastIndexOf('export'))
    found.push({
      specifier: text.slice(start, code.indexOf(quote, start)),
      line: before.split('\n').length,
      typeOnly: match[1] !== undefined && /^(?:import|export)\s+type\b(?!\s*from\b)/.test(code.slice(keyword)),
    })
  }
  return found
}
