// What a session can fail with. `status` is what Express answers when nobody catches them.

/** The store could not be asked in time: it is away, too slow, or refuses. 503, with Retry-After. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly code = 'ERR_SESSION_STORE_UNAVAILABLE'
  readonly status = 503
  readonly statusCode = 503
  /** Read by Express's own error handler. */
  readonly headers = { 'Retry-After': '1' }

  constructor(reason: string, cause?: unknown) {
    super(`The session store is unavailable: ${reason}`, cause === undefined ? undefined : { cause })
  }
}

/** What was to be written belongs to a session that is not in the store any more; nothing was written. 409. */
export class SessionGone extends Error {
  override readonly name = 'SessionGone'
  readonly code = 'ERR_SESSION_GONE'
  readonly status = 409
  readonly statusCode = 409
  /** Koa prints what is not exposed, with its stack; there is nothing secret in it. */
  readonly expose = true

  constructor() {
    super('The session was destroyed or has expired; nothing was written')
  }
}

/** Other requests kept changing the session between our reading and our writing it. 503. */
export class SessionContended extends Error {
  override readonly name = 'SessionContended'
  readonly code = 'ERR_SESSION_CONTENDED'
  readonly status = 503
  readonly statusCode = 503
  readonly headers = { 'Retry-After': '1' }

  constructor(tries: number) {
    super(`The session changed under us ${tries} times in a row; nothing was written`)
  }
}

/** The store failed before all sessions of a user were revoked. What is left is found when it is asked again. 503. */
export class RevocationIncomplete extends Error {
  override readonly name = 'RevocationIncomplete'
  readonly code = 'ERR_REVOCATION_INCOMPLETE'
  readonly status = 503
  readonly statusCode = 503
  readonly headers = { 'Retry-After': '1' }
  /** Sessions that are known to be gone. */
  readonly revoked: number

  constructor(revoked: number, reason: string, cause: unknown) {
    super(`Not all sessions of the user were revoked, but ${revoked}: ${reason}`, { cause })
    this.revoked = revoked
  }
}

/** The option `indexBy` finds what can be no user, or fails. 500: a mistake of the app, not of the store. */
export class BadUser extends TypeError {
  readonly code = 'ERR_SESSION_USER'
  readonly status = 500
  readonly statusCode = 500
}

/** What an app has put into the session, or in its place, cannot be written; nothing was. 500: a mistake of the app. */
export class SessionUnstorable extends TypeError {
  override readonly name = 'SessionUnstorable'
  readonly code = 'ERR_SESSION_UNSTORABLE'
  readonly status = 500
  readonly statusCode = 500

  constructor(reason: string, cause: unknown) {
    super(`The session cannot be stored: ${reason}`, { cause })
  }
}

export function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error)
  } catch {
    // What has no prototype has no text.
    return typeof error
  }
}
