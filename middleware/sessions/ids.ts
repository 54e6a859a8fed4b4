// 24 random bytes in base64url, 32 characters, as express-session's ids are. Randomness is fetched for many at once: a
// call for each id, with a buffer of its own outside the heap, costs more than the rest of making a session.
import { randomFillSync } from 'node:crypto'

const BYTES = 24
const pool = Buffer.allocUnsafeSlow(BYTES * 128)
let at = pool.length

export function newId(): string {
  if (at === pool.length) {
    randomFillSync(pool)
    at = 0
  }
  const id = pool.toString('base64url', at, at + BYTES)
  // What has been given away is not kept.
  pool.fill(0, at, (at += BYTES))
  return id
}
