// zod's issues -> our faults.

import type { z } from 'zod'
import { elsewhere, inParts } from './misplaced.ts'
import type { Fault, Path } from './problems.ts'
import { nearest, show, unknownKey } from './wording.ts'

export function faultsOf(error: z.ZodError): Fault[] {
  return error.issues.flatMap(issue => faultsOfIssue(issue, []))
}

/** What is worded alike whatever the key; everything else is worded where the key is defined. */
export function wordIssue(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) return 'is missing'
  if (issue.input === null) return 'has no value; give it one, or leave it out'
  return `${show(issue.input)} is not allowed here`
}

function faultsOfIssue(issue: z.core.$ZodIssue, above: Path): Fault[] {
  const path = [...above, ...(issue.path as Path)]
  if (issue.code === 'unrecognized_keys') {
    const allowed = issue.message.split(' ')
    return issue.keys.map(key => ({ path: [...path, key], message: wordUnknown(path, key, allowed), at: 'key' }))
  }
  // zod's own message only says that a key is wrong; why is in what it found.
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => ({ path, message, at: 'key' }))
  // Of the forms that a value can have, the one that it has the shape of says best what is wrong inside.
  const meant = issue.code === 'invalid_union' ? issue.errors.find(hasShape) : undefined
  return meant?.flatMap(inner => faultsOfIssue(inner, path)) ?? [{ path, message: issue.message }]
}

function wordUnknown(path: Path, key: string, allowed: readonly string[]): string {
  const message = unknownKey(key, allowed)
  const home = nearest(key, allowed) === undefined ? elsewhere(path, key) : undefined
  return inParts(path, key) ?? (home === undefined ? message : `${message}; ${home}`)
}

function hasShape(issues: readonly z.core.$ZodIssue[]): boolean {
  return !issues.some(({ path, code }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'))
}
