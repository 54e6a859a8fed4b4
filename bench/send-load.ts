// `send-load.ts JSON`: the load where wrk is not installed. It sends the next request when the last one is answered,
// as wrk does, and reads only answers with a Content-Length.

import { connect, type Socket } from 'node:net'
import { Histogram } from './histogram.ts'
import { TALLY, type Tally } from './load.ts'

interface Order {
  readonly port: number
  readonly path: string
  readonly connections: number
  readonly upload: number
  readonly seconds: number
  /** One for each connection, in turn. */
  readonly cookies: readonly string[]
}

const order: Order = JSON.parse(process.argv[2]!)
const latencies = new Histogram()
const counts = { requests: 0, bytes: 0, badStatus: 0, socketErrors: 0 }
const sockets = new Set<Socket>()
const start = performance.now()
let over = false

for (let i = 0; i < order.connections; i++) open(requestFor(order, order.cookies[i % order.cookies.length]))
setTimeout(finish, order.seconds * 1000)

function requestFor({ port, path, upload }: Order, cookie: string | undefined): string {
  const field = cookie === undefined ? '' : `Cookie: ${cookie}\r\n`
  const head = `${upload > 0 ? 'POST' : 'GET'} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${field}`
  return upload > 0 ? `${head}Content-Length: ${upload}\r\n\r\n${'x'.repeat(upload)}` : `${head}\r\n`
}

/** Bytes are counted, not kept: only heads are looked at. */
function open(request: string): void {
  let head = ''
  let left = 0
  let sent = 0
  const send = () => {
    sent = performance.now()
    socket.write(request, 'latin1')
  }
  const answered = () => {
    counts.requests++
    latencies.add(performance.now() - sent)
    if (!over) send()
  }
  const read = (size: number, buffer: Buffer): boolean => {
    counts.bytes += size
    let at = 0
    if (left === 0) {
      head += buffer.toString('latin1', 0, size)
      const end = head.indexOf('\r\n\r\n')
      if (end === -1) return true
      at = size - (head.length - end - 4)
      if (!/^HTTP\/1\.1 2/.test(head)) counts.badStatus++
      left = lengthOf(head.slice(0, end))
      head = ''
      if (Number.isNaN(left)) return fault()
    }
    left -= size - at
    if (left < 0) return fault()
    if (left === 0) answered()
    return true
  }
  const fault = () => {
    if (!over) counts.socketErrors++
    over ||= counts.socketErrors > 1_000
    socket.destroy()
    return false
  }
  const socket = connect({
    port: order.port,
    host: '127.0.0.1',
    noDelay: true,
    onread: { buffer: Buffer.allocUnsafe(65_536), callback: (size, buffer) => read(size, buffer as Buffer) },
  })
  sockets.add(socket)
  socket.once('connect', send)
  socket.on('error', () => {})
  socket.once('end', fault)
  socket.once('close', failed => {
    sockets.delete(socket)
    if (failed) fault()
    if (!over) setTimeout(() => over || open(request), 10)
  })
}

function lengthOf(head: string): number {
  return Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN)
}

function finish(): void {
  over = true
  const seconds = (performance.now() - start) / 1000
  for (const socket of sockets) socket.destroy()
  const tally: Tally = { ...counts, seconds, p50: latencies.percentile(50), p99: latencies.percentile(99) }
  console.log(TALLY + JSON.stringify(tally))
}
