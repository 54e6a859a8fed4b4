/** What tests start and must stop, servers as apps have them, and clients. */
import { createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http'
import { type AddressInfo, createServer as createNetServer, type Server as NetServer, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { openRaw, type RawClient, type RawResponse, readResponses } from './raw.ts'

interface Closable {
  close(): unknown
}

/** In a `describe`: what is given to the function returned is closed after each test, the last one first. */
export function closing(): <T extends Closable>(started: T | Promise<T>) => Promise<T> {
  const open: Closable[] = []
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close()
  })
  return async started => {
    const it = await started
    open.push(it)
    return it
  }
}

export interface App {
  readonly port: number
  /** `127.0.0.1:port`, or `unix:` and the path. */
  readonly address: string
  readonly server: Server
  /** Sockets open now. */
  readonly sockets: ReadonlySet<Socket>
  /** Sockets ever accepted. */
  readonly accepted: number
  close(): Promise<void>
}

/** An app on `node:http`. */
export async function startApp(listener: RequestListener, at?: { path: string } | { host: string }): Promise<App> {
  const server = createServer(listener)
  return Object.assign(await open(server, at), { server })
}

/** Bare sockets, for what no HTTP library would do. */
export async function startNet(onSocket: (socket: Socket, nth: number) => void): Promise<Omit<App, 'server'>> {
  const server = createNetServer({ noDelay: true, allowHalfOpen: true })
  let nth = 0
  server.on('connection', socket => {
    socket.on('error', () => {})
    onSocket(socket, nth++)
  })
  return open(server)
}

async function open(server: NetServer, at: { path: string } | { host: string } = { host: '127.0.0.1' }) {
  const sockets = new Set<Socket>()
  let accepted = 0
  server.on('connection', (socket: Socket) => {
    accepted++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>(resolve => server.listen('path' in at ? at : { ...at, port: 0 }, resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    address: 'path' in at ? `unix:${at.path}` : `${at.host.includes(':') ? `[${at.host}]` : at.host}:${port}`,
    sockets,
    get accepted() {
      return accepted
    },
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  readonly text: string
}

export interface Call {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** One request by `node:http` on a connection of its own. `path` may be a whole URL, as HTTP_PROXY clients send it. */
export async function call(
  address: string,
  path = '/',
  { method = 'GET', headers = {}, body }: Call = {},
): Promise<Reply> {
  const at = address.startsWith('unix:') ? { socketPath: address.slice(5) } : hostAndPort(address)
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request({ ...at, path, method, headers, agent: false }, resolve)
    outgoing.on('error', reject)
    outgoing.end(body)
  })
  const bytes = await buffer(incoming)
  return { status: incoming.statusCode!, headers: incoming.headers, body: bytes, text: bytes.toString() }
}

export function hostAndPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}

/** Sends these bytes and waits for as many whole responses as there are methods. */
export async function talk(
  address: string,
  bytes: string,
  methods: readonly string[] = ['GET'],
): Promise<readonly RawResponse[]> {
  const client = await openRaw(address)
  try {
    await client.send(bytes)
    return await responses(client, methods)
  } finally {
    client.close()
  }
}

/** What has come when there is a whole response for each method, or the connection has ended. */
export async function responses(
  client: RawClient,
  methods: readonly string[],
  ms = 5000,
): Promise<readonly RawResponse[]> {
  const read = () => readResponses(client.bytes, methods, client.ending === 'fin')
  const whole = () => read().responses.filter(response => response.complete).length >= methods.length
  if (!(await client.until(() => client.ending !== 'open' || whole(), ms))) {
    throw new Error(
      `no whole response after ${ms} ms: ${JSON.stringify(client.bytes.toString('latin1').slice(0, 300))}`,
    )
  }
  return read().responses
}

export const field = (response: RawResponse, name: string): string | undefined =>
  response.fields.find(field => field[0].toLowerCase() === name)?.[1]
