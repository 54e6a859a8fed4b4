// Saved before answered: at `end()` the head is frozen but not sent, the body is held, the session committed, and only
// then the answer leaves, in one piece. What streams before `end()` cannot be held: its head is on its way.
import type { ServerResponse } from 'node:http'
import { BadUser, SessionUnstorable } from '../errors.ts'
import type { Commit } from './commit.ts'

export interface Held {
  /** The Set-Cookie field that the answer needs as things stand. May throw. */
  setCookie(): string | undefined
  commit(): Promise<Commit> | undefined
  /** An error that the answer does not tell. */
  report(error: unknown): void
}

/** Parts of `node:http`'s response that have no public name. A test says on every Node that they are what we think. */
interface Insides {
  _header?: string | null
  _headerSent?: boolean
  _hasBody?: boolean
  chunkedEncoding?: boolean
}

type Response = ServerResponse & Insides

export function hold(response: ServerResponse, held: Held): void {
  const res = response as Response
  const { writeHead, end } = res
  const thaws = isThawing(res)
  let placed: string | undefined
  let isPlaced = false
  let ended = false

  const place = () => {
    isPlaced = true
    try {
      placed = held.setCookie()
    } catch (error) {
      // What cannot be stored the commit finds too.
      if (!(error instanceof SessionUnstorable)) held.report(error)
    }
    if (placed !== undefined) res.setHeader('Set-Cookie', listed(res.getHeader('Set-Cookie')).concat(placed))
  }

  const unplace = () => {
    if (placed === undefined) return
    // What others have added since stays: they are not asked again for the second head.
    const others = listed(res.getHeader('Set-Cookie')).filter(each => each !== placed)
    if (others.length === 0) res.removeHeader('Set-Cookie')
    else res.setHeader('Set-Cookie', others)
    placed = undefined
  }

  res.writeHead = function (this: Response, status: number, ...rest: unknown[]) {
    if (isPlaced || this._header) return (writeHead as (...all: unknown[]) => never).call(this, status, ...rest)
    // What is set with the head has to be in place before our cookie, or it would replace it.
    takeHead(this, status, rest)
    place()
    return writeHead.call(this, status)
  } as never

  res.end = function (this: Response, ...args: unknown[]) {
    // A second end() while the first one is held: as without us, nothing.
    if (ended) return this
    // The error is for whoever called, now, and nothing has ended.
    if (!isBody(args[0])) return end.apply(this, args as never)
    ended = true
    const isStreamed = () => this.headersSent && !(thaws && this._headerSent === false)
    const streamed = isStreamed()
    const work = held.commit()
    if (work === undefined) return end.apply(this, args as never)
    if (thaws && !streamed) freeze(this, args[0], args[1])
    const { write } = this
    this.write = late
    const leave = (commit: Commit) => {
      this.write = write
      if (commit.kind !== 'kept' && !isStreamed()) {
        if (this._header) {
          this._header = null
          // Of the first head: a body with a length would be sent in chunks.
          this.chunkedEncoding = false
        }
        unplace()
        // The answer, or the lack of one, is decided: no second cookie.
        isPlaced = true
        if (commit.kind === 'refused') {
          args = refuse(this, commit.error)
          // By the class, not by who wrapped it before us: compression has begun with the first head, and would zip this.
          if (thaws) Object.getPrototypeOf(this).end.apply(this, args)
          else end.apply(this, args as never)
          if (commit.error instanceof SessionUnstorable) held.report(commit.error)
          return
        }
      } else if (commit.kind === 'refused') {
        // Half of it is with the client: a broken connection is the one way left to say that it failed.
        return void this.destroy(commit.error)
      }
      end.apply(this, args as never)
      if (commit.kind === 'lost' && commit.error) held.report(commit.error)
    }
    work.then(leave).catch(error => {
      // Somebody's `end` has failed, outside of every call of the app.
      this.destroy()
      held.report(error)
    })
    return this
  } as never

  function freeze(self: Response, chunk: unknown, encoding: unknown) {
    if (self._header) return
    const bodiless = self.req?.method === 'HEAD' || self.statusCode === 204 || self.statusCode === 304
    // node:http counts the body in end(), when it still may.
    const counts =
      !bodiless &&
      !self.hasHeader('Content-Length') &&
      !self.hasHeader('Transfer-Encoding') &&
      !self.hasHeader('Trailer')
    if (counts) self.setHeader('Content-Length', lengthOf(chunk, encoding))
    try {
      self.writeHead(self.statusCode)
    } catch (error) {
      // A status that is none, or a text that no head takes. Whoever catches it answers something else.
      if (counts) self.removeHeader('Content-Length')
      unplace()
      isPlaced = ended = false
      throw error
    }
  }
}

/**
 * Http2ServerResponse sends its head as soon as it is written; there, only what has not called writeHead is held. It has
 * a `_header` by its class, which cannot be set; node:http's is the answer's own.
 */
function isThawing(res: Response): boolean {
  return Object.hasOwn(res, '_header')
}

/** In place of `write` between end() and the answer: what left now would leave before the body, and beyond its length. */
function late(...args: unknown[]): boolean {
  const callback = args.at(-1)
  const error = Object.assign(new Error('write after end'), { code: 'ERR_STREAM_WRITE_AFTER_END' })
  if (typeof callback === 'function') process.nextTick(callback as () => void, error)
  return false
}

/** 503 or 500 in place of what the handler made; with the arguments for `end()`. */
function refuse(res: Response, error: Extract<Commit, { kind: 'refused' }>['error']): [string] {
  for (const name of res.getHeaderNames())
    if (
      /^(?:content-|transfer-|trailer|set-cookie|location|etag|last-modified|cache-control|expires|link|accept-ranges)/.test(
        name,
      )
    )
      res.removeHeader(name)
  res.statusCode = error.status
  if (isThawing(res)) {
    res.statusMessage = ''
    res._hasBody = res.req?.method !== 'HEAD'
    res.chunkedEncoding = false
  }
  res.setHeader('Content-Type', 'text/plain; charset=utf-8')
  res.setHeader('Cache-Control', 'no-store')
  if ('headers' in error) res.setHeader('Retry-After', error.headers['Retry-After'])
  const body = `${told(error)}\n`
  res.setHeader('Content-Length', Buffer.byteLength(body))
  return [body]
}

/** Not the store's message: it may have the address of Redis in it; nor that of a toJSON of the app. */
function told(error: Extract<Commit, { kind: 'refused' }>['error']): string {
  if (error instanceof BadUser) return error.message
  return error instanceof SessionUnstorable ? 'The session cannot be stored' : 'The session store is unavailable'
}

/** Puts onto the answer what `writeHead` was called with. */
export function takeHead(res: ServerResponse, status: number, [first, second]: readonly unknown[]): void {
  res.statusCode = status
  if (typeof first === 'string') res.statusMessage = first
  setAll(res, typeof first === 'string' ? second : first)
}

/** As `writeHead` takes them: an object, pairs, or one flat list. */
function setAll(res: ServerResponse, headers: unknown): void {
  if (!headers) return
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers as object)) if (name) res.setHeader(name, value)
    return
  }
  const pairs: [string, string][] = Array.isArray(headers[0])
    ? headers
    : Array.from({ length: headers.length / 2 }, (_, i) => [headers[2 * i], headers[2 * i + 1]])
  for (const [name] of pairs) res.removeHeader(name)
  for (const [name, value] of pairs) res.appendHeader(name, value)
}

function listed(value: number | string | string[] | undefined): string[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [String(value)]
}

function isBody(chunk: unknown): boolean {
  return chunk == null || typeof chunk === 'string' || typeof chunk === 'function' || chunk instanceof Uint8Array
}

function lengthOf(chunk: unknown, encoding: unknown): number {
  if (typeof chunk === 'string')
    return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
  return (chunk as Uint8Array | null | undefined)?.byteLength ?? 0
}
