/** A TCP proxy in front of Redis whose connections can fall silent, as behind a firewall that has forgotten them. */
import { connect, type Socket } from 'node:net'
import { startNet } from './clients.ts'

export type Kind = 'reading' | 'listening'

export interface SilentProxy {
  readonly url: string
  /** Nothing passes any more on the connections of this kind that there are; they stay open. */
  silence(kind: Kind): void
  /** What comes on connections of this kind waits, until it is let go on. */
  hold(kind: Kind): void
  release(): void
  /** Where connections go that are opened from now on. */
  aim(port: number): void
  /** Connections so far that have subscribed to something. */
  readonly listened: number
  close(): Promise<void>
}

interface Link {
  kind: Kind
  silent: boolean
  readonly sockets: readonly Socket[]
}

export async function startSilentProxy(port: number): Promise<SilentProxy> {
  const links = new Set<Link>()
  const of = (kind: Kind) => [...links].filter(link => link.kind === kind)
  let listened = 0
  const net = await startNet(client => {
    const server = connect({ port, host: '127.0.0.1', noDelay: true })
    const link: Link = { kind: 'reading', silent: false, sockets: [client, server] }
    links.add(link)
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', () => {})
      from.on('close', () => {
        links.delete(link)
        if (!link.silent) to.destroy()
      })
      from.on('data', bytes => {
        if (from === client && link.kind === 'reading' && bytes.includes('__redis__:invalidate')) {
          link.kind = 'listening'
          listened++
        }
        if (!link.silent) to.write(bytes)
      })
    }
  })
  return {
    url: `redis://${net.address}`,
    silence(kind) {
      for (const link of of(kind)) link.silent = true
    },
    hold(kind) {
      for (const { sockets } of of(kind)) for (const socket of sockets) socket.pause()
    },
    release() {
      for (const { sockets } of links) for (const socket of sockets) socket.resume()
    },
    aim: to => void (port = to),
    get listened() {
      return listened
    },
    async close() {
      for (const { sockets } of links) for (const socket of sockets) socket.destroy()
      await net.close()
    },
  }
}
