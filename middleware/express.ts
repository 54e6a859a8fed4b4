// Sessions for Express, Connect and node:http: finds the session, and commits it before the answer leaves.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { openDoor, type Upkeep } from './sessions/door.ts'
import type { SessionOptions } from './sessions/options.ts'
import { Session, type SessionData, type SessionRequest } from './sessions/session.ts'
import type { Visit } from './sessions/sessions.ts'
import type { UserSessions } from './users/user-sessions.ts'

type Next = (error?: any) => void

export interface Sessions<Data extends object = {}> extends Upkeep, UserSessions<Data> {
  (request: IncomingMessage, response: ServerResponse, next: Next): void
  /** The session of a request, typed. */
  of(request: object): Session & Partial<SessionData & Data>
}

export function sessions<Data extends object = {}>(options: SessionOptions = {}): Sessions<Data> {
  const door = openDoor(options, Session)

  function middleware(req: SessionRequest, res: ServerResponse, next: Next): void {
    let visit: Visit | undefined
    try {
      visit = door.enter(req, res, error => setImmediate(next, error))
    } catch (error) {
      return next(error)
    }
    const opening = visit?.open()
    if (opening === undefined) return next()
    // Outside of the promise and of every `try`: what a handler throws is its own, and never calls `next` again.
    opening.then(
      () => process.nextTick(next),
      error => process.nextTick(next, error),
    )
  }

  return Object.assign(middleware, { ...door.upkeep, of: (request: object) => (request as SessionRequest).session })
}
