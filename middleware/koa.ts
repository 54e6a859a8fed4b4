// Sessions for Koa: `ctx.session`, from the engine, the store and the cookie that `express.ts` has `req.session` from.
// Committed twice: as the handlers have returned, for streams and errors that Koa can still tell; and at `end()`.
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  BadUser,
  RevocationIncomplete,
  SessionContended,
  SessionGone,
  SessionUnstorable,
  StoreUnavailable,
} from './errors.ts'
import { drain } from './process/drain.ts'
import { health } from './process/health.ts'
import { load } from './process/load.ts'
import { openDoor, type Upkeep } from './sessions/door.ts'
import { KEEPER } from './sessions/keeper.ts'
import { KoaSession, LOAD, SESSION } from './sessions/koa-session.ts'
import { checkOptions } from './sessions/koa-session-options.ts'
import type { SessionOptions } from './sessions/options.ts'
import { Session, type SessionData, type SessionRequest } from './sessions/session.ts'
import type { Visit } from './sessions/sessions.ts'
import { sticky } from './sticky/sticky.ts'
import type { UserSessions } from './users/user-sessions.ts'

export type { Drain, Drained, DrainOptions } from './process/drain.ts'
export type { Check, CheckReport, Health, HealthOptions, HealthReport, HealthState } from './process/health.ts'
export type { Load, LoadOptions, ShedOptions } from './process/load.ts'
export type { OutagePolicy, SessionOptions } from './sessions/options.ts'
// By star: only so can an app add its keys to SessionData under the name of the package.
export * from './sessions/session.ts'
export type { Sticky } from './sticky/sticky.ts'
export type { InstanceOptions, StickyOptions } from './sticky/sticky-options.ts'

/** What we ask of a context; Koa's has it. */
export interface SessionContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly app: { keys?: unknown; emit(event: 'error', ...args: any[]): unknown }
  readonly originalUrl: string
  readonly secure: boolean
  respond?: boolean | undefined
}

export interface Sessions<Data extends object = {}> extends Upkeep, UserSessions<Data> {
  (ctx: SessionContext, next: () => Promise<any>): Promise<any>
  /** The session of a context, typed. */
  of(ctx: object): KoaSession & Partial<SessionData & Data>
}

/**
 * As for Express, with other defaults: `secret` is `app.keys` when that is an array, `unset` is `destroy`, `resave` and
 * `saveUninitialized` are false. Throws a TypeError for options of koa-session that are others here, and for its stores.
 */
export function sessions<Data extends object = {}>(options: SessionOptions = {}): Sessions<Data> {
  checkOptions(options)
  const { unset = 'destroy', resave = false, saveUninitialized = false } = options
  const door = openDoor({ ...options, unset, resave, saveUninitialized }, KoaSession)

  async function middleware(ctx: SessionContext, next: () => Promise<any>): Promise<any> {
    const req: SessionRequest = ctx.req
    req.originalUrl ??= ctx.originalUrl
    req.secure ??= ctx.secure
    const { keys } = ctx.app
    if (Array.isArray(keys) && keys.length > 0) req.secret ??= keys
    const visit = door.enter(req, ctx.res, error => ctx.app.emit('error', error, ctx))
    // Also where Express, around this app, has a visit already.
    if (KEEPER in req) Object.defineProperty(ctx, 'session', SESSION)
    if (visit === undefined) return next()
    try {
      await visit.open()
      if (options.lazy) Object.defineProperty(ctx, 'loadSession', LOAD)
      await next()
      await conclude(visit, ctx)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      visit.abandon()
      throw told(error)
    }
  }

  return Object.assign(middleware, { ...door.upkeep, of: (ctx: object) => (ctx as { session: any }).session })
}

/** A handler that answers by itself is not done yet. */
async function conclude(visit: Visit, { respond, res }: SessionContext): Promise<void> {
  if (respond === false || res.headersSent) return
  const work = visit.commit(false)
  if (work === undefined) return
  const commit = await work
  if (commit.kind === 'kept') return
  visit.abandon()
  if ('error' in commit && commit.error !== undefined) throw commit.error
}

/** Koa prints a stack per 503 unless they are exposed, and then the message is the answer: no address of Redis in it. */
function told(error: StoreUnavailable): StoreUnavailable {
  return Object.assign(new StoreUnavailable('try again', error), { expose: true })
}

const errors = { BadUser, RevocationIncomplete, SessionContended, SessionGone, SessionUnstorable, StoreUnavailable }
const beside = { drain, health, load, sticky }
const required = Object.assign(sessions, { ...errors, ...beside, KoaSession, Session, sessions, default: sessions })

export {
  BadUser,
  drain,
  health,
  KoaSession,
  load,
  RevocationIncomplete,
  required as 'module.exports',
  SessionContended,
  SessionGone,
  SessionUnstorable,
  StoreUnavailable,
  sessions as default,
  sticky,
}
