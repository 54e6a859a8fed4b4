// The door of a house, for all adapters: which requests have a session here, and how a visit is tied to its answer.
import type { ServerResponse } from 'node:http'
import { closeAtTheEnd } from '../process/draining.ts'
import { DEADLINE } from '../stores/guard.ts'
import type { SessionStore, Store } from '../stores/store.ts'
import type { UserSessions } from '../users/user-sessions.ts'
import type { CookieOptions } from './cookie.ts'
import { hold } from './hold.ts'
import { house } from './house.ts'
import { KEEPER } from './keeper.ts'
import { metricsOf, type SessionMetrics } from './metrics.ts'
import { type SessionOptions, settingsOf } from './options.ts'
import { readyWithin } from './ready.ts'
import type { Session, SessionRequest } from './session.ts'
import { Visit } from './sessions.ts'

/** What every adapter's middleware has on it. */
export interface Upkeep {
  /**
   * Resolves as soon as the store can be asked. `within`: milliseconds above 0, after which it rejects with
   * StoreUnavailable, which says why; default: it waits. As a check of `health()` it gets a signal: then it waits for
   * the option `deadline`.
   */
  ready(within?: number | AbortSignal): Promise<void>
  /** Closes the connection that `redis` opened. */
  close(): Promise<void>
  /** `req.sessionStore`, for work outside of requests. */
  readonly store: Store
  /** What it has done, as plain numbers; see docs/sessions.md. */
  metrics(): SessionMetrics
}

export interface Door {
  /**
   * Undefined for a request that has no session here, or has its visit already. Throws what the app has to be told.
   * `report` is for errors that the answer does not tell. The visit has still to be opened.
   */
  enter(request: SessionRequest, response: ServerResponse, report: (error: unknown) => void): Visit | undefined
  readonly upkeep: Upkeep & UserSessions<any>
}

/** Told per request: the secret may come with it, as `req.secret` or Koa's `app.keys`. It begins as express-session's. */
const NO_SECRET =
  'secret option required for sessions: give sessions({ secret: ... }) a long random text (is the environment variable ' +
  'set?); with Koa, app.keys will do'

/** `kind`: the class of the sessions that handlers hold. */
export function openDoor(options: SessionOptions, kind: typeof Session): Door {
  const settings = settingsOf(options)
  const shared = house(settings, kind)
  const { store } = settings
  const driver = (store as { driver?: SessionStore }).driver
  let connected = true
  store.on?.('disconnect', () => (connected = false))
  store.on?.('connect', () => (connected = true))
  store.generate = request => (request[KEEPER] as Visit | undefined)?.generate()

  const forget = driver?.close === undefined ? undefined : closeAtTheEnd(() => driver.close?.())

  return {
    enter(request, response, report) {
      if (KEEPER in request || request.session || !connected) return undefined
      const cookie: CookieOptions = typeof settings.cookie === 'function' ? settings.cookie(request) : settings.cookie
      if (!pathOf(request).startsWith(cookie.path || '/')) return undefined
      if (!settings.secrets && !request.secret) throw new Error(NO_SECRET)
      const visit = new Visit(shared, request, cookie)
      Object.defineProperty(request, KEEPER, { value: visit })
      request.sessionStore = settings.visibleStore
      hold(response, { setCookie: () => visit.setCookie(), commit: () => visit.commit(), report })
      if (settings.lazy) defer(request, visit)
      return visit
    },
    upkeep: {
      ...shared.users.asked,
      async ready(within) {
        const ready = driver?.ready?.()
        if (ready === undefined || within === undefined) return ready
        const ms = typeof within === 'number' ? within : (options.deadline ?? DEADLINE)
        await readyWithin(ms, ready, () => driver?.lastError?.())
      },
      async close() {
        forget?.()
        await driver?.close?.()
      },
      store: settings.visibleStore,
      metrics: () => metricsOf(shared, store),
    },
  }
}

/**
 * `await req.loadSession()`; until then there is nothing in `req.session`, and nothing has been asked of the store. Who
 * asks while it is loaded gets the same session: of two, what is put into one would be lost.
 */
function defer(request: SessionRequest, visit: Visit): void {
  let loading: Promise<void> | undefined
  const value = async () => {
    loading ??= visit.load().finally(() => {
      loading = undefined
    })
    await loading
    return request.session
  }
  Object.defineProperty(request, 'loadSession', { value })
}

/** Without the query, of the whole URL where the middleware is mounted below it. */
function pathOf({ originalUrl, url }: SessionRequest): string {
  const target = originalUrl ?? url ?? ''
  if (target.charCodeAt(0) === 47) return target.split(/[?#]/, 1)[0]!
  return URL.canParse(target) ? new URL(target).pathname : target || '/'
}
