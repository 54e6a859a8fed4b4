import { existsSync, lstatSync, unlinkSync } from 'node:fs'
import { connect, type Server } from 'node:net'
import { dirname } from 'node:path'
import { formatAddress, parseAddress, type SocketAddress } from '../model/endpoint.ts'

/** A listener that could not be opened. The message is one line for people: address, cause, what to do. */
export class BindError extends Error {
  override readonly name = 'BindError'
}

/**
 * Listens on `host:port` or `unix:/path`; resolves with the address as bound. A dead process's socket file is replaced; a
 * file that is no socket never is. `what` is what the address is for, told when it cannot be had.
 */
export async function bind(server: Server, text: string, what = ''): Promise<string> {
  const address = parseAddress(text)
  if (address === undefined) throw new BindError(`cannot listen on ${text}${what}: not host:port or unix:/path`)
  try {
    await listen(server, address)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (!('path' in address)) throw explain(`${text}${what}`, error)
    if (code === 'EADDRINUSE' && !isSocket(address.path)) {
      throw new BindError(`cannot listen on ${text}${what}: there is a file or directory that is no socket`)
    }
    if (code === 'EACCES' && !existsSync(dirname(address.path))) throw explain(`${text}${what}`, { code: 'ENOENT' })
    if (code !== 'EADDRINUSE' || (await answers(address.path))) throw explain(`${text}${what}`, error)
    try {
      unlinkSync(address.path)
      await listen(server, address)
    } catch (again) {
      throw explain(`${text}${what}`, again)
    }
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

/** Not what a link points to: replacing it would remove the link. */
function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? true
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
