// What cannot be written is the app's mistake, and its next request has to find out, not the process.
import { messageOf, SessionUnstorable } from '../errors.ts'
import type { Session } from './session.ts'
import { dataOf } from './snapshot.ts'

/** Throws SessionUnstorable. */
export function dataToStore(session: Session): string {
  try {
    return dataOf(session)
  } catch (error) {
    throw unstorable(error, session)
  }
}

/** Throws SessionUnstorable. */
export function touch(session: Session): void {
  try {
    session.touch()
  } catch (error) {
    throw unstorable(error, session)
  }
}

/** `session`: whatever stands in `req.session`. */
export function unstorable(error: unknown, session: any): SessionUnstorable {
  if (error instanceof SessionUnstorable) return error
  if (typeof session?.touch !== 'function')
    return new SessionUnstorable('what is in req.session is no session; put data into the one that is there', error)
  const { cookie } = session
  if (typeof cookie !== 'object' || cookie === null || !('maxAge' in cookie))
    return new SessionUnstorable('session.cookie is no cookie any more; change its properties instead', error)
  return new SessionUnstorable(messageOf(error), error)
}
