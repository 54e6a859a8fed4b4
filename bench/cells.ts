// What is measured: one cell is one kind of request at one number of connections.

export interface Cell {
  readonly name: string
  readonly title: string
  readonly connections: number
  readonly path: string
  /** Bytes that the request brings; without, it is a GET. */
  readonly upload?: number
  /** One for each connection, in turn. */
  readonly cookies?: readonly string[]
  /** Measured without a proxy as well: what the rest of the set-up costs. */
  readonly direct?: true
}

/** What the origin answers, in bytes. */
export const bodies: Readonly<Record<string, number>> = { '/small': 128, '/4k': 4_096, '/64k': 65_536 }

export const cells: readonly Cell[] = [
  { name: 'get1', title: 'small GET, 1 connection', connections: 1, path: '/small', direct: true },
  { name: 'get32', title: 'small GET, 32 connections', connections: 32, path: '/small' },
  { name: 'get256', title: 'small GET, 256 connections', connections: 256, path: '/small' },
  { name: 'get-4k', title: 'GET of 4 KiB, 32 connections', connections: 32, path: '/4k' },
  { name: 'get-64k', title: 'GET of 64 KiB, 32 connections', connections: 32, path: '/64k' },
  { name: 'post-4k', title: 'POST of 4 KiB, 32 connections', connections: 32, path: '/small', upload: 4_096 },
]
