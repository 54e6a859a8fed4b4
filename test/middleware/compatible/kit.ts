/** One wording of express-session's observable behaviour, for express-session itself and for what stands in its place. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { assert } from 'chai'
import { call, type Reply } from '../../support/clients.ts'

export interface Kit {
  /** `express-session`'s export, or ours. */
  readonly session: any
  /** What stands in the place of `session.MemoryStore`. */
  store(): any
}

export type Respond = (req: any, res: any, errors: readonly Error[]) => unknown

export interface Site {
  readonly store: any
  /** Errors that reached `next` when the head had been sent. */
  readonly errors: Error[]
  get(path?: string, from?: Answer | string, headers?: Record<string, string>): Promise<Answer>
  put(path: string, from?: Answer): Promise<Answer>
}

export interface Answer extends Reply {
  /** The first Set-Cookie field, as sent. */
  readonly cookie: string | undefined
  readonly name: string | undefined
  readonly value: string | undefined
  /** Attributes by lower-case name. */
  readonly attributes: Readonly<Record<string, string | true>>
  readonly id: string
}

const open: Server[] = []

export function closeSites(): void {
  for (const server of open.splice(0)) server.close().closeAllConnections()
}

/** As the suite of express-session does: a minute's cookie and a secret, unless something is said of them. */
export async function serve(
  kit: Kit,
  options: Record<string, unknown> = {},
  respond: Respond = (_, res) => res.end(),
  setup: (req: any, res: any) => void = () => {},
): Promise<Site> {
  const store = options.store ?? kit.store()
  const middleware = kit.session({ cookie: { maxAge: 60_000 }, secret: 'keyboard cat', ...options, store })
  const errors: Error[] = []
  const site = await serveApp((req, res) => {
    setup(req, res)
    middleware(req, res, (error: any) => {
      if (error && !res._header) {
        res.statusCode = error.status || 500
        res.end(error.message)
      } else if (error) errors.push(error)
      else respond(req, res, errors)
    })
  })
  return { ...site, store, errors }
}

export async function serveApp(listener: (req: any, res: any) => void): Promise<Site> {
  const server = createServer(listener)
  open.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const send = async (method: string, path: string, from?: Answer | string, headers: Record<string, string> = {}) => {
    const cookie = typeof from === 'string' ? from : from?.cookie
    const all = cookie === undefined ? headers : { cookie: cookie, ...headers }
    return read(await call(address, path, { method, headers: all }))
  }
  return {
    store: undefined,
    errors: [],
    get: (path = '/', from, headers) => send('GET', path, from, headers),
    put: (path, from) => send('PUT', path, from),
  }
}

function read(reply: Reply): Answer {
  const cookie = reply.headers['set-cookie']?.[0]
  const [first = '', ...rest] = cookie?.split(/;\s*/) ?? []
  const [name, value = ''] = first.split('=')
  const attributes = rest.map(each => {
    const [key, said] = each.split('=')
    return [key!.toLowerCase(), said ?? true]
  })
  const text = decodeURIComponent(value)
  const id = text.slice(2, text.indexOf('.'))
  return { ...reply, cookie, name: name || undefined, value, attributes: Object.fromEntries(attributes), id }
}

/** Counts the calls of a method of a store from here on. */
export function counted(store: any, method: string): { count: number } {
  const calls = { count: 0 }
  const original = store[method]
  store[method] = function (...args: unknown[]) {
    calls.count++
    return original.apply(this, args)
  }
  return calls
}

export const ask = <T = any>(store: any, method: string, ...args: unknown[]): Promise<T> =>
  new Promise((resolve, reject) =>
    store[method](...args, (error: any, value: T) => (error ? reject(error) : resolve(value))),
  )

export const boom = (...args: any[]) => args.at(-1)(new Error('boom!'))

export const hit: Respond = (req, res) => {
  req.session.hit = true
  res.end('hit')
}

/** `session 1`, and 2 when the first is lost. */
export function numbered(): Respond {
  let count = 0
  return (req, res) => {
    req.session.num = req.session.num || ++count
    res.end(`session ${req.session.num}`)
  }
}

export const hits: Respond = (req, res) => {
  req.session.count = (req.session.count || 0) + 1
  res.end(`hits: ${req.session.count}`)
}

export const nextSecond = () => new Promise(resolve => setTimeout(resolve, 1_000 - (Date.now() % 1_000) + 100))

export function is(answer: Answer, text: string, status = 200): void {
  assert.deepEqual([answer.status, answer.text], [status, text])
}

export type Cases = Readonly<Record<string, (kit: Kit) => Promise<unknown>>>
