// zod's issues -> our faults.

import type { z } from 'zod'
import type { Fault, Path } from './problems.ts'
import { show, unknownKey } from './wording.ts'

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
    return issue.keys.map(key => ({ path: [...path, key], message: unknownKey(key, allowed), at: 'key' }))
  }
  // Of the forms that a value can have, the one that it has the shape of says best what is wrong inside.
  const meant = issue.code === 'invalid_union' ? issue.errors.find(hasShape) : undefined
  return meant?.flatMap(inner => faultsOfIssue(inner, path)) ?? [{ path, message: issue.message }]
}

function hasShape(issues: readonly z.core.$ZodIssue[]): boolean {
  return !issues.some(({ path, code }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'))
}
