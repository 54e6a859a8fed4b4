// The near-cache between a store and its commands: reads fill it, changes drop what they change, and only what
// `tracking.ts` vouches for is served.

import type { Redis } from 'ioredis'
import { warning } from '../notice.ts'
import { type NearEntry, type NearLimits, nearCache } from './near-cache.ts'
import type { Commands } from './redis-commands.ts'
import type { RedisClient, RedisSource } from './redis-source.ts'
import { track } from './tracking.ts'

export interface NearCacheOptions extends Partial<NearLimits> {
  /**
   * Milliseconds: what is served is never older, whatever the network does. As a rule it is as old as a message is on
   * its way. Default 2000, at least 100.
   */
  maxSilence?: number | undefined
}

export interface Near {
  /** As the store's commands, filling and dropping. */
  readonly commands: Commands
  /** What is known to be current. With `life`, only while Redis keeps it for about as long. */
  find(key: string, life: number | undefined): NearEntry | undefined
  /** Whether a touch would change nothing. */
  lasts(key: string, life: number): boolean
  /** Whether Redis tells us of changes at present. */
  readonly tracking: boolean
  /** Plain numbers that only grow. */
  readonly counts: Readonly<NearCounts>
  /** What is held at present. */
  readonly sessions: number
  readonly bytes: number
  close(): void
}

export interface NearCounts {
  hits: number
  misses: number
  /** Entries that Redis told us to drop. */
  invalidations: number
  /** Times that all was dropped: a connection was lost, the database flushed, the clock set. */
  flushes: number
  /** Times that Redis refused tracking. */
  refused: number
}

/** The share of its life that a session has left at least while it is read: below it, a read slides. */
const LEAST_LEFT = 0.9
/** Milliseconds: a life that is longer by less is the same. */
const SLACK = 1_000
const LIMITS = { maxAge: 30_000, maxSessions: 10_000, maxBytes: 16 * 1024 * 1024, maxSilence: 2_000 }

export type NearSettings = typeof LIMITS

/** Undefined when it is off. Throws a TypeError for options that are none, and for a Cluster; connects to nothing. */
export function nearSettings(options: unknown, source: RedisSource): NearSettings | undefined {
  const settings = settingsOf(options)
  if (settings !== undefined && typeof source === 'object' && (Array.isArray(source) || 'nodes' in source))
    throw new TypeError('nearCache does not work with a Cluster, whose nodes track one by one: leave the option out')
  return settings
}

export function near(settings: NearSettings, of: RedisClient, plain: Commands): Near {
  const client = of as Redis
  const { maxAge, maxSilence } = settings
  const cache = nearCache(settings)
  const counts: NearCounts = { hits: 0, misses: 0, invalidations: 0, flushes: 0, refused: 0 }
  const prefix = client.options?.keyPrefix ?? ''
  const tracking = track(
    client,
    { maxSilence, idle: Math.max(maxAge, 2 * maxSilence) },
    {
      invalidated(key) {
        if (key.startsWith(prefix) && cache.drop(key.slice(prefix.length))) counts.invalidations++
      },
      lost() {
        if (cache.size > 0) counts.flushes++
        cache.clear()
      },
      idle: () => cache.clear(),
      refused(reason) {
        // Once: it would come again with each connection.
        if (counts.refused++ === 0) warning(`no near-cache, for Redis refuses tracking: ${reason}`)
      },
    },
  )

  async function fetch(key: string): Promise<{ json: string; left: number } | undefined> {
    // Nobody may take a key for another: lone surrogates come back from Redis as U+FFFD.
    if (!tracking.up || !ASCII.test(key)) return plain.readWithLife(key)
    const sent = performance.now()
    const entry = cache.expect(key)
    let found: { json: string; left: number } | undefined
    try {
      found = await plain.readWithLife(key)
      // -2: it ended between the two commands.
      if (found !== undefined && found.left !== -2) cache.fill(key, entry, found, sent)
    } finally {
      if (entry.json === undefined) cache.give(key, entry)
    }
    return found
  }

  /** Before, for reads that are on their way; after, for those that came back meanwhile. Also when it has failed. */
  function changing<T>(key: string, work: Promise<T>): Promise<T> {
    cache.drop(key)
    return work.finally(() => cache.drop(key))
  }

  const commands: Commands = {
    async read(key, life) {
      if (life !== undefined) {
        const now = performance.now()
        const known = cache.find(key, now)
        // One command instead of three, where it is known that it has to slide. Redis does not track what GETEX reads.
        if (!tracking.up || (known !== undefined && !lasts(known.ends - now, life)))
          return changing(key, plain.read(key, life))
      }
      const found = await fetch(key)
      if (found === undefined) return null
      if (life !== undefined && !lasts(found.left, life)) {
        // Not waited for: what it can fail with, the next command fails with too, and what is lost is a slide.
        changing(key, plain.expire(key, life)).catch(() => {})
      }
      return found.json
    },
    readWithLife: fetch,
    write: (key, json, life) => changing(key, plain.write(key, json, life)),
    replace: (key, json, seen, life) => changing(key, plain.replace(key, json, seen, life)),
    add: (key, json, life) => changing(key, plain.add(key, json, life)),
    claim: key => changing(key, plain.claim(key)),
    expire: (key, life) => changing(key, plain.expire(key, life)),
    remove: key => changing(key, plain.remove(key)),
    // Of the index of users, whose keys are no sessions.
    run: plain.run,
  }

  function find(key: string, life: number | undefined): NearEntry | undefined {
    const now = performance.now()
    const found = tracking.current(now) ? cache.find(key, now) : undefined
    return found !== undefined && life !== undefined && !lasts(found.ends - now, life) ? undefined : found
  }

  return {
    commands,
    counts,
    find(key, life) {
      const found = find(key, life)
      counts[found === undefined ? 'misses' : 'hits']++
      return found
    },
    lasts: (key, life) => find(key, life) !== undefined,
    get tracking() {
      return tracking.up
    },
    get sessions() {
      return cache.size
    },
    get bytes() {
      return cache.bytes
    },
    close: () => tracking.close(),
  }
}

const ASCII = /^[\x20-\x7e]*$/

/** Whether a session that has so much left needs no slide. A life that was made shorter since needs one too. */
function lasts(left: number, life: number): boolean {
  return left >= life * LEAST_LEFT && left <= life + SLACK
}

function settingsOf(options: unknown): NearSettings | undefined {
  if (options === undefined || options === false) return undefined
  if (options === true) return LIMITS
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`nearCache must be true, false or an object, not ${kindOf(options)}`)
  const limits = { ...LIMITS }
  for (const [name, value] of Object.entries(options)) {
    if (!(name in LIMITS))
      throw new TypeError(`nearCache has no option ${name}, only ${Object.keys(LIMITS).join(', ')}`)
    if (value === undefined) continue
    const least = name === 'maxSilence' ? 100 : 1
    if (!Number.isFinite(value) || value < least)
      throw new TypeError(`nearCache.${name} must be a number of at least ${least}, not ${kindOf(value)}`)
    limits[name as keyof typeof LIMITS] = value
  }
  return limits
}

function kindOf(value: unknown): string {
  return typeof value === 'number' ? String(value) : value === null ? 'null' : `a ${typeof value}`
}
