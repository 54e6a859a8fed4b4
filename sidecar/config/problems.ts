// What is wrong with a configuration, and the one error that carries all of it.

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.problems = problems
  }
}

export interface Problem {
  readonly file: string
  /** Counted from 1; 0 when the file as a whole is meant. */
  readonly line: number
  readonly column: number
  /** `services.web.balance`, `listeners[0].listen`; empty when no one key is meant. */
  readonly path: string
  readonly message: string
}

export type Path = readonly (string | number)[]

/** A problem before it is known where in the file it stands. */
export interface Fault {
  readonly path: Path
  readonly message: string
  /** What to point at: the value (when absent), its key, or an offset in the text. */
  readonly at?: 'key' | number
}

export function formatPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^([\w-]+|<<)$/.test(step)) text += text === '' ? step : `.${step}`
    else text += `[${JSON.stringify(step)}]`
  }
  return text
}

function formatProblem({ file, line, column, path, message }: Problem): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`
  return path === '' ? `${place}: ${message}` : `${place}: ${path}: ${message}`
}
