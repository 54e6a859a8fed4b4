// Options of koa-session that are something else here. Ignored, they would silently change how an app behaves.

const PLACES: Readonly<Record<string, string>> = {
  maxAge: 'cookie.maxAge',
  maxage: 'cookie.maxAge',
  httpOnly: 'cookie.httpOnly',
  secure: 'cookie.secure',
  sameSite: 'cookie.sameSite',
  domain: 'cookie.domain',
  path: 'cookie.path',
  expires: 'cookie.expires',
  renew: 'rolling',
  ContextStore: 'store',
}

const GONE = ['autoCommit', 'overwrite', 'signed', 'externalKey', 'encode', 'decode', 'valid', 'beforeSave']

/** Throws a TypeError that names the option. */
export function checkOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`sessions() takes an object of options, not ${kindOf(options)}`)
  if (typeof (options as { use?: unknown }).use === 'function')
    throw new TypeError('sessions() takes options and no app: app.use(sessions({ secret, redis }))')
  for (const [option, place] of Object.entries(PLACES))
    if (option in options) throw new TypeError(`${option} is an option of koa-session: here it is ${place}`)
  for (const option of GONE)
    if (option in options) throw new TypeError(`${option} is an option of koa-session that does not exist here`)
  const { store } = options as { store?: { createSession?: unknown } | null }
  // koa-session's stores return promises and would never call back.
  if (store !== undefined && typeof store?.createSession !== 'function')
    throw new TypeError("store must be an express-session Store; for koa-redis give `redis: 'redis://...'`")
}

export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'number') return String(value)
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`
}
