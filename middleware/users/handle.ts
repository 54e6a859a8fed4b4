// Names a session in a page, a URL or a log: nobody can get into the session with it, or compute its id.
import { hash } from 'node:crypto'

/** 128 bits, 22 characters. The prefix keeps it apart from every other hash of the same key. */
export function handleOf(key: string): string {
  return Buffer.from(hash('sha256', `outrigger-handle:${key}`, 'hex').slice(0, 32), 'hex').toString('base64url')
}
