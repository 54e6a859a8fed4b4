// An id that the client brings: it belongs to the member that its hash says. Nothing is kept and nothing is sent, and all
// proxies that know the same members agree.
import { cookieValue, fieldValue } from './field-text.ts'
import { type Claim, type Mark, type Marked, NO_CLAIM } from './mark.ts'

export interface Hashed {
  readonly from: 'cookie' | 'header' | 'query'
  readonly name: string
}

export function markByHash({ from, name }: Hashed, home: (key: string) => string | undefined): Mark {
  return {
    near: true,
    keep: undefined,
    read(x): Claim {
      const key = keyOf(x)
      return key ? { pinned: true, address: home(key) ?? '', key, fault: '' } : NO_CLAIM
    },
  }

  function keyOf({ outgoing, target }: Marked): string | undefined {
    if (from === 'query') return queryValue(target, name)
    if (from === 'header') return fieldValue(outgoing.text, name)
    return cookieValue(fieldValue(outgoing.text, 'cookie') ?? '', name)
  }
}

/** As it is written, without undoing escapes: every proxy sees the same. */
function queryValue(target: string, name: string): string | undefined {
  const start = target.indexOf('?')
  if (start < 0) return undefined
  for (const pair of target.slice(start + 1).split('&')) {
    if (pair.startsWith(name) && pair[name.length] === '=') return pair.slice(name.length + 1)
  }
  return undefined
}
