/**
 * An origin on bare sockets: it records every byte, answers each request with scripted bytes, and reads strictly.
 * One request at a time: what comes after a request stays unread until that request has its answer.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { type Ending, type Field, latin1, pause, readBody, readHead, statedFraming, until } from './raw.ts'

/** One thing the origin does. Strings are sent as latin1; a function is called when its turn comes. */
export type Act =
  | string
  | Buffer
  | ((request: OriginRequest) => string)
  | { readonly pause: number }
  | { readonly bytewise: string }
  /** Wait until this came in on the connection. */
  | { readonly seen: string }
  /** As the first act: do not wait for the request's last byte. Later: wait for it. */
  | 'now'
  | 'whole'
  /** What comes in from here on is no HTTP. */
  | 'tunnel'
  /** Send back all that the tunnel brings, until the peer's end. */
  | 'echo'
  /** Wait for the peer's end. */
  | 'ended'
  | 'fin'
  | 'reset'

/** `nth` counts the requests of all connections, from 0. */
export type Answer = readonly Act[] | ((request: OriginRequest, nth: number) => readonly Act[])

export interface OriginRequest {
  readonly method: string
  readonly target: string
  readonly version: string
  readonly fields: readonly Field[]
  /** The head as it came. */
  readonly head: string
  readonly connection: number
  body: Buffer
  trailers: readonly Field[]
  complete: boolean
}

export interface OriginConnection {
  readonly bytes: Buffer
  readonly requests: readonly OriginRequest[]
  readonly ending: Ending
  /** What followed the last request: the tunnel's bytes, or bytes not read yet. */
  readonly rest: Buffer
  /** Why the bytes could not be read as HTTP. */
  readonly fault: string | undefined
}

export interface Origin {
  readonly port: number
  /** `127.0.0.1:port` */
  readonly address: string
  readonly connections: readonly OriginConnection[]
  /** Of all connections, in the order of their heads, unfinished ones too. */
  readonly requests: readonly OriginRequest[]
  /** Every byte received, connection after connection. */
  readonly bytes: Buffer
  close(): Promise<void>
}

export const ok = (body = 'ok', ...lines: readonly string[]) =>
  `${['HTTP/1.1 200 OK', `Content-Length: ${body.length}`, ...lines].join('\r\n')}\r\n\r\n${body}`

export async function startOrigin(answer: Answer = [ok()]): Promise<Origin> {
  const connections: OriginConnection[] = []
  const requests: OriginRequest[] = []
  const sockets = new Set<Socket>()
  const script = (request: OriginRequest) => {
    const nth = requests.push(request) - 1
    return typeof answer === 'function' ? answer(request, nth) : answer
  }
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serve(socket, connections, script)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    address: `127.0.0.1:${port}`,
    connections,
    requests,
    get bytes() {
      return Buffer.concat(connections.map(connection => connection.bytes))
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

type Script = (request: OriginRequest) => readonly Act[]

function serve(socket: Socket, connections: OriginConnection[], script: Script) {
  const inbox = collect(socket)
  const requests: OriginRequest[] = []
  const number = connections.length
  let read = 0
  let fault: string | undefined
  connections.push({
    requests,
    get bytes() {
      return inbox.bytes
    },
    get ending() {
      return inbox.ending
    },
    get rest() {
      return inbox.bytes.subarray(read)
    },
    get fault() {
      return fault
    },
  })
  void talk().then(() => socket.end())

  async function talk() {
    for (;;) {
      const request = await nextHead()
      if (!request) return
      const whole = readWhole(request)
      const acts = script(request)
      if (acts[0] !== 'now') await whole
      if (fault === undefined && (request.complete || acts[0] === 'now')) {
        const open = await perform(acts, socket, inbox, { request, whole, tunnel: () => inbox.bytes.subarray(read) })
        if (!open) return
      }
      await whole
      // A recipient that cannot frame a message must not guess where the next one starts.
      if (fault !== undefined)
        socket.write('HTTP/1.1 400 Origin Cannot Read\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      if (!request.complete || acts.includes('tunnel')) return
    }
  }

  async function nextHead(): Promise<OriginRequest | undefined> {
    for (;;) {
      const head = readHead(inbox.bytes.subarray(read))
      if (head.kind === 'head') {
        const line = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e\x80-\xff]+) (HTTP\/1\.[01])$/.exec(head.start)
        const [method, target, version] = line?.slice(1) ?? []
        if (!line) fault = `request line ${JSON.stringify(head.start)}`
        read += head.length
        const { fields, text } = head
        const request = { method: method ?? '', target: target ?? '', version: version ?? '', fields, head: text }
        requests.push({ ...request, connection: number, body: Buffer.alloc(0), trailers: [], complete: false })
        return requests.at(-1)
      }
      if (head.kind === 'fault') {
        fault = head.why
        socket.write('HTTP/1.1 400 Origin Cannot Read\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
        return undefined
      }
      if (inbox.ending !== 'open') return undefined
      await inbox.more()
    }
  }

  async function readWhole(request: OriginRequest) {
    const framing = statedFraming(request.fields)
    if (framing.kind === 'fault') fault = framing.why
    if (request.version === 'HTTP/1.0' && framing.kind === 'chunked') fault = 'chunked in HTTP/1.0'
    if (fault !== undefined || framing.kind === 'fault') return
    const start = read
    for (;;) {
      const body = readBody(framing, inbox.bytes.subarray(start), false)
      Object.assign(request, { body: body.body, trailers: body.trailers, complete: body.complete })
      read = start + body.used
      fault = body.fault
      if (body.complete || fault !== undefined || inbox.ending !== 'open') return
      await inbox.more()
    }
  }
}

interface Inbox {
  readonly bytes: Buffer
  readonly ending: Ending
  /** Settles with the next bytes, or with the end. */
  more(): Promise<void>
}

function collect(socket: Socket): Inbox {
  const chunks: Buffer[] = []
  let ending: Ending = 'open'
  let wake = () => {}
  let next = new Promise<void>(resolve => (wake = resolve))
  const stir = () => {
    wake()
    next = new Promise(resolve => (wake = resolve))
  }
  const end = (how: Ending) => {
    if (ending === 'open') ending = how
    stir()
  }
  socket.on('data', chunk => {
    chunks.push(chunk)
    stir()
  })
  socket.on('end', () => end('fin'))
  socket.on('error', () => end('rst'))
  socket.on('close', () => end('rst'))
  return {
    get bytes() {
      if (chunks.length > 1) chunks.splice(0, chunks.length, Buffer.concat(chunks))
      return chunks[0] ?? Buffer.alloc(0)
    },
    get ending() {
      return ending
    },
    more: () => (ending === 'open' ? next : Promise.resolve()),
  }
}

interface Exchange {
  readonly request: OriginRequest
  readonly whole: Promise<void>
  tunnel(): Buffer
}

/** False when the script closed the connection. */
async function perform(acts: readonly Act[], socket: Socket, inbox: Inbox, exchange: Exchange): Promise<boolean> {
  for (const act of acts) {
    if (socket.destroyed) return false
    if (act === 'now' || act === 'tunnel') continue
    if (act === 'whole') await exchange.whole
    else if (act === 'echo') await echo(socket, inbox, exchange)
    else if (act === 'ended') await until(() => inbox.ending !== 'open', 3000)
    else if (act === 'fin') {
      socket.end()
      return false
    } else if (act === 'reset') {
      socket.resetAndDestroy()
      return false
    } else if (typeof act === 'string' || Buffer.isBuffer(act)) socket.write(latin1(act))
    else if (typeof act === 'function') socket.write(latin1(act(exchange.request)))
    else if ('pause' in act) await pause(act.pause)
    else if ('seen' in act) await until(() => inbox.bytes.includes(act.seen, 0, 'latin1'), 3000)
    else {
      for (const byte of act.bytewise) {
        socket.write(byte, 'latin1')
        await turn()
      }
    }
  }
  if (acts.includes('tunnel')) await until(() => inbox.ending !== 'open', 3000)
  return true
}

async function echo(socket: Socket, inbox: Inbox, exchange: Exchange) {
  let sent = 0
  for (;;) {
    const bytes = exchange.tunnel()
    if (bytes.length > sent) socket.write(bytes.subarray(sent))
    sent = bytes.length
    if (inbox.ending !== 'open') return
    await inbox.more()
  }
}
