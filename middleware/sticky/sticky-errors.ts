// What a request can fail with on its way to the instance that it belongs to. `status` is what Express and Koa answer.

/** The owner broke off, and the request may have had its effect there: it is not served a second time. 502. */
export class OwnerLost extends Error {
  override readonly name = 'OwnerLost'
  readonly code = 'ERR_STICKY_OWNER_LOST'
  readonly status = 502
  readonly statusCode = 502
  /** Koa prints what is not exposed, with its stack; there is nothing secret in it. */
  readonly expose = true

  constructor() {
    super('The instance that this request belongs to broke off')
  }
}

/** The owner did not answer in time. 504. */
export class OwnerSilent extends Error {
  override readonly name = 'OwnerSilent'
  readonly code = 'ERR_STICKY_OWNER_SILENT'
  readonly status = 504
  readonly statusCode = 504
  readonly expose = true

  constructor() {
    super('The instance that this request belongs to did not answer in time')
  }
}

/** A request that two parsers could read differently is not passed on. 400, or what fits better. */
export class BadForward extends Error {
  override readonly name = 'BadForward'
  readonly code = 'ERR_STICKY_BAD_REQUEST'
  readonly status: number
  readonly statusCode: number
  readonly expose = true

  constructor(status: number, detail: string) {
    super(`This request cannot be forwarded: ${detail}`)
    this.status = status
    this.statusCode = status
  }
}

/** Something has read the request's content before us. 500: a mistake in the app. */
export class BodyTaken extends Error {
  override readonly name = 'BodyTaken'
  readonly code = 'ERR_STICKY_BODY_TAKEN'
  readonly status = 500
  readonly statusCode = 500

  constructor() {
    super(
      'sticky() must be mounted before what reads request bodies (express.json(), koa-bodyparser, multer, ...): ' +
        'what has been read cannot be forwarded',
    )
  }
}
