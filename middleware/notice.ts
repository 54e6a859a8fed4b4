// What an app is told about how its sessions are kept: each once in a process.
const told = new Set<string>()

/** A line on stderr, for what is as it should be and worth knowing. */
export function notice(text: string): void {
  if (isNew(text)) process.stderr.write(`outrigger sessions: ${text}\n`)
}

/** `type`: `Warning` or `DeprecationWarning`, which Node shows, hides or throws as it was told to. */
export function warning(text: string, type = 'Warning'): void {
  if (isNew(text)) process.emitWarning(`outrigger sessions: ${text}`, type)
}

function isNew(text: string): boolean {
  return !told.has(text) && told.add(text) !== undefined
}
