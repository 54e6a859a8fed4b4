// Upgrades do not come by way of middleware: they are an event of the server, and every listener of an event hears it. So
// what is not for this instance is taken out before the server emits it.
import type { IncomingMessage } from 'node:http'
import type { Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Cut, forwardUpgrade } from './forward-upgrade.ts'
import type { Owner } from './instances.ts'
import { BadForward } from './sticky-errors.ts'

export interface Switchboard {
  attach(server: Server): void
  /** Ends what is passed through here. */
  close(): void
}

export interface SwitchboardParts {
  handshake(req: IncomingMessage): {
    readonly owner: Owner | Promise<Owner>
    /** The field line that the answer needs when the owner is the one that is given. */
    line(owner: Owner): string | undefined
  }
  passOn(req: IncomingMessage): string
  readonly timeout: number
  readonly counts: { forwarded: number; failed: number }
}

export function createSwitchboard({ handshake, passOn, timeout, counts }: SwitchboardParts): Switchboard {
  const attached = new WeakSet<Server>()
  const tunnels = new Set<Cut>()

  /** Whether it is taken off the server's hands, until `here` is called. */
  function upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, here: () => void): boolean {
    if (req.headers.upgrade?.toLowerCase() !== 'websocket') return false
    const { owner, line } = handshake(req)
    const serve = (found: Owner) => {
      const set = line(found)
      if (set !== undefined) intoSwitch(socket, set)
    }
    if (typeof owner === 'string') {
      serve(owner)
      return false
    }
    const follow = (found: Owner) => {
      if (typeof found === 'string') {
        serve(found)
        return here()
      }
      counts.forwarded++
      const gone = () => {
        serve('gone')
        here()
      }
      try {
        const it = { req, socket, head, timeout, lines: passOn(req) }
        const cut = forwardUpgrade(it, found, gone, () => tunnels.delete(cut))
        tunnels.add(cut)
      } catch (error) {
        counts.failed++
        const { status } = error instanceof BadForward ? error : { status: 500 }
        socket.on('error', () => {})
        socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      }
    }
    if (owner instanceof Promise) {
      // Nobody listens to the socket meanwhile: its error would end the process.
      const deaf = () => {}
      socket.on('error', deaf)
      void owner.then(found =>
        process.nextTick(() => {
          // Its client has gone: nothing would tell anybody, here or at the owner.
          if (socket.destroyed) return
          socket.off('error', deaf)
          follow(found)
        }),
      )
    } else follow(owner)
    return true
  }

  return {
    attach(server) {
      if (attached.has(server)) return
      attached.add(server)
      const { emit } = server
      server.emit = function (this: Server, event: string, ...args: any[]) {
        const all = [event, ...args]
        if (event === 'upgrade' && upgrade(args[0], args[1], args[2], () => Reflect.apply(emit, this, all))) return true
        return Reflect.apply(emit, this, all)
      } as Server['emit']
    },
    close() {
      for (const cut of [...tunnels]) cut()
    },
  }
}

/** Whoever answers the handshake writes the head by himself: the line goes into it on its way. */
function intoSwitch(socket: Duplex, line: string): void {
  const { write } = socket
  socket.write = function (this: Duplex, data: unknown, ...rest: unknown[]) {
    socket.write = write
    let head = data
    if (typeof data === 'string' || data instanceof Uint8Array) {
      const text = typeof data === 'string' ? data : Buffer.from(data).toString('latin1')
      const end = text.startsWith('HTTP/1.1 101 ') ? text.indexOf('\r\n') + 2 : 0
      if (end > 0) head = Buffer.from(text.slice(0, end) + line + text.slice(end), 'latin1')
    }
    return (write as (...all: unknown[]) => boolean).call(this, head, ...rest)
  } as Duplex['write']
}
