// One request over a connection that is kept from check to check. Of the answer 64 KiB are read: a check is not the place
// to move more, and an answer that is longer is cut off, which is no failure.

import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http'
import type { Socket } from 'node:net'
import { formatAddress, type SocketAddress } from '../model/endpoint.ts'
import type { HealthCheck } from '../model/resilience-settings.ts'
import { type Checker, resultOf, whyAborted, whyFailed } from './check.ts'

type HttpCheck = Extract<HealthCheck, { readonly kind: 'http' }>

/** Redirects are answers like any other: where they lead is not the member. */
export function createHttpCheck(settings: HttpCheck): Checker {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return {
    async check(address, signal) {
      const began = performance.now()
      const options = { ...optionsOf(settings, address), agent, signal }
      const why = await ask(options, settings)
      // A server may close an idle connection at the moment at which it is used: that says nothing of its health.
      return resultOf(why === STALE ? await ask(options, settings) : why, began)
    },
    close: () => agent.destroy(),
  }
}

const LIMIT = 65_536
const STALE = 'kept connection was closed'
/** So that operators can leave checks out of their access logs. */
const USER_AGENT = 'outrigger-health'

function optionsOf({ method, path, headers }: HttpCheck, address: SocketAddress): RequestOptions {
  const unix = 'path' in address
  const at = unix ? { socketPath: address.path } : { host: address.host, port: address.port }
  const own = { host: unix ? 'localhost' : formatAddress(address), 'user-agent': USER_AGENT }
  return { ...at, method, path, headers: { ...own, ...headers }, maxHeaderSize: LIMIT }
}

/** Undefined when all is well, else why not. Rejects only if the request cannot be made at all. */
function ask(options: RequestOptions & { readonly signal: AbortSignal }, settings: HttpCheck) {
  const { signal } = options
  return new Promise<string | undefined>(resolve => {
    let awaited = 'connection'
    let first: Buffer | undefined
    const outgoing = request(options)

    outgoing.on('socket', socket => {
      const connected = () => {
        awaited = 'answer'
      }
      const keep = (chunk: Buffer) => {
        first ??= chunk
      }
      if (socket.connecting) socket.once('connect', connected)
      else connected()
      // Before Node's own listener, which reports a fault of the head from within.
      socket.prependListener('data', keep)
      outgoing.on('close', () => socket.removeListener('data', keep))
    })
    outgoing.on('response', async incoming => {
      awaited = REST
      const wrong = wrongStatus(settings, incoming.statusCode!)
      const body = await bodyOf(incoming).catch(() => undefined)
      if (body !== undefined) resolve(wrong ?? lacking(settings, body))
      else resolve(wrong ?? (signal.aborted ? whyAborted(signal, awaited) : 'answer broke off'))
    })
    // Without a listener Node drops such an answer, and tells nobody.
    for (const event of ['upgrade', 'connect']) {
      outgoing.on(event, (incoming: IncomingMessage, socket: Socket) => {
        socket.destroy()
        resolve(wrongStatus(settings, incoming.statusCode!) ?? lacking(settings, Buffer.alloc(0)))
      })
    }
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const { code = '' } = error
      // The reading of the body hears of it too, and knows the status.
      if (awaited === REST) return
      if (signal.aborted) resolve(whyAborted(signal, awaited))
      else if (code === 'HPE_HEADER_OVERFLOW') {
        resolve(wrongStatus(settings, statusOf(first)) ?? lacking(settings, Buffer.alloc(0)))
      } else if (code.startsWith('HPE_')) resolve(`answer is not HTTP (${code})`)
      else if (awaited !== 'answer' || !CLOSED.has(code)) resolve(whyFailed(error))
      else resolve(outgoing.reusedSocket ? STALE : 'closed without an answer')
    })
    outgoing.end()
  })
}

/** What is awaited once the head is there. */
const REST = 'end of the answer'

const CLOSED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE'])

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  // Leaving the loop early destroys the connection.
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    if (length > LIMIT) break
  }
  return Buffer.concat(chunks).subarray(0, LIMIT)
}

function lacking({ body }: HttpCheck, found: Buffer): string | undefined {
  return found.includes(body) ? undefined : `body lacks ${JSON.stringify(body)}`
}

function wrongStatus({ statuses }: HttpCheck, status: number): string | undefined {
  if (statuses.some(({ from, to }) => status >= from && status <= to)) return undefined
  return `status ${status}, expected ${statuses.map(inWords).join(' or ')}`
}

function inWords({ from, to }: { readonly from: number; readonly to: number }): string {
  const whole = from % 100 === 0 && to % 100 === 99
  const [low, high] = whole ? [`${from / 100}xx`, `${(to - 99) / 100}xx`] : [`${from}`, `${to}`]
  return low === high ? low : `${low}-${high}`
}

/** Of a head that was too long for Node to hand it out. */
function statusOf(start: Buffer | undefined): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(start?.toString('latin1', 0, 12) ?? '')?.[1] ?? 0)
}
