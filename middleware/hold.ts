// Saved before answered: at `end()` the head is frozen but not sent, the body is held, the session committed, and only
// then the answer leaves, in one piece. What streams before `end()` cannot be held: its head is on its way.
import type { ServerResponse } from 'node:http'
import type { Commit } from './commit.ts'
import { BadUser } from './errors.ts'

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
  // Http2ServerResponse sends its head as soon as it is written; there, only what has not called writeHead is held.
  const thaws = '_header' in res
  let before: ReturnType<ServerResponse['getHeader']>
  let placed: string | undefined
  let isPlaced = false
  let ended = false

  const place = () => {
    isPlaced = true
    before = res.getHeader('Set-Cookie')
    try {
      placed = held.setCookie()
    } catch (error) {
      held.report(error)
    }
    if (placed !== undefined) res.setHeader('Set-Cookie', listed(before).concat(placed))
  }

  const unplace = () => {
    if (placed === undefined) return
    if (before === undefined) res.removeHeader('Set-Cookie')
    else res.setHeader('Set-Cookie', before)
  }

  res.writeHead = function (this: Response, status: number, ...rest: unknown[]) {
    if (isPlaced || this._header) return (writeHead as (...all: unknown[]) => never).call(this, status, ...rest)
    const reason = typeof rest[0] === 'string' ? (rest.shift() as string) : undefined
    // What is set with the head has to be in place before our cookie, or it would replace it.
    this.statusCode = status
    if (reason !== undefined) this.statusMessage = reason
    setAll(this, rest[0])
    place()
    return writeHead.call(this, status)
  } as never

  res.end = function (this: Response, ...args: unknown[]) {
    // A second end() while the first one is held: as without us, nothing.
    if (ended) return this
    ended = true
    const streamed = this.headersSent && !(thaws && this._headerSent === false)
    const work = held.commit()
    if (work === undefined) return end.apply(this, args as never)
    if (thaws && !streamed) freeze(this, args[0], args[1])
    void work.then(commit => {
      if (commit.kind !== 'kept' && !streamed) {
        if (this._header) {
          this._header = null
          // Of the first head: a body with a length would be sent in chunks.
          this.chunkedEncoding = false
        }
        unplace()
        // The answer, or the lack of one, is decided: no second cookie.
        isPlaced = true
        if (commit.kind === 'refused') args = refuse(this, commit.error)
      } else if (commit.kind === 'refused') {
        // Half of it is with the client: a broken connection is the one way left to say that it failed.
        return this.destroy(commit.error)
      }
      end.apply(this, args as never)
      if (commit.kind === 'lost' && commit.error) held.report(commit.error)
    })
    return this
  } as never

  function freeze(self: Response, chunk: unknown, encoding: unknown) {
    if (self._header) return
    const bodiless = self.req?.method === 'HEAD' || self.statusCode === 204 || self.statusCode === 304
    // node:http counts the body in end(), when it still may.
    if (
      !bodiless &&
      !self.hasHeader('Content-Length') &&
      !self.hasHeader('Transfer-Encoding') &&
      !self.hasHeader('Trailer')
    )
      self.setHeader('Content-Length', lengthOf(chunk, encoding))
    self.writeHead(self.statusCode)
  }
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
  res.statusMessage = ''
  if ('_header' in res) {
    res._hasBody = res.req?.method !== 'HEAD'
    res.chunkedEncoding = false
  }
  res.setHeader('Content-Type', 'text/plain; charset=utf-8')
  res.setHeader('Cache-Control', 'no-store')
  if ('headers' in error) res.setHeader('Retry-After', error.headers['Retry-After'])
  // Not the store's message: it may have the address of Redis in it.
  const body = `${error instanceof BadUser ? error.message : 'The session store is unavailable'}\n`
  res.setHeader('Content-Length', Buffer.byteLength(body))
  return [body]
}

/** As `writeHead` takes them: an object, pairs, or one flat list. */
export function setAll(res: ServerResponse, headers: unknown): void {
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

function lengthOf(chunk: unknown, encoding: unknown): number {
  if (typeof chunk === 'string')
    return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
  return (chunk as Uint8Array | null | undefined)?.byteLength ?? 0
}
