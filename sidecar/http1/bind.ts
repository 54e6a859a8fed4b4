import { unlinkSync } from 'node:fs'
import { connect, type Server } from 'node:net'
import { formatAddress, parseAddress, type SocketAddress } from '../model/endpoint.ts'

/** A listener that could not be opened. The message is one line for people: address, cause, what to do. */
export class BindError extends Error {
  override readonly name = 'BindError'
}

/** Listens on `host:port` or `unix:/path`; resolves with the address as bound. A dead process's socket file is replaced. */
export async function bind(server: Server, text: string): Promise<string> {
  const address = parseAddress(text)
  if (address === undefined) throw new BindError(`cannot listen on ${text}: not host:port or unix:/path`)
  try {
    await listen(server, address)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE' || !('path' in address) || (await answers(address.path))) throw explain(text, error)
    unlinkSync(address.path)
    await listen(server, address)
  }
  const bound = server.address()
  return typeof bound === 'object' && bound !== null ? formatAddress({ host: bound.address, port: bound.port }) : text
}

function listen(server: Server, address: SocketAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

function answers(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'))
  })
}

function explain(text: string, error: unknown): BindError {
  const { code, message } = error as NodeJS.ErrnoException
  const why: Record<string, string> = {
    EADDRINUSE: 'another process listens there already; stop it or choose another address',
    EACCES: 'not permitted; ports under 1024 and other users’ directories need privileges',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOENT: 'the directory of the socket does not exist',
    ENOTFOUND: 'the host name is not known',
  }
  return new BindError(`cannot listen on ${text}: ${why[code ?? ''] ?? message}`)
}
