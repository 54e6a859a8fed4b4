// `${NAME}` and `${NAME:-default}` in the text of a value. It happens after the YAML is read, value by value, so what
// stands in a variable can never become a key, a comment or more YAML.

export function substitute(text: string, env: Environment): { readonly text: string; readonly problems: string[] } {
  const problems: string[] = []
  const replaced = text.replace(REFERENCE, (whole, inside?: string, end?: string) => {
    if (whole === '$$') return '$'
    const match = end === '}' ? /^([A-Za-z_]\w*)(?::-(.*))?$/s.exec(inside!) : null
    if (match === null || inside!.includes('${')) {
      problems.push(`"${whole}" is not a variable; expected \${NAME} or \${NAME:-default}, or $\${ for a literal \${`)
      return whole
    }
    const [, name, fallback] = match
    // An own one: `constructor` is no variable of anybody's environment.
    const value = Object.hasOwn(env, name!) ? env[name!] : undefined
    // As in a shell, `:-` also stands in for a variable that is set to nothing.
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value
    if (value !== undefined) return value
    problems.push(`environment variable ${name} is not set; set it, or write \${${name}:-default}`)
    return whole
  })
  return { text: replaced, problems }
}

/** One variable, and nothing around it. */
export function isVariable(text: string): boolean {
  return /^\$\{[^}]*\}$/.test(text)
}

export type Environment = Readonly<Record<string, string | undefined>>

const REFERENCE = /\$(?:\$|\{([^}]*)(\}?))/g
