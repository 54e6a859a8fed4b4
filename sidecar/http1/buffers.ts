// Who may read into what. Sockets with little to say all read into one shared buffer, which is valid only during the
// reader's call; a socket that streams gets a buffer of its own, whose bytes can be written on without a copy.

/** 64 KiB of content, as most programs send at most at once, and a head in front of it: one read, one write. */
const SIZE = 72 * 1024
/** A response head may grow on its way through us. */
const HEADROOM = 4 * 1024
const KEEP = 64

/** Valid until the call that was given it returns. */
export const SHARED: Buffer = Buffer.allocUnsafeSlow(SIZE)

const free: Buffer[] = []

export function acquire(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(HEADROOM + SIZE)
}

/** Only when nothing refers to its bytes any more: a write that is still pending does. */
export function release(buffer: Buffer): void {
  if (free.length < KEEP) free.push(buffer)
}
