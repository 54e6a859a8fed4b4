// Small writes past the Writable of net.Socket: its state machine, a callback in the next tick and the WriteWrap's set-up
// cost 2 us of CPU, twice a request, for a write that the kernel nearly always takes at once. Where the handle is not
// as expected, nothing is written here and the caller takes the public way.

import type { Socket } from 'node:net'
import { getSystemErrorName } from 'node:util'

/** Nothing was done: use `socket.write`. */
export const NOT_WRITTEN = 0
export const WRITTEN = 1
/** The rest waits in the handle; `onFlushed` will be called. */
export const QUEUED = 2
/** The peer takes no more: nothing of it has left, and the socket is being destroyed. */
export const FAILED = 3

/** Bytes that the peer has not taken yet, those in the handle included, which shrink while a large write is under way. */
export function waitingToLeave(socket: Socket): number {
  const handle = (socket as unknown as { _handle: Handle | null })._handle
  return handle?.writeQueueSize ?? socket.writableLength
}

export interface Flushed {
  readonly socket: Socket
  onFlushed(): void
}

interface Handle {
  /**
   * Up to Node 25 takes a write request and returns an error number. Node 26 takes null, and returns the request that it
   * made when the write has to wait.
   */
  writeLatin1String(request: WriteRequest | null, text: string): number | WriteRequest
  readonly writeQueueSize: number
}

interface WriteRequest {
  handle: Handle
  wire: Flushed
  oncomplete: (this: WriteRequest, status: number) => void
  /** Node 26: set when it was complete before anybody could listen. */
  writeStatus?: number | null
}

/** Node's own class of write requests; there is no public way to it, so it is taken from the first write that passes. */
let WriteWrap: (new () => WriteRequest) | undefined
let way: 'unknown' | 'given' | 'returned' = 'unknown'
let watching = false

/** Only when nothing waits in the socket's Writable, or the order would be lost. */
export function writeNow(wire: Flushed, text: string): number {
  const { socket } = wire
  const handle = (socket as unknown as { _handle: Handle | null })._handle
  if (handle === null || socket.writableLength > 0 || socket.connecting || !socket.writable) return NOT_WRITTEN
  if (way === 'given') return writeGiven(wire, handle, text)
  if (way === 'returned') return writeReturned(wire, handle, text)
  watch(handle)
  return NOT_WRITTEN
}

/** Whether this Node lets it; false until the first write has passed. */
export function writesDirectly(): boolean {
  return way !== 'unknown'
}

function writeGiven(wire: Flushed, handle: Handle, text: string): number {
  const request = new WriteWrap!()
  prepare(request, wire, handle)
  const error = handle.writeLatin1String(request, text) as number
  if (error !== 0) return fail(wire.socket, error)
  return handle.writeQueueSize === 0 ? WRITTEN : QUEUED
}

function writeReturned(wire: Flushed, handle: Handle, text: string): number {
  const result = handle.writeLatin1String(null, text)
  if (typeof result === 'number') return result === 0 ? WRITTEN : fail(wire.socket, result)
  if (typeof result.writeStatus === 'number') {
    return result.writeStatus < 0 ? fail(wire.socket, result.writeStatus) : WRITTEN
  }
  prepare(result, wire, handle)
  return QUEUED
}

function prepare(request: WriteRequest, wire: Flushed, handle: Handle): void {
  request.handle = handle
  request.wire = wire
  request.oncomplete = complete
}

function complete(this: WriteRequest, status: number): void {
  const { socket } = this.wire
  if (socket.destroyed) return
  if (status < 0) fail(socket, status)
  else this.wire.onFlushed()
}

function fail(socket: Socket, error: number): number {
  const code = getSystemErrorName(error)
  socket.destroy(Object.assign(new Error(`write ${code}`), { code, syscall: 'write' }))
  return FAILED
}

function watch(handle: Handle): void {
  if (watching || typeof handle.writeLatin1String !== 'function' || typeof handle.writeQueueSize !== 'number') return
  watching = true
  const write = handle.writeLatin1String
  handle.writeLatin1String = (request, text) => {
    delete (handle as Partial<Handle>).writeLatin1String
    if (request === null) way = 'returned'
    else if (typeof request?.constructor === 'function') {
      WriteWrap = request.constructor as new () => WriteRequest
      way = 'given'
    }
    return write.call(handle, request, text)
  }
}
