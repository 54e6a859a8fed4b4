import type { Forwarding } from '../http1/forward-request.ts'
import type { HashKey } from '../model/settings.ts'
import { cookieValue, fieldValue } from './field-text.ts'

/** What hash balancing hashes; undefined when the request lacks it. `head` is the request head as it goes upstream. */
export function hashKey(key: HashKey, head: string, x: { client: string; target: string }): string | undefined {
  switch (key.from) {
    case 'client':
      return x.client === '' ? undefined : x.client
    case 'path':
      return x.target.split('?', 1)[0]
    case 'header':
      return fieldValue(head, key.name)
    case 'cookie':
      return cookieValue(fieldValue(head, 'cookie') ?? '', key.name)
  }
}

/**
 * The client behind the trusted hops. Each hop appends the address that it saw (RFC 7239 section 5.2 has the same
 * order), so the list is believed from its end as far as the trust goes.
 */
export function clientOf(head: string, forwarding: Forwarding, by: Trust): string {
  if (!forwarding.trusted) return forwarding.peer
  const chain = (fieldValue(head, 'x-forwarded-for') ?? '').split(', ')
  const { trust } = by.settings
  if (typeof trust === 'number') {
    // A peer on a unix socket is a hop too, though it has no address to stand in the list.
    const hops = forwarding.peer === '' ? trust - 1 : trust
    return chain.at(-1 - Math.min(hops, chain.length - 1))!
  }
  let at = chain.length - 1
  while (at > 0 && by.trusts(chain[at]!)) at--
  return chain[at]!
}

export interface Trust {
  readonly settings: { readonly trust: number | readonly string[] }
  trusts(address: string): boolean
}
