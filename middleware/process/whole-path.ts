import type { IncomingMessage } from 'node:http'

/** The path, without the query. Below a mount point as well: `originalUrl` is Express's word for the whole. */
export function wholePath(req: IncomingMessage & { originalUrl?: string }): string {
  const url = req.originalUrl ?? req.url ?? ''
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}
