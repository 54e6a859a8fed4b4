/**
 * An origin that frames its answers at random and breaks off at random, and says of each answer whose it is in every
 * byte: `pattern(id, size)`. What it did on purpose to a request is in `harmed`.
 */
import type { Socket } from 'node:net'
import { startNet } from '../../support/clients.ts'
import { readHead } from '../../support/raw.ts'

export interface Scrambler {
  readonly address: string
  /** Ids whose answers were cut or never begun. */
  readonly harmed: ReadonlySet<string>
  /** Requests whose content was not theirs. */
  readonly mixed: readonly string[]
  readonly answered: number
  close(): Promise<void>
}

export function pattern(id: string, size: number): Buffer {
  return Buffer.alloc(size, `<${id}>`)
}

export async function startScrambler(random: () => number): Promise<Scrambler> {
  const harmed = new Set<string>()
  const mixed: string[] = []
  let answered = 0

  /** Whether the connection goes on. */
  async function answer(socket: Socket, id: string, method: string): Promise<boolean> {
    if (random() < 0.5) await new Promise(resolve => setTimeout(resolve, random() ** 3 * 40))
    const fate = random()
    if (fate < 0.02) {
      harmed.add(id)
      socket.resetAndDestroy()
      return false
    }
    if (fate < 0.03) {
      harmed.add(id)
      socket.end()
      return false
    }
    answered++
    const size = random() < 0.3 ? 0 : Math.floor(random() ** 5 * 300_000)
    const content = pattern(id, size)
    const head = `HTTP/1.1 200 OK\r\nX-Id: ${id}\r\nX-Size: ${size}\r\n`
    const framing = random()
    if (method === 'HEAD') {
      socket.write(`${head}Content-Length: ${size}\r\n\r\n`)
      return true
    }
    const broken = random() < 0.02 && size > 1000
    if (broken) harmed.add(id)
    const sent = broken ? content.subarray(0, Math.floor(size / 2)) : content
    if (framing < 0.5) socket.write(Buffer.concat([Buffer.from(`${head}Content-Length: ${size}\r\n\r\n`), sent]))
    else if (framing < 0.85) {
      socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`)
      await writeChunks(socket, sent, random)
      if (!broken) socket.write('0\r\n\r\n')
    } else {
      // Close-delimited cannot break off by a FIN: that is its proper end.
      if (broken) harmed.delete(id)
      socket.end(Buffer.concat([Buffer.from(`${head}\r\n`), content]))
      return false
    }
    if (broken) {
      if (random() < 0.5) socket.end()
      else socket.resetAndDestroy()
      return false
    }
    // A kept connection that closes right behind its answer: the next request runs into it.
    if (random() < 0.1) socket.end()
    return true
  }

  const server = await startNet(socket => {
    let bytes = Buffer.alloc(0)
    let busy = false
    socket.on('end', () => socket.end())
    socket.on('data', async chunk => {
      bytes = Buffer.concat([bytes, chunk])
      if (busy) return
      busy = true
      for (let open = true; open && !socket.destroyed; ) {
        const request = take(bytes)
        if (request === undefined) break
        bytes = bytes.subarray(request.length)
        const { id, content, method } = request
        if (!content.equals(pattern(id, content.length))) mixed.push(id)
        open = await answer(socket, id, method)
      }
      busy = false
    })
  })
  return {
    address: server.address,
    harmed,
    mixed,
    get answered() {
      return answered
    },
    close: server.close,
  }
}

async function writeChunks(socket: Socket, content: Buffer, random: () => number): Promise<void> {
  for (let at = 0; at < content.length && !socket.destroyed; ) {
    const part = content.subarray(at, at + 1 + Math.floor(random() ** 2 * 60_000))
    at += part.length
    socket.write(Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]))
    if (random() < 0.3) await new Promise(setImmediate)
  }
}

/** The first request of these bytes when all of it is there; what the sidecar sends has a length or no content here. */
function take(bytes: Buffer): { id: string; method: string; content: Buffer; length: number } | undefined {
  const head = readHead(bytes)
  if (head.kind !== 'head') return undefined
  const [method, target] = head.start.split(' ')
  const stated = head.fields.find(([name]) => name.toLowerCase() === 'content-length')?.[1] ?? '0'
  const length = head.length + Number(stated)
  if (bytes.length < length) return undefined
  return { id: target!.slice(1), method: method!, content: bytes.subarray(head.length, length), length }
}
