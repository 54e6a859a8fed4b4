// Sessions for Express, Connect and node:http: finds the session, and commits it before the answer leaves.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CookieOptions } from './cookie.ts'
import { closeAtTheEnd } from './draining.ts'
import { hold } from './hold.ts'
import { type House, house } from './house.ts'
import { type SessionOptions, settingsOf } from './options.ts'
import { KEEPER, type Session, type SessionData, type SessionRequest } from './session.ts'
import { Visit } from './sessions.ts'
import type { SessionStore } from './store.ts'

type Next = (error?: any) => void

export interface Sessions<Data extends object = {}> {
  (request: IncomingMessage, response: ServerResponse, next: Next): void
  /** The session of a request, typed. */
  of(request: object): Session & Partial<SessionData & Data>
  /** Resolves as soon as the store can be asked. */
  ready(): Promise<void>
  /** Closes the connection that `redis` opened. */
  close(): Promise<void>
  /** Plain numbers that only grow. */
  readonly counts: Readonly<House['counts']>
}

export function sessions<Data extends object = {}>(options: SessionOptions = {}): Sessions<Data> {
  const settings = settingsOf(options)
  const shared = house(settings)
  const { store } = settings
  const driver = (store as { driver?: SessionStore }).driver
  let connected = true
  store.on?.('disconnect', () => (connected = false))
  store.on?.('connect', () => (connected = true))
  store.generate = request => (request[KEEPER] as Visit | undefined)?.generate()

  function middleware(req: SessionRequest, res: ServerResponse, next: Next): void {
    if (KEEPER in req || req.session || !connected) return next()
    const cookie: CookieOptions = typeof settings.cookie === 'function' ? settings.cookie(req) : settings.cookie
    if (!pathOf(req).startsWith(cookie.path || '/')) return next()
    if (!settings.secrets && !req.secret) return next(new Error('secret option required for sessions'))
    const visit = new Visit(shared, req, cookie)
    Object.defineProperty(req, KEEPER, { value: visit })
    req.sessionStore = store
    const opening = visit.open()
    hold(res, {
      setCookie: () => visit.setCookie(),
      commit: () => visit.commit(),
      report: error => setImmediate(next, error),
    })
    if (settings.lazy) defer(req, visit)
    if (opening === undefined) return next()
    // Outside of the promise and of every `try`: what a handler throws is its own, and never calls `next` again.
    opening.then(
      () => process.nextTick(next),
      error => process.nextTick(next, error),
    )
  }

  const forget = driver?.close === undefined ? undefined : closeAtTheEnd(() => driver.close?.())

  return Object.assign(middleware, {
    of: (request: object) => (request as SessionRequest).session,
    ready: async () => driver?.ready?.(),
    async close() {
      forget?.()
      await driver?.close?.()
    },
    counts: shared.counts,
  })
}

/** `await req.loadSession()`; until then there is nothing in `req.session`, and nothing has been asked of the store. */
function defer(req: SessionRequest, visit: Visit): void {
  Object.defineProperty(req, 'loadSession', { value: () => visit.load().then(() => req.session) })
}

/** Without the query, of the whole URL where the middleware is mounted below it. */
function pathOf({ originalUrl, url }: SessionRequest): string {
  const target = originalUrl ?? url ?? ''
  if (target.charCodeAt(0) === 47) return target.split(/[?#]/, 1)[0]!
  return URL.canParse(target) ? new URL(target).pathname : target
}
