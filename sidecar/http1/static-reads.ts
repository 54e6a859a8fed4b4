// Reads of an accepted socket into a buffer of our choice. `net.connect` has the `onread` option for it; `net.Server`
// has not, and without it every read allocates 64 KiB: measured, 3 to 5 us of CPU per request. So the three fields
// that the option would have set are set here. Where a Node version lacks them, 'data' events do the same, slower.

import type { Socket } from 'node:net'

export interface Reader {
  /** The buffer for the next read. */
  readonly buffer: () => Buffer
  /** Called with the count of bytes and the buffer that they are in; false stops reading. */
  readonly callback: (count: number, bytes: Uint8Array) => boolean
}

interface Internals {
  _handle?: { useUserBuffer?: (buffer: Buffer) => void }
  [key: symbol]: unknown
}

/** Whether the fast way was taken. `fast` is false in the test of the fallback. */
export function readInto(socket: Socket, reader: Reader, fast = true): boolean {
  const symbols = fast ? find(socket) : undefined
  if (symbols === undefined) {
    socket.on('data', (bytes: Buffer) => {
      if (!reader.callback(bytes.length, bytes)) socket.pause()
    })
    return false
  }
  const internals = socket as unknown as Internals
  const first = reader.buffer()
  internals[symbols.buffer] = first
  internals[symbols.generate] = reader.buffer
  internals[symbols.callback] = reader.callback
  internals._handle!.useUserBuffer!(first)
  return true
}

function find(socket: Socket): { buffer: symbol; generate: symbol; callback: symbol } | undefined {
  if (typeof (socket as unknown as Internals)._handle?.useUserBuffer !== 'function') return undefined
  const own = Object.getOwnPropertySymbols(socket)
  const named = (name: string) => own.find(symbol => symbol.description === name)
  const buffer = named('kBuffer')
  const generate = named('kBufferGen')
  const callback = named('kBufferCb')
  return buffer && generate && callback ? { buffer, generate, callback } : undefined
}
