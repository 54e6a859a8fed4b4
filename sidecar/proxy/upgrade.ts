import type { RequestHead } from '../http1/request-head.ts'
import { text } from '../http1/text.ts'

/**
 * The protocol to ask the upstream for, '' when the request goes as an ordinary one: only what the service allows, only
 * for a GET over HTTP/1.1 without content, and only if Connection says it (RFC 9110 section 7.8). Anything looser lets
 * a client open a pipe that the proxy takes for HTTP, or the reverse.
 */
export function upgradeOf(bytes: Buffer, head: RequestHead, allowed: readonly string[]): string {
  if (head.upgrade < 0 || !head.connection.upgrade || head.minor === 0) return ''
  if (head.method !== 'GET' || head.chunked || head.length > 0) return ''
  const { valueStart, valueEnd } = head.fields
  const offered = text(bytes, valueStart[head.upgrade]!, valueEnd[head.upgrade]!).toLowerCase().split(',')
  for (const protocol of offered) if (allowed.includes(protocol.trim())) return protocol.trim()
  return ''
}
