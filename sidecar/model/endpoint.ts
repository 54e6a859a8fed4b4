/** Where a member of a service can be reached. Identity is the address alone: weight and labels may change under it. */
export interface Endpoint {
  /** Canonical text: `10.0.0.7:3001`, `[::1]:3001`, `orders.internal:80` or `unix:/run/web.sock`. */
  readonly address: string
  /** Share of the traffic relative to its siblings, > 0. Default 1. */
  readonly weight: number
}

/** What `net.connect` and `net.Server.listen` take, from either form of address. */
export type SocketAddress = { readonly host: string; readonly port: number } | { readonly path: string }

/**
 * Splits `host:port`, `[v6]:port` or `unix:/path`. Returns undefined when the text is none of these;
 * the caller knows where the text came from and words the error.
 */
export function parseAddress(text: string): SocketAddress | undefined {
  if (text.startsWith('unix:')) return text.length > 5 ? { path: text.slice(5) } : undefined
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9_.-]+)):(\d{1,5})$/.exec(text)
  if (match === null) return undefined
  const port = Number(match[3])
  return port <= 65_535 ? { host: (match[1] ?? match[2])!, port } : undefined
}

export function formatAddress(address: SocketAddress): string {
  if ('path' in address) return `unix:${address.path}`
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}
