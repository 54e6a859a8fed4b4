// What an endpoint does with a request. A host knows at once when it will be done: its queue holds nothing but that.

/** Takes a request that is `work` milliseconds of work, and says when it will have answered, and how. */
export type Host = (now: number, work: number) => Answer

export interface Answer {
  readonly at: number
  readonly status: number
}

export function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `host-${i + 1}`)
}

/** As many at a time as there are; `slower` says by which factor, now. */
export function parallelHost(slower: (now: number) => number = () => 1): Host {
  return (now, work) => ({ at: now + work * slower(now), status: 200 })
}

/** One after the other, in the order in which they came, also those that nobody waits for any longer. */
export function queueingHost(): Host & { readonly freeAt: number } {
  let freeAt = 0
  const host = (now: number, work: number) => {
    freeAt = Math.max(now, freeAt) + work
    return { at: freeAt, status: 200 }
  }
  return Object.defineProperty(host, 'freeAt', { get: () => freeAt }) as Host & { readonly freeAt: number }
}

/** Fails `share` of its requests with a 503, at once. */
export function failingHost(share: number, after: number, random: () => number): Host {
  return (now, work) => (random() < share ? { at: now + after, status: 503 } : { at: now + work, status: 200 })
}
