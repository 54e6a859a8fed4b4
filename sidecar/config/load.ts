// The way in: a file or its text becomes settings, or one error with everything that is wrong.

import { readFileSync } from 'node:fs'
import type { Settings } from '../model/settings.ts'
import { inconsistencies } from './consistency.ts'
import { faultsOf, wordIssue } from './issues.ts'
import { ConfigError, type Fault, formatPath, type Problem } from './problems.ts'
import { type Configuration, configuration } from './schema.ts'
import { settingsOf } from './settings.ts'
import { readTree, type Tree } from './tree.ts'

export { ConfigError, type Problem } from './problems.ts'

export function loadConfig(file: string, env: NodeJS.ProcessEnv = process.env): Settings {
  return parseConfig(readText(file), file, env)
}

/** `source` is what errors call the text: its file name. */
export function parseConfig(text: string, source: string, env: NodeJS.ProcessEnv = process.env): Settings {
  if (text.length > MAX_LENGTH) throw whole(source, `is over ${MAX_LENGTH / 1_048_576} MiB; no configuration is`)
  const tree = readTree(text, env)
  if (tree.faults.length === 0 && tree.value == null) throw whole(source, `is empty; ${SHORTEST}`)
  // Not even a tree: the checks below would only say that everything is missing.
  if (tree.value === undefined) throw located(tree.faults, tree, source)
  const { settings, refused } = check(tree)
  const later = [...refused, ...inconsistencies(tree.value)]
  const faults = [...tree.faults, ...later.filter(({ path }) => !tree.isUnread(path))]
  if (settings === undefined || faults.length > 0) throw located(faults, tree, source)
  return settingsOf(settings, tree.keysOf(['services']))
}

interface Checked {
  readonly settings: Configuration | undefined
  readonly refused: readonly Fault[]
}

/** Whether the value of a variable is a number or text, only its key can tell: what is refused as one may be the other. */
function check(tree: Tree): Checked {
  const first = checkOnce(tree)
  const asText = first.refused.filter(({ path, at }) => at === undefined && tree.takeAsText(path))
  if (asText.length === 0) return first
  const told = new Map(asText.map(fault => [formatPath(fault.path), fault]))
  const { settings, refused } = checkOnce(tree)
  // One that is neither is told as the number.
  return { settings, refused: refused.map(fault => told.get(formatPath(fault.path)) ?? fault) }
}

function checkOnce(tree: Tree): Checked {
  const { data, error } = configuration.safeParse(tree.value, { error: wordIssue })
  return { settings: data, refused: error === undefined ? [] : faultsOf(error) }
}

const MAX_LENGTH = 1_048_576
const SHORTEST = 'the shortest useful file has a listener and a service with endpoints, see docs/configuration.md'

function readText(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (error) {
    throw whole(file, reasonOf(error as NodeJS.ErrnoException))
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ENOENT':
      return 'there is no such file'
    case 'EACCES':
      return 'this process may not read the file'
    case 'EISDIR':
      return 'is a directory; expected a file'
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'is not UTF-8 text'
    default:
      return `cannot be read: ${message}`
  }
}

function whole(file: string, message: string): ConfigError {
  return new ConfigError([{ file, line: 0, column: 0, path: '', message }])
}

/** In the order of the file, each said once. */
function located(faults: readonly Fault[], tree: Tree, file: string): ConfigError {
  const problems = new Map<string, Problem>()
  for (const fault of faults) {
    const path = formatPath(fault.path)
    const problem = { file, ...tree.placeOf(fault), path, message: fault.message }
    problems.set(JSON.stringify(problem), problem)
  }
  return new ConfigError([...problems.values()].sort((a, b) => a.line - b.line || a.column - b.column))
}
