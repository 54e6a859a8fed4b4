// Ports of 127.0.0.1: free ones, and whether somebody listens.

import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** All held at once, so that no two are the same. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(
    servers.map(
      server =>
        new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', () => resolve())),
    ),
  )
  const ports = servers.map(server => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}

/** False when nobody listens after ten seconds, or as soon as `gone` says that nobody ever will. */
export async function listening(port: number, gone: () => boolean): Promise<boolean> {
  for (let waited = 0; waited < 10_000 && !gone(); waited += 50) {
    if (await accepts(port)) return true
    await sleep(50)
  }
  return false
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
