// The sessions of a user in Redis: a sorted set for each user, of session keys by when they may be forgotten. Each command
// is about one key, so that a Cluster takes all of them, and all times are those of Redis's clock.

import type { Commands } from './redis-commands.ts'
import type { RedisClient } from './redis-source.ts'
import type { SessionIndex } from './store.ts'

/**
 * Adds or prolongs, never shortens; forgets some that have passed, more than are added; and lets the set end with its
 * last entry, so that a user who never returns leaves nothing. `%.0f`, since Lua writes large numbers with an exponent.
 */
const ADD = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local passed = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, 100)
if #passed > 0 then redis.call('ZREM', KEYS[1], unpack(passed)) end
local ends = now + ARGV[2]
local known = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not known or tonumber(known) < ends then redis.call('ZADD', KEYS[1], string.format('%.0f', ends), ARGV[1]) end
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', last[2]))`

/** Entries that one ZSCAN looks at. */
const PAGE = 500

/** `sess:` makes `sess-of:`, which no SCAN for sessions finds. */
export function indexPrefix(prefix: string): string {
  return `${prefix.replace(/:$/, '')}-of:`
}

export function redisIndex(
  prefix: string,
  client: RedisClient,
  ask: <T>(key: string, work: (redis: Commands, key: string) => Promise<T>) => Promise<T>,
): SessionIndex {
  const sets = indexPrefix(prefix)
  return {
    add: (user, key, lasting) => ask(sets + user, (redis, set) => redis.run(ADD, set, key, Math.ceil(lasting))),
    remove: (user, keys) => ask(sets + user, (_, set) => client.zrem(set, ...keys)),
    async *list(user) {
      let cursor = '0'
      do {
        // What is in the set from the first page to the last is found, whatever else comes and goes.
        const from = cursor
        const [next, found] = await ask(sets + user, (_, set) => client.zscan(set, from, 'COUNT', PAGE))
        cursor = next
        yield found.filter((_, nth) => nth % 2 === 0)
      } while (cursor !== '0')
    },
    async peek(keys) {
      const peek = (key: string) => ask(prefix + key, (redis, full) => redis.readWithLife(full))
      const found = await Promise.all(keys.map(peek))
      return found.map(each => (each === undefined || each.left === GONE ? undefined : each))
    },
    async destroy(keys) {
      const removed = await Promise.all(keys.map(key => ask(prefix + key, (redis, full) => redis.remove(full))))
      return removed.filter(count => Number(count) > 0).length
    },
  }
}

/** PTTL's word for a key that is not there: it ended between GET and PTTL. */
const GONE = -2
