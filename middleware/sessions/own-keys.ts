// Which keys of an app's data a session can have.

/**
 * What a session has here and not in express-session, where apps may have such keys in sessions that are stored. They
 * are kept, as they are there, and hide what is ours.
 */
const OURS: ReadonlySet<string> = new Set(['handle', 'outage', 'revokeOthers', 'update'])

/** Whether it takes this key from a store: none that would hide a method of express-session's, or is `__proto__`. */
export function takes(session: object, key: string): boolean {
  return !(key in session) || OURS.has(key)
}

/** Lets data hide what is a property of the class. */
export function hide(session: object, key: string, value: unknown): void {
  Object.defineProperty(session, key, { value, writable: true, enumerable: true, configurable: true })
}
