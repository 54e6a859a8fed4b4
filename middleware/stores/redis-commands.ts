// What is said to Redis about one key: one round trip each, one key each, so that a Cluster takes all of it.
import { hash } from 'node:crypto'
import type { Verdict } from './guard.ts'
import type { RedisClient } from './redis-source.ts'
import type { Replaced } from './store.ts'

/** A digest instead of the text keeps the request small; what is there comes back only when it is not what was seen. */
const REPLACE = `local now = redis.call('GET', KEYS[1])
if not now then return 0 end
if redis.sha1hex(now) ~= ARGV[1] then return now end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`

const CLAIM = `local now = redis.call('GET', KEYS[1])
if now then redis.call('SET', KEYS[1], now .. ' ', 'KEEPTTL') return now .. ' ' end`

/** Errors by which Redis says that it cannot serve now; every other error reply is about the command. */
const REFUSES =
  /^(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOAUTH|WRONGPASS|NOPERM|OOM|BUSY|MISCONF|NOREPLICAS)\b/

/** Of these, those by which it still reads, but carries out nothing that could write. */
const READS_ONLY = /^(?:READONLY|MISCONF|NOREPLICAS)\b/

export function judge(error: unknown): Verdict {
  const { name, message } = error as Error
  if (name !== 'ReplyError') return 'away'
  return REFUSES.test(message) ? 'refuses' : 'answers'
}

export interface Commands {
  /**
   * GETEX; GET and PEXPIRE where Redis is older than 6.2; GET alone while Redis only reads. Without `life` the expiry stays
   * as it is.
   */
  read(key: string, life: number | undefined): Promise<string | null>
  /** With the milliseconds that are left. */
  readWithLife(key: string): Promise<{ json: string; left: number } | undefined>
  write(key: string, json: string, life: number): Promise<unknown>
  /** Only where nothing is; whether it did. */
  add(key: string, json: string, life: number): Promise<boolean>
  replace(key: string, json: string, seen: string, life: number): Promise<Replaced>
  claim(key: string): Promise<string | undefined>
  expire(key: string, life: number): Promise<unknown>
  remove(key: string): Promise<unknown>
  /** A script on one key. */
  run(script: string, key: string, ...argv: (string | number)[]): Promise<unknown>
}

export function commands(client: RedisClient): Commands {
  let getex = true
  const expire = (key: string, life: number) => client.pexpire(key, ms(life))
  const readOld = async (key: string, life: number) => (await Promise.all([client.get(key), expire(key, life)]))[0]
  const run = (script: string, key: string, ...argv: (string | number)[]) =>
    client.evalsha(shaOf(script), 1, key, ...argv).catch((error: Error) => {
      // A Redis that was started since, or another node.
      if (!error.message.startsWith('NOSCRIPT')) throw error
      return client.eval(script, 1, key, ...argv)
    })
  return {
    read(key, life) {
      if (life === undefined) return client.get(key)
      const readAlone = (error: Error) => {
        if (!READS_ONLY.test(error.message)) throw error
        // A slide is lost. That it refuses, the next write finds out, and what has to be done then cuts off those who read.
        return client.get(key)
      }
      if (!getex) return readOld(key, life).catch(readAlone)
      return client.getex(key, 'PX', ms(life)).catch((error: Error) => {
        if (!/unknown command/i.test(error.message)) return readAlone(error)
        getex = false
        return readOld(key, life)
      })
    },
    async readWithLife(key) {
      const [json, left] = await Promise.all([client.get(key), client.pttl(key)])
      return json === null ? undefined : { json, left }
    },
    write: (key, json, life) => client.set(key, json, 'PX', ms(life)),
    add: async (key, json, life) => (await client.set(key, json, 'PX', ms(life), 'NX')) !== null,
    async replace(key, json, seen, life) {
      const reply = await run(REPLACE, key, sha1(seen), json, ms(life))
      if (reply === 1) return 'saved'
      return reply === 0 ? 'gone' : { current: String(reply) }
    },
    async claim(key) {
      const now = await run(CLAIM, key)
      return now === null ? undefined : String(now)
    },
    expire,
    remove: key => client.del(key),
    run,
  }
}

const shas = new Map<string, string>()

function shaOf(script: string): string {
  let sha = shas.get(script)
  if (sha === undefined) shas.set(script, (sha = sha1(script)))
  return sha
}

function sha1(text: string): string {
  return hash('sha1', text)
}

/** Redis refuses fractions and what is not above 0. */
function ms(life: number): number {
  return Math.max(1, Math.ceil(life))
}
