// What an app may set, and what follows from it. Options that express-session has mean what they mean there.
import type { IncomingMessage } from 'node:http'
import { HardenedStore } from '../hardening/hardened-store.ts'
import { type Hardening, type HardeningOptions, hardening } from '../hardening/hardening.ts'
import { warning } from '../notice.ts'
import { unknownOptions } from '../option-names.ts'
import { foreignDriver } from '../stores/foreign-store.ts'
import type { Driven, SessionStore, Store } from '../stores/store.ts'
import type { CookieOptions } from './cookie.ts'
import { ruled } from './cookie-prefix.ts'
import type { Secret } from './id-cookie.ts'
import { newId } from './ids.ts'
import { type LifetimeOptions, lifetimeOf } from './lifetime.ts'
import { check } from './option-checks.ts'
import { type SecretOptions, secretsOf } from './secrets.ts'
import type { SessionRequest } from './session.ts'
import { type StoreOptions, storeOf } from './which-store.ts'

/**
 * While the store is away. `fail`: 503. `anonymous`: an empty session that is not kept. `stale`: for reading, what this
 * process saw of the session in the last minute; 503 when it saw nothing, or when the session is changed.
 */
export type OutagePolicy = 'fail' | 'anonymous' | 'stale'

export type IndexBy = string | ((session: any) => string | number | null | undefined)

export interface SessionOptions extends SecretOptions, StoreOptions, HardeningOptions {
  /** Of the cookie. Default `connect.sid`. `__Host-` and `__Secure-` set what they demand, and refuse what contradicts. */
  name?: string | undefined
  /** express-session's old word for `name`. */
  key?: string | undefined
  cookie?: CookieOptions | ((request: any) => CookieOptions) | undefined
  genid?: ((request: any) => string) | undefined
  /** Whether X-Forwarded-Proto says if the client came by TLS. Unset: `req.secure` says it. */
  proxy?: boolean | undefined
  /** Write sessions that have not changed. Default false with `redis` or `path`, else true, as in express-session. */
  resave?: boolean | undefined
  /** Send the cookie with every response. Default false. */
  rolling?: boolean | undefined
  /** Store sessions that nothing was put into. Default false with `redis` or `path`, else true, as in express-session. */
  saveUninitialized?: boolean | undefined
  /** What `req.session = null` does. Default `keep`. */
  unset?: 'destroy' | 'keep' | undefined
  /** Also by request. Default `fail`; a foreign store's errors go to `next`, as in express-session. */
  outage?: OutagePolicy | ((request: any) => OutagePolicy) | undefined
  /** Nothing is loaded before `await req.loadSession()`: a request that does not look at its session costs nothing. */
  lazy?: boolean | undefined
  /** How long a session may live beside what its cookie says. Milliseconds. */
  lifetime?: LifetimeOptions | undefined
  /**
   * Whose session it is: a key of the session, or a function of its data. A string or a number; undefined, null and ''
   * are nobody, all else is a TypeError. Needed for `sessionsOf`, `revoke`, `revokeAll` and `req.session.revokeOthers`.
   * A TypeError with a store that cannot list sessions by user.
   */
  indexBy?: IndexBy | undefined
}

export interface Settings {
  readonly secrets: readonly Secret[] | undefined
  readonly store: Store
  /** What a handler finds as `req.sessionStore`: the same, where ids and texts are stored as they are. */
  readonly visibleStore: Store
  readonly hardening: Hardening | undefined
  readonly lifetime: LifetimeOptions | undefined
  readonly name: string
  readonly cookie: CookieOptions | ((request: any) => CookieOptions)
  readonly genid: (request: any) => string
  readonly proxy: boolean | undefined
  readonly resave: boolean
  readonly rolling: boolean
  readonly saveUninitialized: boolean
  readonly unsetDestroys: boolean
  /** undefined: errors are reported as express-session reports them. */
  readonly outage: (request: IncomingMessage) => OutagePolicy | undefined
  readonly keepsStale: boolean
  readonly lazy: boolean
  readonly indexBy: IndexBy | undefined
}

/** A record, so that none is forgotten; and what is looked for here and is of the cookie. */
const NAMES: Readonly<Record<keyof SessionOptions, true>> = {
  ...{ redis: true, store: true, path: true, maxSize: true, prefix: true, deadline: true, nearCache: true },
  ...{ secret: true, minSecretLength: true, hashIds: true, encrypt: true, encryptedOnly: true },
  ...{ name: true, key: true, cookie: true, genid: true, proxy: true, unset: true, indexBy: true },
  ...{ resave: true, rolling: true, saveUninitialized: true, outage: true, lazy: true, lifetime: true },
}
const OF_THE_COOKIE = ['maxAge', 'expires', 'httpOnly', 'domain', 'secure', 'sameSite', 'partitioned', 'priority']
const KNOWN = [...Object.keys(NAMES), ...OF_THE_COOKIE.map(name => `cookie.${name}`)]

export function settingsOf(options: SessionOptions): Settings {
  const { genid = newId, unset, outage, indexBy } = options
  if (typeof genid !== 'function') throw new TypeError('genid option must be a function')
  if (unset && unset !== 'destroy' && unset !== 'keep') throw new TypeError('unset option must be "destroy" or "keep"')
  if (indexBy !== undefined && typeof indexBy !== 'function' && (typeof indexBy !== 'string' || indexBy === ''))
    throw new TypeError(
      `indexBy must be a key of the session or a function, got ${indexBy === '' ? "''" : typeof indexBy}`,
    )
  const secrets = secretsOf(options)
  const name = options.name || options.key || 'connect.sid'
  check(name, options)
  for (const unknown of unknownOptions(options, KNOWN)) warning(`ignored: ${unknown}`)
  const cookie = ruled(name, options.cookie ?? {})
  const store = storeOf(options)
  const driver = plainDriverOf(store)
  const hardened = hardening(options, driver)
  return {
    secrets,
    store,
    visibleStore: hardened === undefined ? store : visible(store, hardened),
    hardening: hardened,
    lifetime: lifetimeOf(options.lifetime, driver),
    name,
    cookie,
    genid,
    proxy: options.proxy,
    resave: options.resave ?? defaulted('resave', options),
    rolling: Boolean(options.rolling),
    saveUninitialized: options.saveUninitialized ?? defaulted('saveUninitialized', options),
    unsetDestroys: unset === 'destroy',
    outage: typeof outage === 'function' ? request => asked(outage, request) : () => outage,
    keepsStale: outage === 'stale' || typeof outage === 'function',
    lazy: options.lazy === true,
    indexBy,
  }
}

/** Where it is asked at the end of an answer nobody catches, and the answer would never leave. */
function asked(outage: (request: any) => OutagePolicy, request: IncomingMessage): OutagePolicy {
  try {
    return outage(request)
  } catch {
    warning("the function that the option outage was set to has thrown; answered as with 'fail'")
    return 'fail'
  }
}

const foreign = new WeakMap<object, SessionStore>()

/** Asked for each request: a method of a store may be replaced at any time, and whoever does that wants it called. */
export function driverOf({ store, hardening }: Pick<Settings, 'store' | 'hardening'>): SessionStore {
  const driver = plainDriverOf(store)
  return hardening === undefined ? driver : hardening.byId(driver)
}

function plainDriverOf(store: Store): SessionStore {
  const { driver, genuine } = store as Partial<Driven>
  if (driver !== undefined && genuine) return driver
  let found = foreign.get(store)
  if (found === undefined) foreign.set(store, (found = foreignDriver(store)))
  return found
}

/** As express-session reads a request: a socket with TLS, else `req.secure`, else what a trusted proxy says. */
export function isSecure(request: SessionRequest, proxy: boolean | undefined): boolean {
  if ((request.socket as { encrypted?: boolean } | undefined)?.encrypted) return true
  if (proxy === false) return false
  if (proxy !== true) return request.secure === true
  const header = String(request.headers['x-forwarded-proto'] ?? '')
  return header.split(',', 1)[0]!.trim().toLowerCase() === 'https'
}

function visible(store: Store, hardening: Hardening): Store {
  return new HardenedStore(store, {
    byId: () => hardening.byId(plainDriverOf(store)),
    byKey: () => hardening.byKey(plainDriverOf(store)),
  })
}

/**
 * express-session's own defaults, for apps that change nothing but the import; for those that name a store of ours the
 * ones that it recommends.
 */
function defaulted(option: string, { redis, path }: SessionOptions): boolean {
  if (redis !== undefined || path !== undefined) return false
  warning(
    `the option ${option} is not given, and true, as in express-session. Say ${option}: false, as it is with redis or path`,
    'DeprecationWarning',
  )
  return true
}
